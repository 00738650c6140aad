"""The process whose start is measured; it imports as little as possible before the clock runs."""

import asyncio
import sys
import time

_TEXT = "Hello chat, this is a test of the voice."
_MESSAGES = 5


async def speak(spawned_s: float, folders: list[str], device: str) -> None:
    """Start the engine, speak, and answer with the times since `spawned_s`."""
    python_s = time.time() - spawned_s
    from bot.bench import children  # noqa: PLC0415 - what is imported is part of what is measured
    from bot.bench.checkpoints import VOICE  # noqa: PLC0415
    from bot.bench.results import Start  # noqa: PLC0415
    from bot.bench.summary import summarize  # noqa: PLC0415
    from bot.engine.contract import speak_one  # noqa: PLC0415
    from bot.engine.f5.engine import F5Engine  # noqa: PLC0415
    from bot.messages import SpeechRequest  # noqa: PLC0415

    imports_s = time.time() - spawned_s
    model, vocoder, voices, cache = folders
    engine = F5Engine(model=model, vocoder=vocoder, voices=voices, cache=cache, device=device)
    await engine.warm_up()
    warm_s = time.time() - spawned_s

    async def spoken_s(number: int) -> float:
        request = SpeechRequest(id=f"message {number}", text=_TEXT, voice=VOICE)
        return (await speak_one(engine, request)).duration_s

    await spoken_s(0)
    first_audio_s = time.time() - spawned_s
    times_s = []
    for number in range(1, _MESSAGES + 1):
        begun = time.perf_counter()
        speech_s = await spoken_s(number)
        times_s.append(time.perf_counter() - begun)
    await engine.close()
    children.reply(
        Start(
            python_s=round(python_s, 3),
            imports_s=round(imports_s, 3),
            warm_s=round(warm_s, 3),
            first_audio_s=round(first_audio_s, 3),
            ttfa=summarize(times_s),
            ttfa_speech_s=round(speech_s, 2),
        )
    )


if __name__ == "__main__":
    asyncio.run(speak(float(sys.argv[1]), sys.argv[2:6], sys.argv[6]))

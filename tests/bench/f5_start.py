"""From process start to the first F5 audio, cold and with warm caches, where the time goes.

    python tests/bench/f5_start.py FOLDER [prepare]

`prepare` writes a checkpoint of the full shape with random weights, a vocoder and a voice there.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

START = time.time()
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]


def prepare(folder: Path) -> None:
    """Write what the engine loads: a fine-tune's folder, the vocoder's, one voice."""
    import shutil
    import wave
    from importlib.resources import files

    import numpy as np
    import torch
    from f5_models import V1_BASE, upstream_cfm, upstream_vocos
    from safetensors.torch import save_file

    for name in ("model", "vocoder", "voices/noise"):
        (folder / name).mkdir(parents=True)
    state = {
        f"ema_model.{name}": value for name, value in upstream_cfm(V1_BASE).state_dict().items()
    }
    save_file({k: v.contiguous() for k, v in state.items()}, folder / "model/model.safetensors")
    vocab = files("f5_tts") / "infer" / "examples" / "vocab.txt"
    shutil.copy(str(vocab), folder / "model/vocab.txt")
    torch.save(upstream_vocos().state_dict(), folder / "vocoder/pytorch_model.bin")
    (folder / "vocoder/config.yaml").write_text("head: {init_args: {padding: center}}\n")
    (folder / "voices/noise/transcript.txt").write_text("Some call me nature, others do not, " * 2)
    noise = (np.random.default_rng(0).standard_normal(6 * 24_000) * 3000).astype("<i2")
    with wave.open(str(folder / "voices/noise/reference.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(24_000)
        file.writeframes(noise.tobytes())


async def speak(folder: Path) -> dict[str, float]:
    """Start the engine and speak twice; return seconds since the process began."""
    times = {"python": time.time() - START}
    from bot.engine.f5.engine import F5Engine
    from bot.messages import SpeechRequest

    times["imports"] = time.time() - START
    engine = F5Engine(
        model=str(folder / "model"), vocoder=str(folder / "vocoder"),
        voices=str(folder / "voices"), cache=str(folder / "cache"),
    )  # fmt: skip
    await engine.warm_up()
    times["warm"] = time.time() - START
    for name in ("first_audio", "second_audio", "third_audio"):
        begun = time.time()
        request = SpeechRequest(id=name, text="Hello chat, this is a test.", voice="noise")
        async for _ in engine.synthesize(request):
            break
        times[name] = time.time() - START
        times[f"{name}_took"] = time.time() - begun
    await engine.close()
    return {name: round(seconds, 3) for name, seconds in times.items()}


if __name__ == "__main__":
    if sys.argv[2:] == ["prepare"]:
        prepare(Path(sys.argv[1]))
    else:
        print(json.dumps(asyncio.run(speak(Path(sys.argv[1])))))

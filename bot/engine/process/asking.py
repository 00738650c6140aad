"""Asking an engine's process for speech, and learning from how long it takes."""

import asyncio

from bot.engine.forecast import Forecast
from bot.engine.process.client import Client
from bot.messages import AudioChunk, SpeechRequest

_TRIAL = "Hello there, how are you?"
_TRIAL_DUE_S = 60.0
"""What somebody waits for is more urgent than a trial."""


def trial(voice: str, nfe: int = 0) -> SpeechRequest:
    """Return a request that nobody hears, to see whether and how fast an engine speaks."""
    return SpeechRequest(id="trial", text=_TRIAL, voice=voice, nfe=nfe, due_s=_TRIAL_DUE_S)


async def ask(client: Client, forecast: Forecast, request: SpeechRequest) -> AudioChunk:
    """Return the speech of `request`, and let `forecast` learn.

    Raises:
        EngineLostError: the process was lost before the answer.
        UtteranceError: the engine cannot speak this text.
    """
    task = forecast.begin(request)
    try:
        speech = await client.speak(request)
    except asyncio.CancelledError:
        forecast.given_up(task)
        raise
    except Exception:  # whatever it is, the engine is not at this request any more
        forecast.answered(task, 0.0)
        raise
    forecast.answered(task, speech.took_s)
    return speech.audio

"""As many messages as in a day, as fast as they can be spoken: what the daemon holds must not grow.

Run from the repository: `python -m tests.bench.day [--hours H] [--save NAME]`. A message every five
seconds makes 17,280 a day. They come over HTTP, a quarter of them paid, from a few hundred
chatters; the voice is a sine and the sound file takes speech as it comes, so a day passes in
minutes. Clocks are not faster: what is due after hours, such as new tokens, is not shown here.
Memory, descriptors, threads, asyncio tasks and the databases are looked at 36 times an hour; each
pair in the result is from near the start and from the end, and more at the end is complained about.
`over_time` has the medians of twelve equal parts.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.chaos import Held, complaints, held_and_said, look
from tests.bench.daemon import Daemon, accounted, sentence, sound_server
from tests.bench.report import environment, save

_MESSAGES_PER_HOUR = 720
_CHATTERS = 300
_PENDING = 20
_EACH = 20
"""Messages between two looks."""
_PARTS = 12


def speak(daemon: Daemon, state: Path, messages: int) -> list[Held]:
    """Let `messages` be spoken; return what the daemon held meanwhile."""
    rng = random.Random(5)
    held = []
    for number in range(messages):
        if number % _EACH == 0:
            while daemon.status()["channels"]["main"]["pending"] > _PENDING:
                time.sleep(0.005)
            held.append(look(daemon, state))
        text = sentence(rng, rng.randint(1, 12))
        chatter = f"viewer{rng.randint(1, _CHATTERS)}"
        daemon.post(text, name=chatter, cheer=100 * (number % 4 == 0))
    daemon.wait_until_idle()
    return held


def over_time(held: Sequence[Held]) -> dict[str, list[float]]:
    """Return the medians of equal parts of the time."""
    parts = [part for part in np.array_split(np.asarray(held), _PARTS) if len(part)]
    medians = np.transpose([np.median(part, axis=0) for part in parts])
    return {
        field: [round(float(value), 1) for value in values]
        for field, values in zip(Held._fields, medians, strict=True)
    }


def main() -> int:
    """Speak, say what is wrong, and return how many things are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--save", default="", help="name of the result; none is only printed")
    options = parser.parse_args()
    result: dict[str, Any] = environment("ishowtts") | {"hours": options.hours}
    with tempfile.TemporaryDirectory() as name, sound_server(Path(name)) as pulse:
        state = Path(name) / "state"
        output = {"type": "wavefile", "path": "/dev/null", "pace": "fast"}
        channel = {"name": "main", "sources": [{"type": "ingest"}], "outputs": [output]}
        daemon = Daemon(
            Path(name),
            [],
            pulse,
            state=state,
            channels=[channel],
            engine={"engines": ["tone"]},
            backlog={"max_pending": 1000, "max_per_chatter": 1000},
        )
        begun = time.monotonic()
        try:
            held = speak(daemon, state, round(options.hours * _MESSAGES_PER_HOUR))
            result["took_s"] = round(time.monotonic() - begun)
        finally:
            daemon.stop()
        result |= accounted(daemon, lambda count: count > 0) | held_and_said(daemon, held)
        result["over_time"] = over_time(held)
        audio_s = sum(e["audio_s"] for e in daemon.events() if e["outcome"] == "spoken")
        result["audio_hours"] = round(audio_s / 3600, 1)
    found = complaints(result)
    result["complaints"] = found
    save(options.save, result)
    for complaint in found:
        print(f"day: {complaint}", file=sys.stderr)
    return len(found)


if __name__ == "__main__":
    sys.exit(main())

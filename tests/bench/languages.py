"""Languages of short lines of chat that are found, and what a line costs.

Run from the repository: `python -m tests.bench.languages`. Each line is read as the first of its
chatter, after others in its language, and after others in another one: what a chatter wrote before
helps those who keep to a language, and hurts those who change it. Lines that say nothing, such as
"gg", are to be taken for the channel's own. The constants of the detector were chosen on the lines
with even numbers; these figures are those of the odd ones.
"""

import argparse
import random
import resource
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bot.policy.languages.detection import Detector
from tests.bench.report import environment, save

LINES = Path(__file__).parents[1] / "data" / "languages" / "chat.tsv"
CHANNELS = (
    ("en", "es"),
    ("en", "de"),
    ("es", "en"),
    ("en", "es", "pt"),
    ("en", "es", "de", "fr", "pt"),
    ("en", "es", "de", "fr", "pt", "it", "pl", "nl"),
    ("ru", "uk"),
)
"""Languages of a channel, its own first."""
_BEFORE = 2
"""Lines that a chatter wrote before."""
_NEUTRAL = """
    gg lol ok xd pog hype wtf omg noob lmao rip F W yo hmm nice bruh KEKW a ggs brb afk Minecraft
    Kappa 1v1 discord oof
"""
_SEED = 7


def read() -> list[tuple[str, str]]:
    """Return the lines with their languages."""
    rows = (line.split("\t") for line in LINES.read_text(encoding="utf-8").splitlines())
    return [(language, text) for language, text in rows]


def found(languages: Sequence[str]) -> dict[str, Any]:
    """Return the shares that are found among `languages`, in percent."""
    detector = Detector(languages)
    lines = [line for line in read()[1::2] if line[0] in languages]
    choose = random.Random(_SEED)

    def after(number: int, before: Sequence[tuple[str, str]], kind: str) -> bool:
        """Tell whether line `number` is understood of a chatter who wrote two of `before`."""
        language, text = lines[number]
        chatter = f"{kind} {number}"
        for _, other in choose.sample(before, _BEFORE):
            detector(other, chatter)
        return detector(text, chatter) == language

    kept: list[bool] = []
    changed: list[bool] = []
    for number, (language, text) in enumerate(lines):
        same = [line for line in lines if line[0] == language and line[1] != text]
        kept.append(after(number, same, "keeps"))
        others = [line for line in lines if line[0] != language]
        another = choose.choice(others)[0]
        changed.append(after(number, [line for line in others if line[0] == another], "changes"))
    first = [detector(text, f"first {n}") == language for n, (language, text) in enumerate(lines)]
    neutral = [detector(text, f"neutral {text}") == languages[0] for text in _NEUTRAL.split()]
    return {
        "languages": " ".join(languages),
        "lines": len(lines),
        "first_line_percent": _percent(first),
        "after_the_same_language_percent": _percent(kept),
        "after_another_language_percent": _percent(changed),
        "neutral_as_own_percent": _percent(neutral),
    }


def _percent(right: Sequence[bool]) -> float:
    return round(100 * sum(right) / len(right), 1)


def cost() -> dict[str, float]:
    """Return what a line takes, in microseconds."""
    detector = Detector(CHANNELS[-2])
    taken: list[float] = []
    for number, (_, text) in enumerate(read() * 20):
        begun = time.perf_counter()
        detector(text, str(number))
        taken.append(time.perf_counter() - begun)
    median, p99 = np.percentile(taken, [50, 99]) * 1e6
    return {"median_us": round(float(median), 1), "p99_us": round(float(p99), 1)}


def main() -> None:
    """Measure and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", default="languages", help="of the result")
    name = parser.parse_args().name
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    Detector(CHANNELS[0]).load()
    load_s = time.perf_counter() - begun
    after_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    save(
        name,
        {
            **environment("py3langid"),
            "load_s": round(load_s, 2),
            "load_mib": round((after_kb - before_kb) / 1024),
            "line": cost(),
            "channels": [found(languages) for languages in CHANNELS],
        },
    )


if __name__ == "__main__":
    main()

"""Share of a corpus that is read as a person would, by class.

    python -m tests.bench.spoken

tests/data/spoken was written without the rules, and half of it (lines whose hash begins with an odd
byte) was never looked at while they were made. Case, punctuation and "and" do not count.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bot.config.chat.policy import PolicySettings
from bot.messages import ChatMessage, Chatter, Utterance
from bot.policy import Policy
from tests.bench.report import environment, save

FOLDER = Path(__file__).parent.parent / "data" / "spoken"
_NO_WORDS = re.compile(r"[^\w' ]")


class Line(NamedTuple):
    """One line of the corpus, and whether it was read rightly."""

    kind: str
    written: str
    is_seen: bool
    """Whether those who made the rules may have looked at it."""
    is_right: bool
    said: str


def read() -> Iterator[Line]:
    """Read the corpus as a channel with English voices does."""
    policy = Policy(PolicySettings(), voice="heart", spoken=lambda: frozenset({"en"}))
    chatter = Chatter(id="1", name="viewer")
    for path in sorted(FOLDER.glob("*.tsv")):
        for row in path.read_text(encoding="utf-8").splitlines()[1:]:
            written, *spoken = row.split("\t")
            verdict = policy(
                ChatMessage(
                    id="1",
                    channel="main",
                    source="corpus",
                    chatter=chatter,
                    text=written,
                    received_at=0.0,
                )
            )
            said = verdict.body if isinstance(verdict, Utterance) else ""
            is_right = _bare(said) in set(map(_bare, spoken))
            is_seen = hashlib.sha256(written.encode()).digest()[0] % 2 == 0
            yield Line(path.stem, written, is_seen, is_right, said)


def _bare(text: str) -> str:
    words = _NO_WORDS.sub(" ", text.lower().replace("-", " ")).split()
    return " ".join(word for word in words if word != "and")


def main() -> None:
    """Print and keep the shares."""
    right, total = Counter[tuple[str, bool]](), Counter[tuple[str, bool]]()
    for line in read():
        for kind in (line.kind, "all"):
            total[kind, line.is_seen] += 1
            right[kind, line.is_seen] += line.is_right
    shares = {
        kind: {
            name: [right[kind, is_seen], total[kind, is_seen]]
            for name, is_seen in (("seen", True), ("unseen", False))
        }
        for kind, _ in sorted(total)
    }
    for kind, each in shares.items():
        (a, b), (c, d) = each["seen"], each["unseen"]
        print(f"{kind:12}{a:4} of {b:4} seen{c:6} of {d:4} unseen  {(a + c) / (b + d):.1%}")
    save("spoken", {**environment("emoji", "num2words"), "right_of_all": shares})


if __name__ == "__main__":
    main()

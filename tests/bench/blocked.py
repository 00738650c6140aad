"""Disguised blocked words that are stopped, and innocent chat that is not, by kind.

    python -m tests.bench.blocked [--half seen|unseen|adversary|trolls] [--show-missed]

tests/data/blocked was written without a look at the matcher's rules, and so were the 260 lines of
an adversary and those as of trolls, whose authors did not know the corpus either. A line counts as
stopped if one of its messages is rejected as blocked (for another reason does not count), or if the
chatter's name, where that is the point, is replaced. Links are read out, so that words in them
count.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bot.config.chat.policy import LinkSettings, PolicySettings
from bot.config.chat.words import WordSettings
from bot.messages import ChatMessage, Chatter, Rejection, RejectReason
from bot.policy import Policy
from tests.bench.report import environment, save

FOLDER = Path(__file__).parent.parent / "data" / "blocked"
HALVES = ("seen", "unseen")
ADVERSARY = "adversary"
TROLLS = "trolls"
NEXT_MESSAGE = "⏎"
"""Between consecutive messages of one chatter."""

_LINE_S = 60.0
"""Seconds from one line to the next; the messages of a line come a second apart."""
_VOICES = ("bass", "heart", "robot")


class Line(NamedTuple):
    """One line of the corpus, and what became of it."""

    half: str
    is_evasion: bool
    kind: str
    word: str
    """Blocked word that is meant, "-" for none."""
    text: str
    name: str
    """The chatter's name; empty if it does not matter."""
    is_stopped: bool
    said: str
    """What would be spoken, with the introduction; the reasons of rejections in angle brackets."""

    @property
    def is_right(self) -> bool:
        """Whether an evasion is stopped, or an innocent line is not."""
        return self.is_stopped == self.is_evasion


def entries(file: str) -> tuple[str, ...]:
    """Return the entries of a list of words, one a line."""
    return tuple((FOLDER / file).read_text(encoding="utf-8").splitlines())


def new_policy(half: str) -> Policy:
    """Return a policy that blocks the stand-ins and allows their innocent neighbours."""
    lists = {"drop": entries("words.txt"), "allow": entries("allow.txt")}
    if half == ADVERSARY:
        lists = {"drop": entries(f"{ADVERSARY}.txt")}
    words = WordSettings.model_validate(lists)
    settings = PolicySettings(words=words, links=LinkSettings(action="off"))
    return Policy(settings, voice="heart", known_voices=_VOICES)


def read(halves: Sequence[str] = HALVES) -> Iterator[Line]:
    """Read the corpus, and put each line through the policy as a chatter of its own."""
    number = 0
    for half in halves:
        policy = new_policy(half)
        # Not splitlines: some disguises are characters that it takes for ends of lines.
        for row in (FOLDER / f"{half}.tsv").read_text(encoding="utf-8").split("\n"):
            if not row or row.startswith("#"):
                continue
            label, kind, word, text, name = row.split("\t")
            number += 1
            is_stopped, said = _outcome(policy, number, text, name)
            yield Line(half, label == "evasion", kind, word, text, name, is_stopped, said)


def _outcome(policy: Policy, number: int, text: str, name: str) -> tuple[bool, str]:
    chatter = Chatter(id=f"u{number}", name=name or "viewer")
    is_stopped, said = False, []
    for n, part in enumerate(text.split(NEXT_MESSAGE)):
        message = ChatMessage(
            id=f"m{number}-{n}",
            channel="main",
            source="corpus",
            chatter=chatter,
            text=part,
            received_at=_LINE_S * number + n,
        )
        verdict = policy(message)
        if isinstance(verdict, Rejection):
            is_stopped |= verdict.reason is RejectReason.BLOCKED
            said.append(f"<{verdict.reason.value}>")
            continue
        said.append(verdict.prefix + verdict.body)
        anonymous = PolicySettings().name.anonymous
        is_stopped |= bool(name) and verdict.prefix.startswith(anonymous)
    return is_stopped, " / ".join(said)


def shares(lines: Sequence[Line]) -> dict[str, Any]:
    """Return recall and false alarms: of each half, all lines and by kind, `[count, of]`."""
    stopped, total = Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
    for line in lines:
        label = "evasions stopped" if line.is_evasion else "innocents stopped"
        for key in ((label, line.half, "all"), (label, line.half, line.kind)):
            total[key] += 1
            stopped[key] += line.is_stopped
    found: dict[str, Any] = {}
    for label, half, kind in sorted(total, key=lambda key: (key[0], key[2] != "all", key[2])):
        key = (label, half, kind)
        found.setdefault(label, {}).setdefault(kind, {})[half] = [stopped[key], total[key]]
    return found


def main() -> None:
    """Print the shares, and keep those of both halves."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--half", choices=(*HALVES, ADVERSARY, TROLLS, "both"), default="both")
    parser.add_argument("--show-missed", action="store_true", help="print the lines that go wrong")
    chosen = parser.parse_args()
    halves = HALVES if chosen.half == "both" else (chosen.half,)
    lines = list(read(halves))
    if chosen.show_missed:
        for line in lines:
            if not line.is_right:
                what = "missed" if line.is_evasion else "false alarm"
                print(what, line.kind, line.word, line.text, line.name, line.said, sep="\t")
    found = shares(lines)
    for label, kinds in found.items():
        print(label)
        for kind, each in kinds.items():
            count, of = map(sum, zip(*each.values(), strict=True))
            of_halves = "".join(f"{a:6} of {b:4} {half}" for half, (a, b) in each.items())
            print(f"  {kind:24}{of_halves}{count / of:8.1%}")
    if chosen.half == "both":
        result = {**environment("emoji", "num2words"), "stopped_of_all": found}
        result["stopped_of_all_by_an_adversary"] = shares(list(read([ADVERSARY])))
        result["stopped_of_all_as_of_trolls"] = shares(list(read([TROLLS])))
        save("blocked", result)


if __name__ == "__main__":
    main()

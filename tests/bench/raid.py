"""A raid through the daemon: 3,000 messages in a minute, of which 40 % are copies and 20 paid.

Run from the repository: `python -m tests.bench.raid [--save NAME]`. The chat is a replay in real
time; moderators give commands all the while, over HTTP and in chat. The daemon plays into a
PulseAudio null sink, whose monitor is recorded: what was paid for must be heard there, and a skip
must be silence.
"""

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bot.messages import Samples
from tests.bench.daemon import Daemon, accounted, end_whole, skip, sound_server
from tests.bench.report import environment, save, spread_ms
from tests.conftest import RATE_HZ, PulseServer, Recording

MESSAGES, RAID_S = 3_000, 60.0
COPIES, PAID = 1_200, 20
_CHATTERS = 800
_MAX_AGE_S = 120.0
_LATE_S = 1.0
"""A look at what expires may come so much later, and an utterance that was taken is begun."""
_COMMAND_EVERY_S = 0.25
_SKIPS = 8
_ANSWERED_S = _SILENT_S = 0.1
_DEADLINE_S = 240.0
_LINES = (
    "the nastyname crew is here and everybody follows our captain tonight",
    "drop your badword cards in chat and win the golden llama of the week",
    "we came from the other stream to say hello to the best chat there is",
)
_ENDS = ("", "!!", " lol", " 4711", " please", " :)")
_OVERLOAD: dict[str, Any] = {
    "announce": True,
    "least_s": 5.0,
    "rungs": [
        {"name": "speech is made with less effort", "speech_s": 30.0, "least_nfe": True},
        {"name": "names are left out", "speech_s": 60.0, "without_names": True},
        {"name": "speech is faster", "speech_s": 90.0, "speed": 1.15},
        {"name": "messages are cut", "waiting": 40, "max_words": 12},
        {"name": "moderators and paid messages only", "oldest_s": 40.0, "takes": "moderators"},
    ],
}


def _word(rng: random.Random) -> str:
    return "".join(rng.choice("bdfgklmnprstv") + rng.choice("aeiou") for _ in range(3))


def write_raid(path: Path) -> tuple[set[str], set[str]]:
    """Write the seeded raid as a replay; return the ids of copies and of paid messages."""
    rng = random.Random(7)
    words = [_word(rng) for _ in range(2_000)]
    kinds = ["copy"] * COPIES + ["paid"] * PAID + ["chat"] * (MESSAGES - COPIES - PAID)
    rng.shuffle(kinds)
    with path.open("w", encoding="utf-8") as file:
        for number, kind in enumerate(kinds):
            chatter = f"viewer{rng.randint(1, _CHATTERS)}"
            text = " ".join(rng.choices(words, k=rng.randint(1, 3 if kind == "paid" else 15)))
            if kind == "copy":
                line = rng.choice(_LINES)
                text = (line.upper() if rng.random() < 0.2 else line) + rng.choice(_ENDS)
            entry: dict[str, Any] = {
                "at": round(number * RAID_S / MESSAGES, 3),
                "id": f"{kind}{number}",
                "author": {"id": chatter, "name": chatter},
                "text": text,
            }
            if kind == "paid":
                entry |= {"event": {"kind": "cheer", "amount": 100}}
            file.write(json.dumps(entry) + "\n")
    ids = [f"{kind}{number}" for number, kind in enumerate(kinds)]
    return {i for i in ids if i.startswith("copy")}, {i for i in ids if i.startswith("paid")}


class Moderator(threading.Thread):
    """Gives commands until told to stop, over HTTP and in chat in turn."""

    def __init__(self, daemon: Daemon) -> None:
        """Be ready to give them to `daemon`."""
        super().__init__(daemon=True)
        self._daemon = daemon
        self.is_over = threading.Event()
        self.over_http_s: list[float] = []
        """Seconds from each request to its answer."""
        self.in_chat: dict[str, float] = {}
        """When each message was posted, Unix seconds, by its id."""

    def run(self) -> None:
        """Give commands."""
        number = 0
        while not self.is_over.wait(_COMMAND_EVERY_S):
            number += 1
            text = f"volume {70 + number % 30}" if number % 4 else "status"
            if number % 2:
                asked_at = time.monotonic()
                self._daemon.command(text)
                self.over_http_s.append(time.monotonic() - asked_at)
            else:
                posted_at = time.time()
                name = self._daemon.post(f"!tts {text}", name="mod", roles=("moderator",))
                self.in_chat[name] = posted_at


def heard(samples: Samples, began_at: float, event: dict[str, Any], audio_s: float) -> bool:
    """Tell whether the sink played for most of the time in which `event` started to be spoken."""
    first = round((event["at"] - began_at) * RATE_HZ)
    part = samples[max(first, 0) : first + round(audio_s * RATE_HZ)]
    blocks = np.array_split(np.abs(part).max(axis=1), max(round(audio_s * 10), 1))
    return float(np.mean([bool(block.size) and block.max() > 0 for block in blocks])) > 0.5


def skips_until_calm(daemon: Daemon, pulse: PulseServer, paid: set[str]) -> list[float]:
    """Skip some of what nobody paid for; return the seconds to silence of each.

    It returns when nothing waits, nothing is spoken, and the ladder is left.

    Raises:
        SystemExit: that does not come.
    """
    skips: list[float] = []
    deadline = time.monotonic() + _DEADLINE_S
    while time.monotonic() < deadline:
        channel = daemon.status()["channels"]["main"]
        speaking = channel["speaking"]
        if len(skips) < _SKIPS and speaking and speaking["id"] not in paid:
            skips.append(skip(daemon, pulse))
        elif not (channel["pending"] or speaking or channel["rung"]):
            return skips
        time.sleep(0.1)
    raise SystemExit("the daemon did not come to rest")


def judged(
    daemon: Daemon, recording: Recording, copies: set[str], paid: set[str]
) -> dict[str, Any]:
    """Return what became of the raid."""
    # Both clocks are read at once, so that times of events are found in the recording.
    began_at = recording.first_frame_at + time.time() - time.monotonic()
    samples = recording.stop()
    events = daemon.events()
    received = {e["id"]: e["received_at"] for e in events if e["outcome"] == "accepted"}
    started = {e["id"]: e for e in events if e["outcome"] == "started"}
    spoken = {e["id"]: e for e in events if e["outcome"] == "spoken"}
    waited = [e["at"] - received[i] for i, e in started.items() if i not in paid]
    rejected = {e["id"]: e["reason"] for e in events if e["outcome"] == "rejected"}
    duplicates = {i for i, reason in rejected.items() if reason == "duplicate"}
    dropped = Counter(e["reason"] for e in events if e["outcome"] == "dropped")
    return {
        "paid": len(paid),
        "paid_spoken": len(paid & spoken.keys()),
        "paid_skipped_by_a_moderator": len(
            {e["id"] for e in events if e["outcome"] == "dropped" and e["reason"] == "skipped"}
            & paid
        ),
        "paid_heard_at_the_sink": sum(
            heard(samples, began_at, started[i], spoken[i]["audio_s"]) for i in paid & spoken.keys()
        ),
        "spoken": len(spoken),
        "copies": len(copies),
        "copies_rejected": len(copies & duplicates),
        "other_lines_rejected_as_copies": len(duplicates - copies),
        "spoken_with_others": [
            e["text"] for i, e in started.items() if i in copies and " others" in e["text"]
        ],
        "rungs": [e["rung"] for e in events if e["outcome"] == "overload"],
        "told_in_chat": [e["text"] for e in events if e["outcome"] == "notice"],
        "rejected": dict(Counter(rejected.values())),
        "dropped": dict(dropped),
        "oldest_unpaid_at_its_start_s": round(max(waited, default=0.0), 1),
    }


def complaints(result: dict[str, Any]) -> list[str]:
    """Return what is not as it should be."""
    found = []
    lost = result["paid"] - result["paid_spoken"] - result["paid_skipped_by_a_moderator"]
    if lost:
        found.append(f"{lost} paid messages were not spoken")
    if result["paid_heard_at_the_sink"] < result["paid_spoken"]:
        found.append("a paid message was not heard at the sink")
    rungs: Sequence[int] = result["rungs"]
    if max(rungs, default=0) < len(_OVERLOAD["rungs"]) - 1 or rungs[-1]:
        found.append(f"the ladder was not climbed and left: {rungs}")
    if result["oldest_unpaid_at_its_start_s"] > _MAX_AGE_S + _LATE_S:
        found.append("something was spoken after its time")
    found += [
        f"{where} took {result[where]['max_ms']} ms"
        for where in ("answer_over_http", "answer_in_chat")
        if result[where]["max_ms"] > _ANSWERED_S * 1000
    ]
    if result["skip_to_silence"]["max_ms"] > _SILENT_S * 1000:
        found.append(f"silence took {result['skip_to_silence']['max_ms']} ms after a skip")
    if result["accepted"] != result["with_exactly_one_final_outcome"]:
        found.append("a message did not end in exactly one outcome")
    return found


def main() -> int:
    """Let the raid come, say what is wrong, and return how many things are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", default="", help="name of the result; none is only printed")
    options = parser.parse_args()
    end_whole()
    result: dict[str, Any] = environment("ishowtts", "hibari-tts")
    with tempfile.TemporaryDirectory() as name, sound_server(Path(name)) as pulse:
        folder = Path(name)
        copies, paid = write_raid(folder / "raid.jsonl")
        replay = {"type": "replay", "path": str(folder / "raid.jsonl"), "speed": 1.0}
        daemon = Daemon(
            folder,
            [replay, {"type": "ingest"}],
            pulse,
            overload=_OVERLOAD,
            backlog={"max_age_s": _MAX_AGE_S},
        )
        try:
            recording = pulse.record()
            moderator = Moderator(daemon)
            moderator.start()
            skips = skips_until_calm(daemon, pulse, paid)
            moderator.is_over.set()
            moderator.join()
            result |= {"messages": MESSAGES, "raid_s": RAID_S, "max_age_s": _MAX_AGE_S}
            result |= judged(daemon, recording, copies, paid)
            answered = {e["id"]: e["at"] for e in daemon.events() if e["outcome"] == "obeyed"}
            in_chat = [answered[i] - at for i, at in moderator.in_chat.items()]
            result["answer_over_http"] = spread_ms(moderator.over_http_s)
            result["answer_in_chat"] = spread_ms(in_chat)
            result["skip_to_silence"] = spread_ms(skips)
        finally:
            daemon.stop()
        result |= accounted(daemon, lambda _: True)
    found = complaints(result)
    result["complaints"] = found
    save(options.save, result)
    for complaint in found:
        print(f"raid: {complaint}", file=sys.stderr)
    return len(found)


if __name__ == "__main__":
    sys.exit(main())

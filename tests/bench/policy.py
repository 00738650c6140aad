"""Messages a second through the policy chain, the dearest messages, and time against length.

Run from the repository: `python -m tests.bench.policy`.
"""

# ruff: noqa: RUF001 - the characters that look alike are the point

import random
import re
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from bot.config.chat.policy import LengthSettings, PolicySettings
from bot.config.chat.words import WordSettings
from bot.messages import ChatMessage, Chatter, Role
from bot.policy import Policy
from tests.bench import spoken
from tests.bench.report import environment, save

SEED = 20_240_607
MESSAGES = 20_000
ROUNDS = 5

# Share of each kind in the mix, and what it looks like.
KINDS: Sequence[tuple[int, Sequence[str]]] = (
    (46, (
        "that was so clean", "what game is this", "hello from Brazil",
        "no way he actually did that",
        "how long have you been live today?",
        "I love this song, what is it called",
        "can you say hi to my sister please, she watches you every day after school",
        "you should have gone left there, the boss always drops the key in the second room",
    )),
    (12, ("gg", "lol", "ngl that was sick", "brb getting food", "idk tbh", "omg pls",
        "ty for the sub")),
    (10, ("KEKW", "KEKW KEKW KEKW", "LUL that jump", "monkaS monkaS", "PogChamp lets go")),
    (8, ("LETS GOOOOO", "WHAT IS HAPPENING", "NO WAY", "THIS IS THE BEST STREAM EVER")),
    (7, ("😂😂😂", "nice one 👍🏽", "❤️ love it", "gg 🎉🎉")),
    (5, ("I have 3 cats", "it costs $5.99", "see you at 10:30", "1st try!", "100% true",
        "2024 was better")),
    (4, ("!play", "!sr some song", "!discord")),
    (4, ("@streamer hi", "this & that :)", "C++ > Java <3", "#1 fan", "and/or w/ friends")),
    (2, ("look https://clips.example.com/AbCdEf", "my page is example.com/me")),
    (2, ("olá, tudo bem? você é ótimo", "привет всем", "こんにちは", "çok güzel yayın")),
)  # fmt: skip

DEAREST = {
    "empty": "",
    "a megabyte of one letter": "a" * 1_000_000,
    "a megabyte of words": "word " * 200_000,
    "Zalgo": ("e" + "\u0316\u0300\u0317\u0301" * 8) * 1_000,
    "joined emoji": "👨\u200d" * 50_000,
    "digits": "1234567890" * 300,
    "numbers": "1,234.5 $6.70 10:30 2nd 3-4 5/6 " * 10,
    "grouped digits": "1" + ",111" * 700 + "1",
    "dots": "a." * 1_500,
    "opening brackets": "(" * 1_500 + "<" * 1_500,
    "shouted words": "ABSOLUTELY UNBELIEVABLE " * 12,
    "full-width letters": "ａｂｃ " * 700,
    "ligature that expands": "\ufdfa" * 3_000,
    "spelled words": "b.a.d " * 50,
}
_DIGIT = re.compile(r"[0-9]")
LENGTHS = (10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)
BLOCKED = 500


def messages(count: int) -> list[ChatMessage]:
    """Return seeded chat of 300 chatters."""
    random_ = random.Random(SEED)
    weights = [weight for weight, _ in KINDS]
    chatters = [
        Chatter(
            id=str(n),
            name=random_.choice(("viewer", "Dark_Knight", "xX_Pro_Xx", "Émile", "cat")) + str(n),
            roles=frozenset({Role.SUBSCRIBER}) if n % 4 == 0 else frozenset(),
        )
        for n in range(300)
    ]
    found = []
    for n in range(count):
        (_, texts) = random_.choices(KINDS, weights)[0]
        # No two messages are alike, as in chat, so that no cache flatters.
        text = (
            f"{random_.choice(texts)} {random_.choice('abcdefghij')}{random_.choice('eio')}".strip()
        )
        found.append(message(text, random_.choice(chatters), str(n)))
    return found


def message(text: str, chatter: Chatter | None = None, id_: str = "m") -> ChatMessage:
    """Return a message of `text`."""
    chatter = chatter or Chatter(id="u", name="viewer1")
    return ChatMessage(
        id=id_, channel="main", source="bench", chatter=chatter, text=text, received_at=0.0
    )


def seconds(call: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """Return the processor time of `call`: the median of `rounds`."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return statistics.median(times)


def throughput(policy: Policy, mix: Iterable[ChatMessage]) -> dict[str, float]:
    """Return messages a second over `mix`, and percentiles of a message's time."""
    mix = list(mix)

    def whole() -> None:
        for each in mix:
            policy(each)

    whole()
    rate = len(mix) / seconds(whole)
    times = []
    for each in mix:
        start = time.perf_counter()
        policy(each)
        times.append(time.perf_counter() - start)
    cuts = statistics.quantiles(times, n=1000)
    return {
        "messages_per_s": round(rate),
        "p50_us": round(cuts[499] * 1e6, 1),
        "p99_us": round(cuts[989] * 1e6, 1),
        "p999_us": round(cuts[998] * 1e6, 1),
    }


def blocked_words(count: int) -> tuple[str, ...]:
    """Return `count` seeded words of six letters that no message holds."""
    random_ = random.Random(SEED)
    return tuple("".join(random_.choices("bcdfgklmnprstvz", k=6)) for _ in range(count))


def with_numbers() -> list[str]:
    """Return lines of chat that hold digits, of every class."""
    lines = [line.written for line in spoken.read() if _DIGIT.search(line.written)]
    return lines * (MESSAGES // 4 // len(lines))


def main() -> None:
    """Measure, print and write the results."""
    result = environment("emoji", "google-re2", "msgspec", "num2words")
    mix = messages(MESSAGES)
    default = Policy(PolicySettings(), voice="heart")
    listed = Policy(PolicySettings(words=WordSettings(strip=blocked_words(BLOCKED))), voice="heart")
    longest = Policy(
        PolicySettings(length=LengthSettings(max_characters=10_000, max_words=5_000)), voice="heart"
    )
    sentence = "so I said to him, no way, that is 3 times the price of example.com 😀 WOW "
    linearity = []
    for length in LENGTHS:
        text = (sentence * (length // len(sentence) + 1))[:length]
        repeats = max(1, 20_000 // length)

        def run(text: str = text, repeats: int = repeats) -> None:
            for _ in range(repeats):
                longest(message(text))

        run()
        per_message_s = seconds(run) / repeats
        linearity.append({
            "characters": length,
            "us": round(per_message_s * 1e6, 1),
            "ns_per_character": round(per_message_s / length * 1e9, 1),
        })  # fmt: skip
    result |= {
        "seed": SEED,
        "messages": MESSAGES,
        "default_chain": throughput(default, mix),
        "chat_without_numbers": throughput(default, (m for m in mix if not _DIGIT.search(m.text))),
        "chat_with_numbers": throughput(default, map(message, with_numbers())),
        f"with_{BLOCKED}_blocked_words": throughput(listed, mix),
        "dearest_us": {
            name: round(seconds(partial(default, message(text))) * 1e6)
            for name, text in DEAREST.items()
        },
        "time_against_length": linearity,
    }
    save("policy", result)


if __name__ == "__main__":
    main()

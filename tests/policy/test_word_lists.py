"""Lists of blocked words: files, severities, what is allowed, what the platform blocks."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.config.chat.policy import PolicySettings
from bot.messages import ChatMessage, Rejection, RejectReason, Utterance
from bot.policy import Policy
from bot.policy.words.lists import ListError, default_entries, read

Make = Callable[..., ChatMessage]
DEADLINE_S = 10.0


def policy(**words: Any) -> Policy:  # noqa: ANN401 - raw configuration
    settings = PolicySettings.model_validate({"words": {"default_list": False, **words}})
    return Policy(settings, voice="heart")


def rejected(verdict: Utterance | Rejection) -> Rejection | None:
    return verdict if isinstance(verdict, Rejection) else None


@pytest.fixture
def words(tmp_path: Path) -> Path:
    path = tmp_path / "words.txt"
    path.write_text("# ours\nvileslur # the worst\n\n/bad(est)?way/\n", "utf-8")
    return path


def test_a_file_holds_words_and_patterns(words: Path, message: Make) -> None:
    filter_ = policy(lists=[{"file": str(words)}])
    assert rejected(filter_(message("oh v1leslur"))) is not None
    assert rejected(filter_(message("the badestway"))) is not None
    assert rejected(filter_(message("the worst of ours"))) is None


async def keep_looking(filter_: Policy) -> None:
    while True:
        await filter_.words.look()
        await asyncio.sleep(0.05)


def rewrite(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    os.utime(path, ns=(1, 1))


async def test_a_file_is_read_again_when_it_changes(words: Path, message: Make) -> None:
    filter_ = policy(lists=[{"file": str(words)}])
    watching = asyncio.create_task(keep_looking(filter_))
    rewrite(words, "nastyname\n")
    async with asyncio.timeout(DEADLINE_S):
        while rejected(filter_(message("nastyname"))) is None:
            await asyncio.sleep(0.05)
    assert rejected(filter_(message("vileslur"))) is None
    watching.cancel()


def test_a_broken_file_keeps_its_last_form(words: Path, message: Make) -> None:
    filter_ = policy(lists=[{"file": str(words)}])
    with capture_logs() as logs:
        rewrite(words, "nastyname\n/(/\n")
        assert filter_.words._lists.look()
        filter_.words._build()
    (entry,) = logs
    assert (entry["event"], entry["kept"]) == ("word list not read", True)
    assert "line 2" in entry["reason"]
    assert rejected(filter_(message("vileslur"))) is not None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff\xfe", "no UTF-8"),
        (b"a" * 41, "line 1"),
        (b"...\n", "line 1"),
        (b"/a*/", "empty text"),
        (b"x" * (1 << 20) + b"y", "larger than"),
        (b"ok\n" * 20_001, "more than"),
    ],
)
def test_what_is_no_list_is_told(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "list"
    path.write_bytes(content)
    with pytest.raises(ListError, match=reason):
        read(path)


def test_a_missing_file_costs_nothing_else(tmp_path: Path, message: Make) -> None:
    filter_ = policy(lists=[{"file": str(tmp_path / "none")}], drop=["vileslur"])
    assert rejected(filter_(message("vileslur"))) is not None
    assert rejected(filter_(message("hello"))) is None


def test_a_word_may_mute_who_wrote_it(message: Make) -> None:
    filter_ = policy(mute=["vileslur"], drop=["badword"])
    for text, mutes in (("VILESLUR", True), ("badword", False)):
        rejection = rejected(filter_(message(text)))
        assert rejection is not None
        assert (rejection.reason, rejection.mutes) == (RejectReason.BLOCKED, mutes)


def test_what_the_platform_blocks_is_blocked(message: Make) -> None:
    filter_ = policy()
    assert rejected(filter_(message("so badword"))) is None
    filter_.block(["ⓑⓐⓓword", "*slur"])
    assert rejected(filter_(message("so b4dword"))) is not None
    assert rejected(filter_(message("vileslur"))) is not None
    filter_.block([])
    assert rejected(filter_(message("so badword"))) is None


@pytest.mark.parametrize(
    "term", ["😀", "!!", "(.)(.)", "==", "*", "**", "* *", ":3", "<3", ":D", "$hit", "\u200b\u200b"]
)
@pytest.mark.parametrize(
    "text", ["hello!", "I have 3 cats", "vitamin d", "at 12:30", "a = b (yes)", "a hit", "x: 3 d"]
)
def test_marks_that_the_platform_blocks_are_no_words(text: str, term: str, message: Make) -> None:
    filter_ = policy(strip=["rude"])
    filter_.block([term, "badword"])
    assert rejected(filter_(message(text))) is None
    assert rejected(filter_(message("so b4dword"))) is not None


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("(.)(.)", "a (.)(.) b"),
        (":D", "so :d"),
        ("f*dge", "F*DGE it"),
        ("@you*", "@yours"),
        ("дурак!", "ты дурак! да"),
    ],
)
def test_marks_that_the_platform_blocks_are_blocked_as_they_stand(
    term: str, text: str, message: Make
) -> None:
    filter_ = policy()
    filter_.block([term])
    assert rejected(filter_(message(text))) is not None


@pytest.mark.parametrize(
    "text",
    [
        "badwordshire is a place",
        "BADWORDSHIRE",
        "Lord of Badwordshire's house",
        "badwordshires",
    ],
)
def test_what_is_allowed_is_spoken(text: str, message: Make) -> None:
    assert rejected(policy(drop=["badword"], allow=["Badwordshire"])(message(text))) is None


@pytest.mark.parametrize("text", ["badword in badwordshire", "b a d w o r d shire"])
def test_what_is_allowed_excuses_no_other_place(text: str, message: Make) -> None:
    assert rejected(policy(drop=["badword"], allow=["Badwordshire"])(message(text))) is not None


def test_the_list_of_the_program_is_on_and_can_be_off(message: Make) -> None:
    assert len(default_entries()) == len(set(default_entries())) > 5
    on, off = policy(default_list=True), policy()
    for entry in default_entries():
        assert rejected(on(message(f"you {entry}s"))) is not None
        assert rejected(off(message(f"you {entry}"))) is None


@pytest.mark.parametrize(
    "text",
    ["raccoon", "Nigeria and Niger", "he snickered", "denigrate", "a maine coon", "transition",
     "gobbledygook", "как дела", "çok güzel", "tycoon", "Nagoya", "vinegar", "bigger",
     "Bonnie", "Bono", "Bonner", "Benney", "Trainor", "Traynor", "trener", "baños", "Cheikh",
     "Nigar", "Nigo", "Bina", "choix", "bonheur", "Küche", "Вінниця", "Αμερικανικές"],
)  # fmt: skip
def test_the_list_of_the_program_stops_no_innocents(text: str, message: Make) -> None:
    assert rejected(policy(default_list=True)(message(text))) is None


def test_counting_is_innocent(message: Make) -> None:
    filter_ = policy(default_list=True)
    for number in range(120):
        assert rejected(filter_(message(f"no {number}"))) is None, number


def test_no_file_of_the_repository_shows_the_list() -> None:
    root = Path(__file__).parents[2]
    texts = [
        p for folder in ("docs", "bot/policy/words", "voices") for p in (root / folder).rglob("*")
    ]
    for path in [*texts, root / "README.md", root / "config.yaml"]:
        if path.suffix in {".md", ".py", ".txt", ".yaml"}:
            content = path.read_text("utf-8").casefold()
            assert not [entry for entry in default_entries()[:4] if entry in content], path

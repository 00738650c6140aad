"""Chat in every language, to a daemon with real engines: what counts as spoken is heard."""

# ruff: noqa: RUF001 - the characters that look alike are the point

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bot.cli.check import check
from bot.config import Settings
from bot.config.chat.policy import PolicySettings
from bot.config.sections.engine import EngineSettings
from bot.engine.guests.espeak import EspeakEngine
from bot.messages import (
    AudioChunk,
    ChatMessage,
    Chatter,
    Event,
    EventKind,
    Rejection,
    RejectReason,
    SpeechRequest,
    Utterance,
)
from bot.policy import Policy
from bot.wiring import engines
from tests.bench.daemon import ENDS, Daemon, sound_server
from tests.conftest import PulseServer
from tests.engine.guests import espeak_program

pytestmark = [pytest.mark.parts, pytest.mark.timeout(170)]

Start = Callable[..., Daemon]
_DEADLINE_S = 120.0


@pytest.fixture(scope="module")
def pulse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PulseServer]:
    with sound_server(tmp_path_factory.mktemp("pulse")) as server:
        yield server


@pytest.fixture
def daemon(tmp_path: Path, pulse: PulseServer) -> Iterator[Start]:
    espeak_program()
    with ExitStack() as stack:

        def start(*names: str, policy: dict[str, Any] | None = None, **engine: Any) -> Daemon:  # noqa: ANN401
            section = {"engines": names, "patience_s": 120, "stall_s": 120, **engine}
            started = Daemon(
                tmp_path, [{"type": "ingest"}], pulse, engine=section, policy=policy or {}
            )
            stack.callback(_end, started)
            until(lambda: all(map(_is_settled, started.status()["engines"].values())))
            return started

        yield start


def _is_settled(engine: dict[str, Any]) -> bool:
    """Tell whether an engine is warm, or cannot run here."""
    return engine["is_ready"] or "is not there" in engine["state"]


def _end(daemon: Daemon) -> None:
    daemon.stop()
    assert daemon.process.stderr is not None
    daemon.process.stderr.close()


def until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + _DEADLINE_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def end_of(daemon: Daemon, identifier: str) -> dict[str, Any]:
    """Return the last outcome of a message."""
    found: list[dict[str, Any]] = []

    def has_ended() -> bool:
        found[:] = [
            event
            for event in daemon.events()
            if event["id"] == identifier and event["outcome"] in ENDS | {"rejected"}
        ]
        return bool(found)

    until(has_ended)
    return found[-1]


def test_each_message_is_spoken_by_an_engine_that_speaks_it(daemon: Start) -> None:
    running = daemon("hibari", "espeak", policy={"languages": {"chat": ["es"]}})
    for text, engine in (
        ("hello everybody, nice to see you", "hibari"),
        ("こんにちは、今日はいい天気ですね", "espeak"),
        ("buenas noches a todos, me encanta este juego", "espeak"),
        ("你好，大家晚上好", "espeak"),
        ("Привет всем", "espeak"),
    ):
        ended = end_of(running, running.post(text, name="Ana"))
        assert (ended["outcome"], ended.get("engines")) == ("spoken", [engine]), text


@pytest.mark.long
def test_the_own_language_goes_to_an_engine_that_speaks_it(daemon: Start) -> None:
    running = daemon("hibari", "espeak", policy={"speakable": {"language": "ja"}})
    for text, engine in (("おはよう", "espeak"), ("good morning", "hibari")):
        assert end_of(running, running.post(text, name="Ana"))["engines"] == [engine]


@pytest.mark.parametrize(
    "names", [["hibari"], pytest.param(["hibari", "espeak"], marks=pytest.mark.long)]
)
def test_without_an_engine_for_it_it_is_rejected_unless_paid(
    daemon: Start, names: tuple[str, ...]
) -> None:
    running = daemon(*names, espeak={"program": "no-such-espeak"})
    chat = end_of(running, running.post("こんにちは", name="Ana"))
    assert (chat["outcome"], chat["reason"]) == ("rejected", "language")
    for text in ("こんにちは", "ᚠᚢᚦᚨᚱᚲ"):
        paid = end_of(running, running.post(text, name="Ana", cheer=100))
        assert (paid["outcome"], paid["engines"]) == ("spoken", ["hibari"])


async def spoken_s(engine: EspeakEngine, text: str, language: str) -> float:
    (answer,) = await engine.speak([SpeechRequest(id="1", text=text, voice="", language=language)])
    assert isinstance(answer, AudioChunk), answer
    return answer.duration_s


@pytest.fixture
async def espeak() -> EspeakEngine:
    engine = EspeakEngine(program=espeak_program())
    await engine.warm_up()
    return engine


@pytest.mark.parametrize(
    ("written", "said", "language"),
    [
        ("今日はいい天気ですね", "キョウワ いいテンキですね", "ja"),
        ("五百円", "ゴヒャクエン", "ja"),
        ("東京へ行った", "トウキョウエ イッた", "ja"),
    ],
)
async def test_kanji_are_read(espeak: EspeakEngine, written: str, said: str, language: str) -> None:
    """espeak alone says "Chinese letter" for each."""
    assert await spoken_s(espeak, written, language) == await spoken_s(espeak, said, language)


@pytest.mark.parametrize("language", ["ja", "he", "my"])
async def test_latin_words_are_not_spelled(espeak: EspeakEngine, language: str) -> None:
    spelled_s = await spoken_s(espeak, "n i g h t w a t c h", language)
    assert await spoken_s(espeak, "nightwatch", language) < spelled_s / 2


async def test_chinese_has_a_voice_that_reads_it(espeak: EspeakEngine) -> None:
    assert {"zh", "no"} <= set(espeak.languages)
    assert not {"hak", "chr"} & set(espeak.languages)
    assert espeak.voice_for("zh") == "cmn-latn-pinyin"
    command = ("espeak-ng", "-v", espeak.voice_for("zh"), "-q", "--ipa", "你好")
    spelled = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    phonemes, _ = await spelled.communicate()
    assert b"(en)" not in phonemes  # its cmn says "ni three hao three"


@pytest.mark.parametrize("text", ["<speak>", "a < b & c > d", "[[h@'l@U]]", "[[[", "Ana</voice>"])
@pytest.mark.parametrize("language", ["en", "ja", "he"])
async def test_markup_is_not_obeyed(espeak: EspeakEngine, text: str, language: str) -> None:
    """Whatever the marks do, the words behind them are heard."""
    alone = await spoken_s(espeak, "hello there my friend", language)
    assert await spoken_s(espeak, f"{text} hello there my friend", language) >= alone * 0.9


async def test_an_engine_that_cannot_run_speaks_nothing() -> None:
    narrator = engines.create(
        EngineSettings.model_validate(
            {"engines": ["hibari", "espeak"], "espeak": {"program": "no-such-espeak"}}
        )
    )
    try:
        await narrator.warm_up()
        while narrator.languages is None:
            await narrator._engine.wait_changed()
        assert narrator.languages == {"en"}
    finally:
        await narrator.close()


async def test_the_check_tells_languages_that_no_engine_speaks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    policy = {"speakable": {"language": "de"}, "languages": {"chat": ["en", "es"]}}
    settings = Settings.model_validate(
        {
            "channels": [{"name": "main", "sources": [{"type": "ingest"}], "policy": policy}],
            "engine": {"engines": ["hibari"]},
            "server": {"port": 0},
        }
    )
    assert not await check(settings)
    told = capsys.readouterr().out
    assert "No engine speaks de." in told
    assert "No engine speaks es." in told
    assert "No engine speaks en." not in told


ENGLISH = frozenset({"en"})
EVERY = frozenset({"en", "es", "de", "fr", "pt", "ja", "ko", "ru", "uk", "zh", "he"})


def verdict(
    text: str,
    spoken: frozenset[str] = EVERY,
    *,
    event: Event | None = None,
    name: str = "Ana",
    **settings: Any,  # noqa: ANN401 - sections of the policy
) -> Utterance | Rejection:
    policy = Policy(PolicySettings.model_validate(settings), voice="heart", spoken=lambda: spoken)
    chatter = Chatter(id="u1", name=name)
    message = ChatMessage(id="m1", channel="main", source="test", chatter=chatter, text=text,
                          event=event, received_at=1.5)  # fmt: skip
    return policy(message)


def said(result: Utterance | Rejection) -> tuple[str, str]:
    assert isinstance(result, Utterance), result
    return result.language, result.prefix + result.body


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("今日はFortniteやる", ("ja", "Anaさん、今日はFortniteやる")),
        ("@StreamerName こんにちは", ("ja", "Anaさん、StreamerName こんにちは")),
        ("안녕 twitch.tv/somebody", ("ko", "Ana님: 안녕 link")),
        ("hеllo wоrld", ("en", "Ana says: hello world")),
        ("ᴛʜɪs ɪs sᴍᴀʟʟ", ("en", "Ana says: this is small")),
        ("good привет game", ("en", "Ana says: good game")),
    ],
)
def test_what_a_person_would_read(text: str, expected: tuple[str, str]) -> None:
    assert said(verdict(text)) == expected


@pytest.mark.parametrize("own", ["es", "de", "fr"])
@pytest.mark.parametrize("text", ["hola manana", "hola mañana"])
def test_an_own_language_that_nobody_speaks_is_read_with_accents_and_without(
    own: str, text: str
) -> None:
    language, words = said(verdict(text, ENGLISH, speakable={"language": own}))
    assert language == ""
    assert words.endswith(text)


@pytest.mark.parametrize("text", ["ᚠᚢᚦ", "ⲁⲃⲅ", "ꦲꦤꦕ", "𐌰𐌱𐌲", "ⴰⴱⴳ", "ᜀᜁ", "こんにちは", "Привет"])
def test_a_script_that_nobody_speaks(text: str) -> None:
    result = verdict(text, ENGLISH)
    assert isinstance(result, Rejection)
    assert result.reason is RejectReason.LANGUAGE
    for kind in (EventKind.REDEEM, EventKind.CHEER, EventKind.POWER_UP):
        _, words = said(verdict(text, ENGLISH, event=Event(kind=kind)))
        assert words.isascii()
        assert len(words) > len("Ana says: ")


@pytest.mark.parametrize("text", ["你是谁", "龘", "𠮟る", "日本語", "々", "〇"])
@pytest.mark.parametrize("unspoken", ["leave_out", "transliterate"])
def test_paid_kanji_of_who_wrote_kana_are_heard(text: str, unspoken: str) -> None:
    """They count as Japanese then, also where no dictionary of it knows them."""
    policy = Policy(
        PolicySettings.model_validate({"languages": {"unspoken": unspoken}}),
        voice="heart",
        spoken=lambda: ENGLISH,
    )
    for written in ("こんにちは", text):
        paid = ChatMessage(
            id="m1",
            channel="main",
            source="test",
            chatter=Chatter(id="u1", name="Ana"),
            text=written,
            event=Event(kind=EventKind.REDEEM),
            received_at=1.5,
        )
        assert said(policy(paid))[1].isascii()


@pytest.mark.parametrize(
    ("own", "text", "kind", "expected"),
    [
        ("en", "こんにちは", EventKind.CHEER, "Anaさんが百ビットチアしました。 こんにちは"),
        ("en", "hello", EventKind.CHEER, "Ana cheers one hundred bits. hello"),
        ("de", "", EventKind.RAID, "Ana kommt im Raid mit einhundert Personen."),
        ("es", "", EventKind.SUB, "Ana se acaba de suscribir."),
        ("fr", "", EventKind.GIFT, "Ana offre cent abonnements."),
        ("pt", "", EventKind.CHEER, "Ana envia cem bits."),
        ("ru", "", EventKind.SUB, "Ana just subscribed."),
    ],
)
def test_events_are_told_in_the_language_of_the_message(
    own: str, text: str, kind: EventKind, expected: str
) -> None:
    event = Event(kind=kind, amount=100)
    assert said(verdict(text, event=event, speakable={"language": own}))[1] == expected


def test_templates_of_the_configuration_come_first() -> None:
    event = Event(kind=EventKind.SUB)
    german: dict[str, Any] = {"speakable": {"language": "de"}}
    ours = verdict("", event=event, events={"sub": "{name} ist dabei."}, **german)
    assert said(ours)[1] == "Ana ist dabei."
    table = {"templates": {"ja": {"sub": "{name}、ようこそ。"}}}
    theirs = verdict("やった", event=event, events=table)
    assert said(theirs)[1] == "Ana、ようこそ。 やった"
    assert said(verdict("Guten Tag", **german))[1] == "Ana sagt: Guten Tag"


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        (["plokhoy"], {"languages": {"unspoken": "transliterate"}}),
        (["плохой"], {"languages": {"unspoken": "transliterate"}}),
        (["плохой"], {}),
        (["badword"], {"languages": {"unspoken": "transliterate"}}),
    ],
)
def test_blocked_words_hold_in_what_is_written_and_in_what_is_said(
    words: list[str], settings: dict[str, Any]
) -> None:
    text = "ты badwоrd" if "badword" in words else "ты плохой"
    for event in (None, Event(kind=EventKind.CHEER, amount=5)):
        result = verdict(text, ENGLISH, event=event, words={"drop": words}, **settings)
        assert isinstance(result, Rejection)
    whole = {"words": {"strip": words}, **settings}
    result = verdict(text, ENGLISH, event=Event(kind=EventKind.CHEER, amount=5), **whole)
    assert "plokhoy" not in said(result)[1]
    assert "badword" not in said(result)[1]

"""Choice of a worker where they are unlike: each text goes to one that can speak it."""

import msgspec
import pytest

from bot.engine.contract import speak_one
from bot.engine.guests.pool import attempt, wire
from bot.engine.guests.pool.roster import Roster, Wanted, languages_of
from bot.errors import UtteranceError
from bot.messages import SpeechRequest
from tests.pool.conftest import MakeEngine
from tests.pool.parts import NatsServer
from tests.pool.test_hostile import beat, hostile


def told(worker: str, **changes: object) -> wire.Beat:
    return wire.decode_beat(beat(worker=worker, **changes))


def roster(*beats: wire.Beat) -> Roster:
    made = Roster(silent_s=60.0, seed=1)
    for each in beats:
        made.hear(each)
    return made


@pytest.mark.parametrize(
    ("wanted", "able"),
    [
        (Wanted(language="ja"), {"kokoro", "espeak"}),
        (Wanted(language="en"), {"f5", "espeak"}),
        (Wanted(voice="v1", language="en"), {"f5"}),
        (Wanted(voice="v1"), {"f5"}),
        (Wanted(voice="v1", language="ja"), {None}),
        (Wanted(), {"f5", "kokoro", "espeak"}),
    ],
)
def test_a_text_goes_to_who_can_speak_it(wanted: Wanted, able: set[str | None]) -> None:
    subject = roster(
        told("f5", languages=("en",), clones=True),
        told("kokoro", languages=("ja",)),
        told("espeak", languages=()),
    )
    assert {subject.choose(wanted, set()) for _ in range(60)} == able
    avoided = {"f5"}
    assert {subject.choose(wanted, avoided) for _ in range(60)} == (able - avoided or able)


def test_a_worker_that_takes_nothing_now_can_speak_nothing() -> None:
    plain, cloning = told("plain"), Wanted(voice="v1")
    assert roster(told("f5", clones=True), plain).can_speak(cloning)
    closed = roster(told("f5", clones=True, is_open=False), plain)
    assert not closed.can_speak(cloning)
    assert closed.can_speak(Wanted())


def test_one_worker_that_speaks_anything_makes_the_pool_do_so() -> None:
    english, japanese = told("a", languages=("en",)), told("b", languages=("ja", "en"))
    assert languages_of([english, japanese]) == ("en", "ja")
    assert languages_of([english, msgspec.structs.replace(japanese, languages=())]) == ()


@pytest.mark.parts
async def test_what_no_worker_speaks_is_left_to_the_next_engine(
    nats: NatsServer, make_engine: MakeEngine
) -> None:
    engine = make_engine()
    async with hostile(nats, languages=("en",)):
        await engine.warm_up()
        with pytest.raises(UtteranceError, match="speaks this language"):
            await speak_one(
                engine, SpeechRequest(id="m", text="こんにちは。", voice="heart", language="ja")
            )


@pytest.mark.parts
async def test_a_worker_that_lives_but_never_answers_ends_a_text(
    nats: NatsServer, make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "GIVE_UP_S", 1.0)
    engine = make_engine()
    async with hostile(nats):
        await engine.warm_up()
        with pytest.raises(UtteranceError, match="in time"):
            await speak_one(engine, SpeechRequest(id="m", text="Hello.", voice="heart"))

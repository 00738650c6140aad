"""Voices and sounds within a message."""

from collections.abc import Sequence
from typing import Any

import pytest

from bot.config.chat.policy import PolicySettings
from bot.messages import ChatMessage, Chatter, Event, EventKind, Rejection, Role, Segment, Utterance
from bot.policy import Policy

VOICES = ("alto", "bass", "heart")
SOUNDS = ("airhorn", "drum-roll")
CHEER = Event(kind=EventKind.CHEER, amount=100)


def policy(**sections: Any) -> Policy:  # noqa: ANN401 - raw configuration
    settings = PolicySettings.model_validate({"name": {"say": False}, **sections})
    return Policy(settings, voice="heart", known_voices=VOICES, known_sounds=SOUNDS)


def message(text: str, *roles: Role, event: Event | None = None) -> ChatMessage:
    return ChatMessage(
        id="m1",
        channel="main",
        source="test",
        chatter=Chatter(id="u1", name="ana", roles=frozenset(roles)),
        text=text,
        event=event,
        received_at=1.0,
    )


def said(text: str, *roles: Role, event: Event | None = None, **sections: Any) -> Utterance:  # noqa: ANN401
    verdict = policy(**sections)(message(text, *roles, event=event))
    assert isinstance(verdict, Utterance), verdict
    return verdict


def parts(segments: Sequence[Segment]) -> list[str]:
    """Return segments as they are written in the tables below: `bass:words`, `(airhorn)`."""
    return [f"({s.sound})" if s.sound else f"{s.voice}:{s.text}" for s in segments]


@pytest.mark.parametrize(
    ("text", "expected", "body"),
    [
        ("hello there", [], "hello there"),
        ("[bass] hello there", ["bass:hello there"], "hello there"),
        ("well [Bass] hello [ALTO] there", [":well", "bass:hello", "alto:there"],
         "well hello there"),
        ("one (airhorn) two", [":one", "(airhorn)", ":two"], "one two"),
        ("[bass] one (airhorn) two", ["bass:one", "(airhorn)", "bass:two"], "one two"),
        ("(airhorn)", ["(airhorn)"], ""),
        ("(drum-roll)(airhorn)", ["(drum-roll)", "(airhorn)"], ""),
        ("[bass] gg in 10 min", ["bass:good game in ten minutes"], "good game in ten minutes"),
        ("[nobody] hello (nothing)", [], "nobody hello nothing"),
        ("[bass hello", [], "bass hello"),
        ("[[bass]] hello", [":", "bass:hello"], "hello"),
        ("(airhorn) one (airhorn) two (airhorn) three",
         ["(airhorn)", ":one", "(airhorn)", ":two airhorn three"], "one two airhorn three"),
    ],
)  # fmt: skip
def test_tags_that_count_make_segments(text: str, expected: list[str], body: str) -> None:
    utterance = said(text)
    found = [part for part in parts(utterance.segments) if part != ":"]
    assert found == [part for part in expected if part != ":"]
    assert utterance.body == body


@pytest.mark.parametrize(
    "text",
    [
        "bad[bass]word",
        "bad [nobody]word",
        "[bass]bad[alto]word",
        "bad(airhorn)word",
        "[bass] b [alto] a [bass] d [alto] word",
        "[badword] hello",
        "(badword)",
        "[bass] badword [alto] hello",
    ],
)
def test_no_tag_is_a_way_around_a_blocked_word(text: str) -> None:
    verdict = policy(words={"drop": ["badword"]})(message(text))
    assert isinstance(verdict, Rejection), verdict


@pytest.mark.parametrize(
    "text",
    ["bad[word] hello", "bad(word)", "(bad)word", "(bad)(word)", "one (bad) word", "[bad]word"],
)  # fmt: skip
@pytest.mark.parametrize("rule", ["drop", "strip"])
def test_no_name_of_a_voice_or_a_sound_is_the_rest_of_a_blocked_word(text: str, rule: str) -> None:
    settings = PolicySettings.model_validate({"name": {"say": False}, "words": {rule: ["badword"]}})
    names = ("airhorn", "bad", "word")
    verdict = Policy(settings, voice="heart", known_voices=names, known_sounds=names)(message(text))
    if rule == "drop":
        assert isinstance(verdict, Rejection), verdict
    elif isinstance(verdict, Utterance):
        assert not {"bad", "word"} & {segment.sound for segment in verdict.segments}
        assert "word" not in verdict.body


def test_a_tag_beside_a_word_that_is_left_out_still_counts() -> None:
    utterance = said("[bass] hello there badword (airhorn)", words={"strip": ["badword"]})
    assert parts(utterance.segments) == ["bass:hello there", "(airhorn)"]


def test_a_tag_within_an_allowed_phrase_is_no_blocked_word() -> None:
    words = {"drop": ["badword"], "allow": ["badword creek"]}
    assert parts(said("[bass] to badword creek", words=words).segments) == ["bass:to badword creek"]


def test_what_is_stripped_is_stripped_from_its_segment() -> None:
    utterance = said("[bass] hello badword [alto] there", words={"strip": ["badword"]})
    assert parts(utterance.segments) in ([], ["bass:hello", "alto:there"])
    assert "badword" not in utterance.body


@pytest.mark.parametrize(
    ("rules", "roles", "event", "works"),
    [
        ({"sounds": {"role": "subscriber"}}, (), None, False),
        ({"sounds": {"role": "subscriber"}}, (Role.SUBSCRIBER,), None, True),
        ({"sounds": {"roles": {"airhorn": "vip"}}}, (Role.SUBSCRIBER,), None, False),
        ({"sounds": {"bits": 50}}, (), None, False),
        ({"sounds": {"bits": 50}}, (), CHEER, True),
        ({"sounds": {"prices": {"airhorn": 101}}}, (), CHEER, False),
        ({"sounds": {"most": 0}}, (), None, False),
    ],
)
def test_sounds_need_what_the_streamer_asks(
    rules: dict[str, Any],
    roles: tuple[Role, ...],
    event: Event | None,
    works: bool,  # noqa: FBT001 - a column of the table
) -> None:
    utterance = said("one (airhorn) two", *roles, event=event, tags=rules)
    assert ("(airhorn)" in parts(utterance.segments)) is works


@pytest.mark.parametrize(
    ("rules", "event", "works"),
    [
        ({"voices": {"bits": 50}}, None, False),
        ({"voices": {"bits": 50}}, CHEER, True),
        ({"voices": {"prices": {"bass": 200}}}, CHEER, False),
        ({"voices": {"most": 0}}, None, False),
    ],
)
def test_voices_need_what_the_streamer_asks(
    rules: dict[str, Any],
    event: Event | None,
    works: bool,  # noqa: FBT001 - a column of the table
) -> None:
    utterance = said("[bass] hello there", event=event, tags=rules)
    assert any(segment.voice == "bass" for segment in utterance.segments) is works


def test_the_whole_message_keeps_its_limit() -> None:
    text = "".join(f"[{VOICES[n % 3]}] some words here " for n in range(200))
    utterance = said(text, length={"max_characters": 60})
    assert len(utterance.body) <= 60
    assert sum(len(segment.text) for segment in utterance.segments) <= 60


@pytest.mark.parametrize(
    "text",
    ["[bass]" * 2_000, "[" * 10_000, "(airhorn" * 1_000, "[" + "a" * 10_000 + "]", "()[]" * 999],
)
def test_hostile_tags_end_in_a_verdict(text: str) -> None:
    assert isinstance(policy()(message(text)), Utterance | Rejection)


def test_an_event_has_a_sound_before_its_announcement() -> None:
    cheer = said("well done", event=CHEER, events={"sounds": {"cheer": "airhorn"}})
    assert parts(cheer.segments) == ["(airhorn)", ":ana cheers one hundred bits. well done"]
    gone = said("well done", event=CHEER, events={"sounds": {"cheer": "gone"}})
    assert gone.segments == ()
    both = said("[bass] well done", event=CHEER, events={"sounds": {"cheer": "airhorn"}})
    assert parts(both.segments) == ["(airhorn)", ":ana cheers one hundred bits.", "bass:well done"]


def test_an_event_has_several_templates_by_weight() -> None:
    templates = ["{name} one", {"text": "{name} two", "weight": 3}]
    filter_ = policy(events={"cheer": templates})
    bodies = []
    for number in range(400):
        verdict = filter_(
            ChatMessage(
                id=f"m{number}",
                channel="main",
                source="test",
                chatter=Chatter(id="u1", name="ana"),
                text="",
                event=CHEER,
                received_at=1.0,
            )
        )
        assert isinstance(verdict, Utterance)
        bodies.append(verdict.body)
    assert set(bodies) == {"ana one", "ana two"}
    assert 250 < bodies.count("ana two") < 350

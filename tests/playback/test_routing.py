from collections.abc import Iterable

import pytest

from bot.config import Settings
from bot.config.sections.playback import DeviceSettings
from bot.messages import Chatter, EventKind, Lane, Utterance
from bot.playback import BaseOutput
from bot.playback.routing import Routing


def utterance(voice: str = "heart", event: EventKind | None = None) -> Utterance:
    return Utterance(
        id="m1",
        channel="main",
        chatter=Chatter(id="1", name="One"),
        prefix="",
        body="hello",
        voice=voice,
        event=event,
        lane=Lane.REST,
        received_at=0.0,
    )


class Place(BaseOutput):
    """An output that is there or not."""

    def plug_in(self) -> None:
        self._is_open.set()


def made(entries: Iterable[dict[str, object]]) -> tuple[Routing, dict[str, Place]]:
    settings = [DeviceSettings.model_validate({"type": "device", **entry}) for entry in entries]
    places = {entry.device: Place(entry.device) for entry in settings}
    return Routing((entry, places[entry.device]) for entry in settings), places  # type: ignore[misc]


ENTRIES: list[dict[str, object]] = [
    {"device": "rest"},
    {"device": "files"},
    {"device": "low", "voices": ["bass"]},
    {"device": "bits", "events": ["cheer"]},
    {"device": "both", "voices": ["alto"], "events": ["raid"]},
    {"device": "low", "events": ["sub"]},
]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (utterance(), ["rest", "files"]),
        (utterance("bass"), ["low"]),
        (utterance("heart", EventKind.SUB), ["low"]),
        (utterance("bass", EventKind.SUB), ["low"]),
        (utterance("heart", EventKind.CHEER), ["bits"]),
        (utterance("bass", EventKind.CHEER), ["low", "bits"]),
        (utterance("alto", EventKind.RAID), ["both"]),
        (utterance("alto"), ["rest", "files"]),
        (utterance("heart", EventKind.RAID), ["rest", "files"]),
    ],
)
def test_what_selects_an_utterance_plays_it_alone(said: Utterance, expected: list[str]) -> None:
    route, _ = made(ENTRIES)
    assert [output.name for output in route(said)] == expected


def test_a_channel_is_heard_when_all_of_its_speech_would_be() -> None:
    route, places = made(ENTRIES)
    for name in ("files", "low", "bits"):
        places[name].plug_in()
        assert not route.is_heard
    places["both"].plug_in()
    assert route.is_heard


def test_speech_that_nobody_selects_needs_an_output() -> None:
    outputs = [{"type": "device", "voices": ["bass"]}]
    with pytest.raises(ValueError, match="add an output without them"):
        Settings.model_validate({"channels": [{"name": "main", "outputs": outputs}]})

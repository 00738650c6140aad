"""What pages and programs ask of a daemon that runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import ClientSession, WSMsgType

from bot.outcomes import Notice
from bot.runtime.clock import now
from bot.server import tokens
from bot.web.events import Events
from bot.web.series import Series
from tests.web.conftest import configured_daemon

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.web.conftest import Api

_GUARDED = """
channels:
  - name: main
    sources: [{{type: ingest}}]
    outputs: [{{type: wavefile, path: "{folder}/speech.wav"}}]
engine: {{engines: [tone]}}
server: {{port: 0, token: secret-of-mine}}
"""


async def waiting(api: Api) -> list[str]:
    """Return the ids of what waits, in order."""
    return [one["id"] for one in (await api.get("/api/queue"))["main"]["waiting"]]


async def test_what_waits_can_be_put_in_order_and_removed(api: Api) -> None:
    await api.command("pause")
    first = await api.say("number one", "viewer1")
    second = await api.say("number two", "viewer1")
    third = await api.say("number three", "viewer2")
    assert await waiting(api) == [first, third, second]

    assert (await api.post("/api/queue/move", {"id": second, "before": first}))[0] == 204
    assert await waiting(api) == [second, first, third]
    assert (await api.post("/api/queue/move", {"id": second}))[0] == 204
    assert await waiting(api) == [first, third, second]
    assert (await api.post("/api/queue/remove", {"id": third}))[0] == 204
    assert await waiting(api) == [first, second]

    for path, body in (
        ("/api/queue/remove", {"id": third}),
        ("/api/queue/move", {"id": third}),
        ("/api/queue/move", {"id": first, "before": third}),
        ("/api/queue/move", {"id": first, "before": first}),
        ("/api/queue/move", {"id": first, "channel": "nowhere"}),
    ):
        assert (await api.post(path, body))[0] == 404


async def test_what_was_moved_is_spoken_in_that_order(api: Api) -> None:
    await api.command("pause")
    ids = [await api.say(f"number {word}", "viewer1") for word in ("one", "two", "three")]
    late = await api.say("number four", "viewer2")
    await api.post("/api/queue/move", {"id": ids[2], "before": ids[0]})
    async with api.http.ws_connect("/api/events") as events:
        await api.command("resume")
        spoken = [e["id"] for e in await events_until(events, ends(4)) if is_(e, "spoken")]

    assert spoken == [ids[2], ids[0], late, ids[1]]


async def test_a_place_is_only_within_a_lane(api: Api) -> None:
    await api.command("pause")
    plain = await api.say("hello there")
    paid = await api.say("hi", "viewer2", event={"kind": "cheer", "amount": 100})

    assert await waiting(api) == [paid, plain]
    assert (await api.post("/api/queue/move", {"id": plain, "before": paid}))[0] == 404


async def events_until(
    events: aiohttp.ClientWebSocketResponse, is_enough: Callable[[list[Any]], bool]
) -> list[Any]:
    """Return the events up to where there are enough of them."""
    got: list[Any] = []
    while not is_enough(got):
        got.append(json.loads(await events.receive_str(timeout=30)))
    return got


def is_(event: dict[str, Any], kind: str) -> bool:
    return event.get("outcome") == kind


def ends(count: int) -> Callable[[list[Any]], bool]:
    return lambda got: sum(is_(event, "spoken") for event in got) == count


async def test_what_happens_is_told_as_it_happens(api: Api) -> None:
    async with api.http.ws_connect("/api/events", params={"channel": "main"}) as events:
        sent = await api.say("hello there, how are you")
        got = await events_until(events, ends(1))

    kinds = [event["outcome"] for event in got if event.get("id") == sent]
    assert [kind for kind in kinds if kind != "continued"] == [
        "accepted",
        "queued",
        "started",
        "spoken",
    ]
    assert any("engines" in event["state"] for event in got if "state" in event)
    (levels,) = [event["levels"] for event in got if "levels" in event][:1]
    assert levels["id"] == sent
    assert max(levels["values"]) > 0.1


async def test_an_unknown_channel_has_no_events(api: Api) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await api.http.ws_connect("/api/events", params={"channel": "nowhere"})


async def test_what_was_said_can_be_looked_up_and_said_again(api: Api) -> None:
    async with api.http.ws_connect("/api/events") as events:
        first = await api.say("number one", "viewer1")
        second = await api.say("number two", "viewer2")
        await events_until(events, ends(2))
        said = (await api.get("/api/history"))["said"]
        assert [(line["id"], line["chatter"]) for line in said] == [
            (second, "viewer2"),
            (first, "viewer1"),
        ]
        assert [line["id"] for line in (await api.get("/api/history", id="viewer1"))["said"]] == [
            first
        ]

        assert "viewer1" in await api.command(f"replay #{first}")
        await events_until(events, ends(1))

    assert "number one" in (await api.get("/api/history"))["said"][0]["text"]


async def test_chatters_are_listed_with_what_is_set_for_them(api: Api) -> None:
    for name in ("viewer1", "viewer2", "other"):
        await api.say("hello", name)
    await api.command("mute viewer2")
    await api.command("nick @viewer1 Sunny")
    chatters = (await api.get("/api/chatters", find="VIEW"))["chatters"]

    assert [c["name"] for c in chatters] == ["viewer2", "viewer1"]
    assert [c["muted"] for c in chatters] == [True, False]
    assert [c["nick"] for c in chatters] == ["", "Sunny"]


async def test_commands_are_listed_and_marked_when_taken_back(api: Api) -> None:
    await api.command("volume 30")
    await api.command("undo")
    commands = (await api.get("/api/audit"))["commands"]

    assert [(c["command"], c["is_undone"]) for c in commands] == [
        ("undo", False),
        ("volume 30", True),
    ]


async def test_a_command_that_changed_something_is_taken_back_by_its_id(api: Api) -> None:
    for name in ("viewer1", "viewer2"):
        await api.say("hello", name)
    undos = [
        (await api.post("/api/command", {"command": f"mute {name}"}))[1]["undo"]
        for name in ("viewer1", "viewer2", "viewer2")
    ]
    assert [bool(undo) for undo in undos] == [True, True, False]
    assert await api.command(f"undo #{undos[0]}") == "taken back: mute viewer1"

    chatters = (await api.get("/api/chatters"))["chatters"]
    assert {c["name"]: c["muted"] for c in chatters} == {"viewer1": False, "viewer2": True}


async def test_a_name_with_quotation_marks_is_muted(api: Api) -> None:
    for name in ('Bob "Rex" Lee', "Bob “Tex” Lee"):
        await api.say("hello", name)
        quoted = name.replace("“", '"').replace("”", '"').replace('"', '""')
        await api.command(f'mute "@{quoted}"')
        await api.command(f'limit "@{quoted}" 5')

    chatters = (await api.get("/api/chatters"))["chatters"]
    assert [(c["muted"], c["limit"]) for c in chatters] == [(True, "5")] * 2


async def test_a_form_and_plain_text_are_said(api: Api) -> None:
    async with api.http.ws_connect("/api/events") as events:
        async with api.http.post(
            "/api/chat", data={"text": "by form", "name": "viewer9"}
        ) as answer:
            assert answer.status == 202
        headers = {"Content-Type": "text/plain"}
        async with api.http.post("/api/chat", data="as text", headers=headers) as answer:
            assert answer.status == 202
        assert (await api.post("/api/chat", {"text": "alone"}))[0] == 202
        got = await events_until(events, ends(3))

    started = [(event["chatter"], event["text"]) for event in got if is_(event, "started")]
    assert [chatter for chatter, _ in started] == ["viewer9", "somebody", "somebody"]
    assert [text.partition("says: ")[2] or text for _, text in started] == [
        "by form",
        "as text",
        "alone",
    ]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"text": "hi", "voice": "bass"}, "voice"),
        ({"text": "hi", "author": {"name": "x", "rolls": []}}, "author.rolls"),
        ({"text": "hi", "event": {"kind": "cheer", "bits": 1}}, "event.bits"),
    ],
)
async def test_a_key_that_nobody_knows_is_refused(api: Api, body: object, said: str) -> None:
    status, answer = await api.post("/api/chat", body)

    assert status == 400
    assert said in answer["error"]


async def test_a_program_that_can_only_open_an_address_needs_a_token(api: Api) -> None:
    token = tokens.make(tokens.default_path(), "moderator")
    async with api.http.get("/api/say", params={"text": "hello"}) as answer:
        assert answer.status == 401
    query = {"text": "hello", "name": "door", "token": token}
    async with api.http.ws_connect("/api/events") as events:
        async with api.http.get("/api/say", params=query) as answer:
            assert answer.status == 202
        got = await events_until(events, ends(1))

    assert [event["chatter"] for event in got if is_(event, "started")] == ["door"]


async def test_an_hour_of_figures_is_kept(api: Api) -> None:
    async with api.http.ws_connect("/api/events") as events:
        await api.say("hello")
        await events_until(events, ends(1))
    series = next(o for o in api.daemon.web.observers if isinstance(o, Series))
    series.step()
    series.step()
    answer = await api.get("/api/series")

    assert answer["waiting"] == [0, 0]
    assert answer["first_sound_s"][0] > 0
    assert answer["first_sound_s"][1] is None


async def test_a_listener_that_does_not_keep_up_is_cut_off(api: Api) -> None:
    events = next(o for o in api.daemon.web.observers if isinstance(o, Events))
    async with api.http.ws_connect("/api/events") as socket:
        await events_until(socket, lambda got: len(got) == 1)
        for number in range(1000):  # more at once than anybody could take
            events.observe(
                Notice(id="", channel="main", chatter="", at=now(), text=f"number {number}")
            )
        while (message := await socket.receive(timeout=30)).type is aiohttp.WSMsgType.TEXT:
            pass

    assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1013)


async def test_the_daemon_tells_the_caller_s_role(api: Api) -> None:
    assert await api.get("/api/whoami") == {"role": "streamer"}
    token = tokens.make(tokens.default_path(), "viewer")
    assert await api.get("/api/whoami", token=token) == {"role": "viewer"}


async def test_who_holds_a_revoked_token_hears_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.sending._LOOK_S", 0.0)
    monkeypatch.setattr("bot.web.events._REMIND_S", 0.0)
    monkeypatch.setattr("bot.web.events._STATE_S", 0.05)
    monkeypatch.setattr("bot.web.listen._TICK_S", 0.05)
    async with configured_daemon(tmp_path, monkeypatch, _GUARDED) as api, ClientSession() as http:
        path = tokens.default_path()
        gone, kept = tokens.make(path, "moderator"), tokens.make(path, "streamer")

        def connect(place: str, token: str) -> Any:  # noqa: ANN401 - a socket, by `async with`
            return http.ws_connect(f"{api.daemon.url}/api/{place}", params={"token": token})

        async with (
            connect("events", gone) as events,
            connect("listen", gone) as listen,
            connect("events", kept) as other,
        ):
            tokens.revoke(path, "moderator")
            for socket in (events, listen):
                while (message := await socket.receive(timeout=30)).type is WSMsgType.TEXT:
                    pass
                assert (message.type, message.data) == (WSMsgType.CLOSE, 1008)
            await events_until(other, lambda got: len(got) > 3)

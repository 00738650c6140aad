from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.config.sections.sources import IngestSettings
from bot.messages import ChatMessage, Purge, Role, SourceItem
from bot.runtime.concurrency.waiting import cancel
from bot.sources import Resuming
from bot.sources.ingest import IngestSource, routes
from tests.sources.ingest_api import Api

if TYPE_CHECKING:
    from tests.sources.conftest import Inbox

HELLO = {"author": {"name": "viewer1"}, "text": "hello"}


async def test_a_message_is_delivered(api: Api, inbox: Inbox) -> None:
    status, answer = await api.post(HELLO)
    message = await inbox.next_message()

    assert (status, answer) == (202, {"id": message.id})
    assert (message.channel, message.source, message.text) == ("main", "ingest", "hello")
    assert message.chatter.roles == frozenset()


async def test_each_message_is_delivered_once(api: Api, inbox: Inbox) -> None:
    answers = [await api.post({**HELLO, "id": id_}) for id_ in ("m1", "m2", "m1")]

    assert [(status, answer["id"]) for status, answer in answers] == [
        (202, "m1"),
        (202, "m2"),
        (202, "m1"),
    ]
    assert "ignored" in answers[2][1]
    assert len(inbox.rest()) == 2


async def test_the_channel_can_be_chosen(api: Api, inbox: Inbox) -> None:
    for channel in ("second", "main"):
        await api.post({**HELLO, "channel": channel})

        assert (await inbox.next()).channel == channel


@pytest.mark.parametrize(
    ("body", "answer", "purge"),
    [
        ({"delete": "m1"}, {"id": "m1"}, Purge(channel="main", message_id="m1")),
        (
            {"timeout": "u1", "channel": "second"},
            {"id": None},
            Purge(channel="second", chatter_id="u1"),
        ),
        ({"clear": True}, {"id": None}, Purge(channel="main")),
    ],
)
async def test_messages_can_be_taken_back(
    api: Api, inbox: Inbox, body: object, answer: object, purge: Purge
) -> None:
    assert await api.post(body) == (202, answer)
    assert await inbox.next() == purge


async def test_social_stream_ninja_is_understood(api: Api, inbox: Inbox) -> None:
    body = {"chatname": "Jess", "chatmessage": "<b>hi</b>", "type": "youtube", "id": 1}
    first, second = await api.post(body), await api.post(body)
    messages = [await inbox.next_message() for _ in range(2)]

    # The counter in `id` starts anew with its page, so it must not make a message a known one.
    assert [status for status, _ in (first, second)] == [202, 202]
    assert [message.text for message in messages] == ["hi", "hi"]
    assert messages[0].chatter.id == "youtube:Jess"
    assert (await api.post({"event": "viewer_updates", "meta": {"youtube": 5}}))[0] == 202
    assert inbox.rest() == []


@pytest.mark.parametrize(
    ("body", "status", "mistake"),
    [
        (b"", 400, "is not JSON"),
        (b"{", 400, "is not JSON"),
        (b"\xff{}", 400, "is not UTF-8"),
        (b"[" * 60_000, 400, "nested too deeply"),
        ([HELLO], 400, "one JSON object"),
        ({}, 422, "missing required field `author`"),
        ({"author": {"name": "a"}}, 422, "missing required field `text`"),
        ({**HELLO, "emotes": "x"}, 422, "$.emotes"),
        ({**HELLO, "author": {"name": "x" * 60_000}}, 422, "<= 200 - at `$.author.name`"),
        ({**HELLO, "channel": 5}, 422, "$.channel"),
        ({**HELLO, "channel": "other"}, 404, "there is main, second"),
        ({**HELLO, "channel": "\ud800<script>"}, 404, "there is main, second"),
        ({**HELLO, "text": "x" * 65_536}, 413, "larger than 65536 bytes"),
    ],
)
async def test_a_mistake_is_answered_with_a_sentence(
    api: Api, inbox: Inbox, body: object, status: int, mistake: str
) -> None:
    with capture_logs() as logs:
        answered, answer = await api.post(body)

    assert (answered, list(answer)) == (status, ["error"])
    assert mistake in answer["error"]
    assert answer["error"].endswith(".")
    assert inbox.rest() == []
    assert {entry["log_level"] for entry in logs} <= {"info"}


async def test_before_the_daemon_is_ready_nothing_is_taken(closed_api: Api) -> None:
    assert closed_api.sources[0].state == "closed"
    assert (await closed_api.post(HELLO))[0] == 503


async def test_a_busy_daemon_slows_the_caller_down(closed_api: Api) -> None:
    is_free = asyncio.Event()
    delivered = []

    async def deliver(item: SourceItem) -> None:
        await is_free.wait()
        delivered.append(item)

    task = asyncio.create_task(closed_api.sources[0].run(deliver))
    await asyncio.sleep(0)
    assert closed_api.sources[0].state == "open at /api/chat"
    post = asyncio.create_task(closed_api.post(HELLO))
    await asyncio.sleep(0)
    assert not post.done()
    is_free.set()

    assert (await post)[0] == 202
    assert isinstance(delivered[0], ChatMessage)
    task.cancel()
    await asyncio.wait([task])


def test_without_a_source_there_is_no_route() -> None:
    assert routes([]) == []


async def test_names_of_the_configuration_have_their_roles(inbox: Inbox) -> None:
    settings = IngestSettings.model_validate(
        {"type": "ingest", "roles": {"broadcaster": ["The Streamer"], "moderator": ["helper"]}}
    )
    source = IngestSource(settings, "main")
    running = asyncio.create_task(source.run(inbox.deliver))
    await asyncio.sleep(0)
    for name in ("the streamer", "HELPER", "viewer1"):
        await source.post({"author": {"name": name}, "text": "hi"})
    roles = [(await inbox.next_message()).chatter.roles for _ in range(3)]
    await cancel(running)

    assert roles == [{Role.BROADCASTER}, {Role.MODERATOR}, set()]


FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=x"


def part(name: str, text: str, more: str = "") -> str:
    return f'--x\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{text}\r\n'


async def test_a_form_in_parts_is_said(api: Api, inbox: Inbox) -> None:
    body = part("text", "grüß\r\ndich") + part("name", "viewer1") + "--x--\r\n"
    status, _ = await api.post(body.encode(), PARTS)
    message = await inbox.next_message()

    assert (status, message.text, message.chatter.name) == (202, "grüß\r\ndich", "viewer1")


@pytest.mark.parametrize(
    ("content_type", "body", "reason"),
    [
        (f"{FORM}; charset=nonsense", "text=hello", "nonsense"),
        (
            PARTS,
            part("text", "hello", "\r\nContent-Type: text/plain; charset=nonsense"),
            "nonsense",
        ),
        (PARTS, part("text", "hello", "; filename=f"), "file"),
        (PARTS, "--x\r\n\r\nhello\r\n--x--", "name"),
        (PARTS, part("text", "a") + part("more", "b") + "--x--", "more"),
        (PARTS, "", "text"),
        (PARTS, part("text", "\udcff"), "utf-8"),
        ("multipart/form-data", "hello", "text"),
    ],
)
async def test_what_is_no_form_is_told(api: Api, content_type: str, body: str, reason: str) -> None:
    status, answer = await api.post(body.encode(errors="surrogateescape"), content_type)

    assert status == 400
    assert reason in answer["error"]


async def test_what_an_earlier_run_left_to_be_spoken_is_not_said_again(
    api: Api, inbox: Inbox
) -> None:
    body = HELLO | {"id": "m1"}
    await api.post(body)
    left = await inbox.next_message()
    async with Api() as next_run:
        source = next_run.sources[0]
        assert isinstance(source, Resuming)  # so the channel tells it
        source.resume(left)
        source._deliver = inbox.deliver
        _, answer = await next_run.post(body)

    assert "was there already" in answer["ignored"]
    assert inbox.rest() == []

"""What waits for a broker that is away."""

import asyncio

import pytest

from bot.mqtt.outbox import Outbox, Post
from bot.mqtt.payloads import Topics, level


async def drain(outbox: Outbox) -> list[Post]:
    posts = []
    while len(outbox):
        posts.append(await outbox.first())
        outbox.sent(posts[-1])
    return posts


async def test_the_oldest_makes_room_and_is_counted() -> None:
    outbox = Outbox(limit=3)
    for number in range(10):
        outbox.put("t", b"%d" % number)

    assert [post.payload for post in await drain(outbox)] == [b"7", b"8", b"9"]
    assert outbox.lost == 7


async def test_of_what_is_kept_the_latest_is_sent_and_before_the_rest() -> None:
    outbox = Outbox(limit=3)
    outbox.put("event", b"1")
    for number in range(100):
        outbox.keep("state", b"%d" % number)

    assert await drain(outbox) == [Post("state", b"99", is_retained=True), Post("event", b"1")]
    assert outbox.lost == 0


async def test_what_the_broker_keeps_is_not_sent_again_until_it_may_have_forgotten() -> None:
    outbox = Outbox(limit=3)
    outbox.keep("state", b"1")
    await drain(outbox)
    outbox.keep("state", b"1")
    assert len(outbox) == 0
    outbox.renew()

    assert [post.payload for post in await drain(outbox)] == [b"1"]


async def test_what_was_replaced_while_it_was_sent_is_sent_again() -> None:
    outbox = Outbox(limit=1)
    outbox.keep("state", b"old")
    outbox.put("event", b"old")
    state = await outbox.first()
    outbox.keep("state", b"new")
    outbox.sent(state)
    assert (await outbox.first()).payload == b"new"
    outbox.sent(await outbox.first())
    event = await outbox.first()
    outbox.put("event", b"new")
    outbox.sent(event)

    assert (await outbox.first()).payload == b"new"


async def test_who_waits_is_woken() -> None:
    outbox = Outbox(limit=1)
    waiting = asyncio.create_task(outbox.first())
    await asyncio.sleep(0)
    assert not waiting.done()
    outbox.put("t", b"1")

    assert (await waiting).payload == b"1"


@pytest.mark.parametrize("name", ["a/b", "+", "#", "$SYS", "a b", "\x00", "é", "", "x" * 200])
def test_no_name_parts_levels_or_matches_other_topics(name: str) -> None:
    topic = Topics("base").of(name, "state")

    assert topic.count("/") == 2
    assert not set("+#$ \x00") & set(topic)
    assert 1 <= len(level(name)) <= 60

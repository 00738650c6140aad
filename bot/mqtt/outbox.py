"""Messages that wait for the broker: bounded, whatever the broker does."""

import asyncio
from collections import deque
from typing import NamedTuple


class Post(NamedTuple):
    """A message for the broker."""

    topic: str
    payload: bytes
    is_retained: bool = False


class Outbox:
    """Queue of the latest retained message of each topic, and of a limited number of others."""

    def __init__(self, limit: int) -> None:
        """Hold at most `limit` messages that are not retained."""
        self._limit = limit
        self._kept: dict[str, Post] = {}
        """Latest retained message of each topic, sent or not: a broker may forget them."""
        self._unsent: dict[str, None] = {}
        """Topics of which it was not sent, in order."""
        self._posts: deque[Post] = deque()
        self._is_filled = asyncio.Event()
        self.lost = 0
        """Number that was dropped for want of room."""

    def __len__(self) -> int:
        """Return how many messages wait."""
        return len(self._unsent) + len(self._posts)

    def put(self, topic: str, payload: bytes) -> None:
        """Send this once; the oldest that waits makes room."""
        if len(self._posts) >= self._limit:
            self._posts.popleft()
            self.lost += 1
        self._posts.append(Post(topic, payload))
        self._is_filled.set()

    def keep(self, topic: str, payload: bytes) -> None:
        """Send this retained, for clients that come later; left out where it is the same."""
        post = Post(topic, payload, is_retained=True)
        if self._kept.get(topic) == post:
            return
        self._kept[topic] = post
        self._unsent[topic] = None
        self._is_filled.set()

    def renew(self) -> None:
        """Send all that is retained again, to a broker that may have forgotten it."""
        self._unsent = dict.fromkeys(self._kept)
        if len(self):
            self._is_filled.set()

    async def first(self) -> Post:
        """Return the next message as soon as there is one; it stays until `sent`."""
        await self._is_filled.wait()
        topic = next(iter(self._unsent), None)
        return self._posts[0] if topic is None else self._kept[topic]

    def sent(self, post: Post) -> None:
        """Forget a message that the broker has; it may have been replaced or dropped meanwhile."""
        if post.is_retained:
            if self._kept.get(post.topic) is post:
                self._unsent.pop(post.topic, None)
        elif self._posts and self._posts[0] is post:
            self._posts.popleft()
        if not len(self):
            self._is_filled.clear()

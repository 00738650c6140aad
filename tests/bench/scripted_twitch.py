"""The scripted Twitch in a thread of its own, for programs that are not asynchronous themselves."""

import asyncio
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from bot.sources.twitch_eventsub.accounts import AccountStore
from tests.twitch_accounts import log_in
from tests.twitch_server import TwitchServer

_ANSWER_S = 10.0


class Twitch:
    """Twitch with one channel, `streamer`, and an account that is logged in."""

    def __init__(self, state: Path) -> None:
        """Start it; the log-in is kept in `state`."""
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self.server = TwitchServer()
        self._do(self.server.start())
        self.server.add_user("streamer")
        self._store = AccountStore(state)
        self._user_id = log_in(self.server, self._store).user_id

    def _do(self, work: Coroutine[Any, Any, Any]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_ANSWER_S)

    def say(self, text: str, by: str) -> None:
        """Let a chatter say `text`."""
        self._do(self.server.chat("streamer", text, by=by))

    def drop(self) -> None:
        """Cut every connection without a word."""
        self._do(self._drop())

    async def _drop(self) -> None:
        for session in self.server.live:
            session.drop()
        for request in self.server.irc_requests:
            if request.transport is not None:
                request.transport.abort()
        self.server.irc_requests.clear()

    @property
    def renewals(self) -> int:
        """How often tokens were given out."""
        return len(self.server.secrets) // 2

    @property
    def is_logged_in(self) -> bool:
        """Whether the log-in that is kept would do for the next start."""
        account = self._store.load().get(self._user_id)
        return account is not None and account.refresh_token in self.server.refresh

    def close(self) -> None:
        """End it."""
        self._do(self.server.close())
        self._loop.call_soon_threadsafe(self._loop.stop)

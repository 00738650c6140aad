"""Tokens are renewed in time, by one alone, and written down before they are used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest

from bot.errors import LogInError, TransientError
from bot.sources.twitch_eventsub.oauth import TwitchOauth
from bot.sources.twitch_eventsub.tokens import Tokens
from tests.sources.twitch_eventsub.conftest import STREAMER_SCOPES
from tests.twitch_server import CLIENT_ID, TwitchServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.sources.twitch_eventsub.accounts import AccountStore
    from tests.sources.twitch_eventsub.conftest import LogIn

REFRESH = "POST /oauth2/token"


class Life:
    """The tokens of a client, and a clock that the test moves."""

    def __init__(self, store: AccountStore, http: aiohttp.ClientSession) -> None:
        self.now_s = 0.0
        self._store = store
        self._oauth = TwitchOauth(CLIENT_ID, http)

    def begin(self) -> Tokens:
        return Tokens(self._store, self._oauth, clock=lambda: self.now_s)


@pytest.fixture
async def life(store: AccountStore) -> AsyncIterator[Life]:
    async with aiohttp.ClientSession() as http:
        yield Life(store, http)


async def test_tokens_are_renewed_an_hour_before_they_expire(
    server: TwitchServer, log_in: LogIn, store: AccountStore, life: Life
) -> None:
    first = log_in()
    tokens = life.begin()
    await tokens.make_valid()
    life.now_s = 14_400 - 3_901
    assert await tokens.renew() == []
    assert server.calls[REFRESH] == 0

    life.now_s += 2
    server.expires_in_s = 100  # as it is by now
    (renewed,) = await tokens.renew()

    assert server.calls[REFRESH] == 1
    assert renewed.access_token != first.access_token
    assert store.load()[renewed.user_id].access_token == renewed.access_token
    assert not tokens.is_outdated()  # it wrote that itself


async def test_tokens_that_live_short_are_not_renewed_all_the_time(
    server: TwitchServer, log_in: LogIn, life: Life
) -> None:
    log_in()
    server.expires_in_s = 600
    tokens = life.begin()
    await tokens.make_valid()
    for _ in range(299):
        life.now_s += 1
        assert await tokens.renew() == []
    life.now_s += 1
    await tokens.renew()

    assert server.calls[REFRESH] == 2


@pytest.mark.parametrize("fault", [0, 500])
async def test_while_twitch_cannot_be_asked_the_old_ones_do(
    server: TwitchServer, log_in: LogIn, life: Life, fault: int
) -> None:
    log_in()
    tokens = life.begin()
    await tokens.make_valid()
    life.now_s, server.expires_in_s = 12_000, 2_400
    server.fail(REFRESH, fault)

    assert await tokens.renew() == []
    assert await tokens.renew() == []  # not at once again
    life.now_s += 60
    assert len(await tokens.renew()) == 1
    assert server.calls[REFRESH] == 2


async def test_who_is_renewed_no_more(server: TwitchServer, log_in: LogIn, life: Life) -> None:
    log_in()
    owner = log_in("streamer", STREAMER_SCOPES, is_bot=False)
    tokens = life.begin()
    await tokens.make_valid()
    life.now_s = 14_000
    del server.access[owner.access_token], server.refresh[owner.refresh_token]
    with pytest.raises(TransientError, match="renewing the log-in of streamer"):
        await tokens.renew()

    again = life.begin()
    await again.make_valid()
    assert [account.login for account in again.accounts.values()] == ["the_bot"]

    server.expire(refreshable=False)
    with pytest.raises(LogInError, match="renewing the log-in of the_bot"):
        await life.begin().make_valid()


async def test_a_token_that_was_renewed_is_kept_though_the_next_question_fails(
    server: TwitchServer, log_in: LogIn, store: AccountStore, life: Life
) -> None:
    """A refresh token works once: to lose the answer is to lose the log-in."""
    account = log_in()
    del server.access[account.access_token]
    server.fail("GET /oauth2/validate", 401, 500)
    with pytest.raises(TransientError):
        await life.begin().make_valid()

    kept = store.load()[account.user_id]
    assert kept.refresh_token in server.refresh
    await life.begin().make_valid()
    assert server.calls[REFRESH] == 1

"""Tokens of one client, kept valid and stored.

A refresh token works once, so the new one is stored before it is used; where it cannot be stored,
it is used all the same, and stored as soon as that works.
"""

import asyncio
import math
from collections.abc import Callable

import structlog

from bot.errors import LogInError, TransientError
from bot.runtime.clock import now
from bot.sources.twitch_eventsub.accounts import Account, Accounts, AccountStore
from bot.sources.twitch_eventsub.faults import LOG_IN_AGAIN
from bot.sources.twitch_eventsub.oauth import TwitchOauth

log = structlog.get_logger(__name__)

_RENEW_S = 3_900.0
"""Seconds of life that a token has left when it is renewed: more than twitchio's, an hour."""
_AT_LEAST_S = 60.0
_STORE_AGAIN_S = 10.0


class Tokens:
    """Accounts of one client, with valid tokens."""

    def __init__(
        self, store: AccountStore, oauth: TwitchOauth, *, clock: Callable[[], float] = now
    ) -> None:
        """Read the accounts that are logged in."""
        self._clock = clock
        self._store = store
        self._oauth = oauth
        self._version = store.version()
        self._renew_at: dict[str, float] = {}
        self._store_at = 0.0
        """When what is held is stored, by `clock`."""
        self.accounts: Accounts = store.load()
        """Accounts that are logged in."""

    @property
    def bot(self) -> Account:
        """Account that reads and writes chat.

        Raises:
            LogInError: there is none.
        """
        bot = self.accounts.bot
        if bot is None:
            raise LogInError("No account is logged in to read chat.", remedy=LOG_IN_AGAIN)
        return bot

    def is_outdated(self) -> bool:
        """Tell whether somebody logged in or out since."""
        return self._store.version() != self._version

    async def make_valid(self) -> None:
        """Check every account, and renew what has little life left.

        Raises:
            LogInError: the bot's tokens are not valid; other accounts are logged and left out.
            TransientError: Twitch cannot be asked.
        """
        bot = self.bot
        await self._store_held()
        for account in list(self.accounts.values()):
            try:
                await self._make_valid(account)
            except LogInError as error:
                if account.user_id == bot.user_id:
                    raise
                log.warning("Twitch account left out", account=account.login, reason=str(error))
                del self.accounts[account.user_id]

    async def renew(self) -> list[Account]:
        """Renew what has little life left; return those accounts.

        What could not be stored before is stored now, if it can be. While Twitch cannot be asked,
        the old tokens do for a while longer.

        Raises:
            LogInError: Twitch no longer renews the bot's.
            TransientError: it no longer renews another one's, which has to be left out.
        """
        bot = self.bot
        if self._clock() >= self._store_at:
            await self._store_held()
        done = []
        for account in list(self.accounts.values()):
            if self._clock() < self._renew_at.get(account.user_id, 0.0):
                continue
            try:
                await self._make_valid(account)
            except TransientError as error:
                log.info("token renewal postponed", account=account.login, reason=str(error))
                self._renew_at[account.user_id] = self._clock() + _AT_LEAST_S
            except LogInError as error:
                if account.user_id == bot.user_id:
                    raise
                raise TransientError(error.message, remedy=error.remedy) from error
            else:
                done.append(self.accounts[account.user_id])
        return done

    def renewed(self, user_id: str, access_token: str, refresh_token: str) -> None:
        """Take tokens that twitchio renewed; the old ones are no longer valid.

        The next `renew` stores them.
        """
        account = self.accounts.get(user_id)
        if account is not None:
            self._take(account.renewed(access_token, refresh_token))

    async def _make_valid(self, account: Account) -> None:
        validity = await self._oauth.validate(account.access_token)
        if validity is None or validity.expires_in_s < _RENEW_S:
            account = await self._oauth.refresh(account)
            self._take(account)
            await self._store_held()
            validity = await self._oauth.validate(account.access_token)
        life_s = validity.expires_in_s if validity is not None else 0
        due_s = max(life_s - _RENEW_S, life_s / 2, _AT_LEAST_S)
        self._renew_at[account.user_id] = self._clock() + due_s

    def _take(self, account: Account) -> None:
        self.accounts[account.user_id] = account
        self._store.hold(account)
        self._store_at = 0.0

    async def _store_held(self) -> None:
        before = self._store.version()
        await asyncio.to_thread(self._store.write_held)
        if self._version == before:  # else somebody logged in or out just now
            self._version = self._store.version()
        self._store_at = self._clock() + _STORE_AGAIN_S if self._store.trouble else math.inf

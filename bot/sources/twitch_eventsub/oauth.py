"""OAuth: logging in with a device code, and checking, renewing and revoking tokens.

See https://dev.twitch.tv/docs/authentication/getting-tokens-oauth/. The device code flow needs no
browser on this machine and no secret in the application.
"""

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import aiohttp
import twitchio
from twitchio.authentication import OAuth, Scopes

from bot.errors import LogInError, TransientError
from bot.sources.twitch_eventsub.accounts import Account
from bot.sources.twitch_eventsub.faults import LOG_IN_AGAIN, plain_errors

if TYPE_CHECKING:
    from twitchio.types_.responses import DeviceCodeTokenResponse

TIMEOUT = aiohttp.ClientTimeout(total=15)
"""Timeout of every request to Twitch; aiohttp's own is five minutes."""

_HTTP_BAD_REQUEST = 400
_HTTP_UNAUTHORIZED = 401
_HTTP_SERVER_ERROR = 500
_TRIES = 5
_RETRY_S = 1.0


class DeviceCode(NamedTuple):
    """Code and address for the person who logs in, and what polls for the result."""

    user_code: str
    address: str
    device_code: str
    expires_in_s: int
    interval_s: int


class Validity(NamedTuple):
    """Owner, scopes and lifetime of a token."""

    user_id: str
    login: str
    scopes: frozenset[str]
    expires_in_s: int


class TwitchOauth:
    """Client of id.twitch.tv; every request may raise the errors of `plain_errors`."""

    def __init__(self, client_id: str, session: aiohttp.ClientSession) -> None:
        self._oauth = OAuth(client_id=client_id, session=session)
        self.client_id = client_id

    async def begin(self, scopes: Iterable[str]) -> DeviceCode:
        """Start a log-in that asks for `scopes`."""
        with plain_errors("starting the log-in"):
            answer = await self._oauth.device_code_flow(scopes=Scopes(sorted(scopes)))
            return DeviceCode(
                user_code=answer["user_code"],
                address=answer["verification_uri"],
                device_code=answer["device_code"],
                expires_in_s=answer["expires_in"],
                interval_s=answer["interval"],
            )

    async def finish(self, code: DeviceCode, scopes: Iterable[str]) -> Account:
        """Wait until the person has entered the code; return the account that they chose.

        Raises:
            LogInError: they declined, or took longer than the code is valid.
        """
        wanted = Scopes(sorted(scopes))
        try:
            async with asyncio.timeout(code.expires_in_s):
                tokens = await self._poll(code, wanted)
        except TimeoutError:
            raise LogInError("The code was not entered in time.", remedy=LOG_IN_AGAIN) from None
        return await self._account(tokens["access_token"], tokens["refresh_token"])

    async def _poll(self, code: DeviceCode, scopes: Scopes) -> "DeviceCodeTokenResponse":
        while True:
            try:
                return await self._oauth.device_code_authorization(
                    scopes=scopes, device_code=code.device_code, interval=code.interval_s
                )
            except (twitchio.DeviceCodeFlowException, ValueError) as error:
                # ValueError: twitchio knows a few of the reasons that Twitch gives, and no others.
                if getattr(error, "status", _HTTP_BAD_REQUEST) < _HTTP_SERVER_ERROR:
                    raise LogInError("The log-in was declined.", remedy=LOG_IN_AGAIN) from None
            except (aiohttp.ClientError, OSError):
                pass  # the network is down for a moment: the code stays valid
            await asyncio.sleep(code.interval_s)

    async def validate(self, access_token: str) -> Validity | None:
        """Return owner and lifetime of the token; None if it is no longer valid."""
        with plain_errors("checking the log-in"):
            try:
                answer = await self._oauth.validate_token(access_token)
            except twitchio.HTTPException as error:
                if error.status == _HTTP_UNAUTHORIZED:
                    return None
                raise
            return Validity(
                user_id=answer.user_id or "",
                login=answer.login or "",
                scopes=frozenset(answer.scopes or ()),
                expires_in_s=answer.expires_in,
            )

    async def refresh(self, account: Account) -> Account:
        """Return `account` with new tokens; the old ones are no longer valid."""
        with plain_errors(f"renewing the log-in of {account.login}"):
            answer = await self._oauth.refresh_token(account.refresh_token)
            return account.renewed(answer.access_token, answer.refresh_token)

    async def revoke(self, account: Account) -> None:
        """Revoke the permission."""
        with plain_errors("logging out"):
            await self._oauth.revoke_token(account.access_token)

    async def _account(self, access_token: str, refresh_token: str) -> Account:
        """Return the account of the tokens, which come once: a fault must not lose them."""
        for _ in range(_TRIES):
            with suppress(TransientError):
                validity = await self.validate(access_token)
                if validity is None:
                    raise LogInError("Twitch took the log-in back.", remedy=LOG_IN_AGAIN)
                return Account(
                    user_id=validity.user_id,
                    login=validity.login,
                    scopes=validity.scopes,
                    access_token=access_token,
                    refresh_token=refresh_token,
                    obtained_at=time.time(),
                )
            await asyncio.sleep(_RETRY_S)
        raise TransientError("Twitch does not say whose log-in it is.", remedy=LOG_IN_AGAIN)

"""`ishowtts login twitch` and `logout twitch`: the device code flow in a terminal."""

import sys
from collections.abc import Iterable
from io import StringIO
from math import ceil
from typing import Literal, TypeAlias

import aiohttp
import segno
from msgspec import structs

from bot.clock import now
from bot.config import Settings
from bot.config.sources import TwitchEventsubSettings
from bot.errors import IshowttsError, LogInError, StartError
from bot.sources.twitch_eventsub import scopes
from bot.sources.twitch_eventsub.accounts import Account, AccountStore
from bot.sources.twitch_eventsub.oauth import TIMEOUT, DeviceCode, TwitchOauth

Part: TypeAlias = Literal["both", "bot", "streamer"]
"""What the account is for: it reads and writes chat, it is the channel's own, or it does both."""


async def log_in(settings: Settings, *, part: Part) -> None:
    """Log an account in and keep it.

    Args:
        settings: Tell which permissions are needed.
        part: What the account is for.

    Raises:
        StartError: the configuration names no application, or the log-in cannot be kept.
        LogInError: the person declined, or took too long.
        TransientError: Twitch cannot be reached.
    """
    wanted = _needed(settings, part)
    if not wanted:
        raise StartError(
            "The configuration needs no permission of the streamer.",
            remedy="Log in the bot's account: ishowtts login twitch --bot",
        )
    store = AccountStore()
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        oauth = TwitchOauth(_client_id(settings), session)
        code = await oauth.begin(wanted)
        _say(invitation(code, wanted))
        account = await oauth.finish(code, wanted)
    if part != "streamer":
        account = structs.replace(account, bot_since=now())
    elif before := store.load().get(account.user_id):
        account = structs.replace(account, bot_since=before.bot_since)
    store.put(account)
    _say(f"{account.login} is logged in: {_use(account)}.")
    if lacking := scopes.missing(wanted, account.scopes):
        _say(f"Not permitted, so it will not work: {_purposes(lacking)}")


async def log_out(settings: Settings, *, login: str | None) -> None:
    """Give the permission of one account back, or of all, and forget it.

    Raises:
        StartError: nobody is logged in, or not that one.
    """
    store = AccountStore()
    leaving = [a for a in store.load().values() if login is None or a.login == login.lower()]
    if not leaving:
        raise StartError(
            f"{login or 'Nobody'} is not logged in." if login else "Nobody is logged in."
        )
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        for account in leaving:
            try:
                await TwitchOauth(_client_id(settings), session).revoke(account)
                told = "Twitch was told."
            except IshowttsError as error:
                told = (
                    f"Twitch was not told ({error.message}) To be sure, disconnect the application"
                    " at https://www.twitch.tv/settings/connections"
                )
            store.remove(account.user_id)
            _say(f"{account.login} is logged out. {told}")


async def status(settings: Settings) -> bool:
    """Print who is logged in and what for; tell whether all that is needed is permitted.

    Raises:
        StartError: the configuration names no application.
        TransientError: Twitch cannot be reached.
    """
    accounts = AccountStore().load()
    if not accounts:
        _say("Nobody is logged in. Log in: ishowtts login twitch")
        return False
    good = True
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        oauth = TwitchOauth(_client_id(settings), session)
        for account in accounts.values():
            validity = await oauth.validate(account.access_token)
            lives = (
                f"valid for {ceil(validity.expires_in_s / 60)} min, then renewed"
                if validity
                else "to be renewed at the next start, if Twitch still agrees"
            )
            _say(f"{account.login}, {_use(account)}: {lives}")
            for scope in sorted(account.scopes):
                _say(f"  {scope}: {scopes.PURPOSES.get(scope, 'not needed')}")
    for problem in problems(settings):
        good = False
        _say(str(problem))
    return good


def problems(settings: Settings) -> list[LogInError]:
    """Return what the configuration needs and no account that is logged in permits."""
    sources = _sources(settings)
    if not sources:
        return []
    accounts = AccountStore().load()
    bot = accounts.bot
    if bot is None:
        return [LogInError("No account reads Twitch chat.", remedy="Run: ishowtts login twitch")]
    found = []
    if lacking := scopes.missing(scopes.bot_scopes(settings.twitch), bot.scopes):
        found.append(
            LogInError(
                f"{bot.login} does not permit to {_purposes(lacking)}.",
                remedy="Run: ishowtts login twitch",
            )
        )
    owners = {account.login: account for account in accounts.values()}
    for source in sources:
        name = source.channel.lstrip("#").lower()
        granted = owners[name].scopes if name in owners else frozenset[str]()
        if lacking := scopes.missing(scopes.streamer_scopes([source]), granted):
            found.append(
                LogInError(
                    f"{name} does not permit to {_purposes(lacking)}.",
                    remedy=f"Let {name} run: ishowtts login twitch --streamer; or take follow and"
                    " redeem out of the source's `events`.",
                )
            )
    return found


def invitation(code: DeviceCode, wanted: Iterable[str]) -> str:
    """Return what the person is shown: the code, where to enter it, and what it permits."""
    lines = [
        f"Open {code.address}",
        f"and enter the code {code.user_code} (valid for {code.expires_in_s // 60} min),",
        "with the account that is to be used.",
        *_drawing(code.address),
        "It permits ishowtts to",
        *(f"  - {scopes.PURPOSES[scope]} ({scope})" for scope in sorted(wanted)),
        "Waiting ...",
    ]
    return "\n".join(lines)


def _drawing(address: str) -> list[str]:
    """Return the lines of a QR code, if this terminal can show it."""
    drawing = StringIO()
    segno.make(address, error="l").terminal(drawing, compact=True)
    try:
        drawing.getvalue().encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return []
    return ["Or point a phone here:", "", drawing.getvalue()]


def _needed(settings: Settings, part: Part) -> frozenset[str]:
    bot = scopes.bot_scopes(settings.twitch)
    streamer = scopes.streamer_scopes(_sources(settings))
    return {"bot": bot, "streamer": streamer, "both": bot | streamer}[part]


def _sources(settings: Settings) -> list[TwitchEventsubSettings]:
    every = (source for channel in settings.channels for source in channel.sources)
    return [source for source in every if isinstance(source, TwitchEventsubSettings)]


def _client_id(settings: Settings) -> str:
    if settings.twitch.client_id is None:
        raise StartError(
            "The configuration names no Twitch application.",
            remedy="Register one at https://dev.twitch.tv/console/apps and enter its id as"
            " twitch.client_id; docs/twitch.md shows each step.",
        )
    return settings.twitch.client_id


def _use(account: Account) -> str:
    return "reads and writes chat" if account.bot_since else "for the events of its own channel"


def _purposes(wanted: Iterable[str]) -> str:
    return "; ".join(scopes.PURPOSES[scope] for scope in sorted(wanted))


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the command's answer

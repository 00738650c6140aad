"""`ishowtts login`: the device code flow in a terminal, and who is logged in."""

import argparse
import asyncio
import sys
from collections.abc import Iterable
from io import StringIO
from math import ceil
from typing import Literal, TypeAlias

import aiohttp
import segno
from msgspec import structs

from bot.cli import EXIT_OK, EXIT_PROBLEM
from bot.cli.shared import add_config_option, load_settings, quiet_logs
from bot.config import Settings
from bot.config.sections.sources import TwitchEventsubSettings
from bot.errors import LogInError, StartError
from bot.sources.twitch_eventsub import scopes
from bot.sources.twitch_eventsub.accounts import Account, AccountStore, newer_than
from bot.sources.twitch_eventsub.oauth import TIMEOUT, DeviceCode, TwitchOauth

Part: TypeAlias = Literal["both", "bot", "streamer"]
"""What the account is for: it reads and writes chat, it is the channel's own, or it does both."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_config_option(parser)
    parser.add_argument("site", choices=("twitch",), help="site of the account")
    part = parser.add_mutually_exclusive_group()
    part.add_argument(
        "--bot", dest="part", action="store_const", const="bot",
        help="this account only reads and writes chat",
    )  # fmt: skip
    part.add_argument(
        "--streamer", dest="part", action="store_const", const="streamer",
        help="this account only permits to hear the events of its own channel",
    )  # fmt: skip
    part.add_argument("--status", action="store_true", help="show who is logged in, and what for")
    parser.set_defaults(part="both")


def run(options: argparse.Namespace) -> int:
    """Log an account in, or show who is logged in; return 1 if a permission is missing."""
    chosen = load_settings(options)
    quiet_logs()
    if options.status:
        return EXIT_OK if asyncio.run(status(chosen)) else EXIT_PROBLEM
    asyncio.run(log_in(chosen, part=options.part))
    return EXIT_OK


async def log_in(settings: Settings, *, part: Part) -> None:
    """Log an account in for `part`, with the permissions that `settings` need, and keep it.

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
    store.verify_room()
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        oauth = TwitchOauth(client_id(settings), session)
        code = await oauth.begin(wanted)
        print(invitation(code, wanted), flush=True)
        account = await oauth.finish(code, wanted)
    accounts = store.load()
    if before := accounts.get(account.user_id):
        account = structs.replace(
            account, bot_since=before.bot_since, obtained_at=newer_than(before)
        )
    if part != "streamer":
        account = structs.replace(account, bot_since=accounts.latest_bot())
    store.put(account)
    print(f"{account.login} is logged in: {_use(account)}.")
    if lacking := scopes.missing(wanted, account.scopes):
        print(f"Not permitted, so it will not work: {_purposes(lacking)}")


async def status(settings: Settings) -> bool:
    """Print who is logged in and what for; tell whether all that is needed is permitted.

    Raises:
        StartError: the configuration names no application.
        TransientError: Twitch cannot be reached.
    """
    accounts = AccountStore().load()
    if not accounts:
        print("Nobody is logged in. Log in: ishowtts login twitch")
        return False
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        oauth = TwitchOauth(client_id(settings), session)
        for account in accounts.values():
            validity = await oauth.validate(account.access_token)
            lives = (
                f"valid for {ceil(validity.expires_in_s / 60)} min, then renewed"
                if validity
                else "to be renewed at the next start, if Twitch still agrees"
            )
            print(f"{account.login}, {_use(account)}: {lives}")
            for scope in sorted(account.scopes):
                print(f"  {scope}: {scopes.PURPOSES.get(scope, 'not needed')}")
    lacking = problems(settings)
    for problem in lacking:
        print(problem)
    return not lacking


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
    streamer = scopes.asked_scopes(_sources(settings))
    return {"bot": bot, "streamer": streamer, "both": bot | streamer}[part]


def _sources(settings: Settings) -> list[TwitchEventsubSettings]:
    every = (source for channel in settings.channels for source in channel.sources)
    return [source for source in every if isinstance(source, TwitchEventsubSettings)]


def client_id(settings: Settings) -> str:
    """Return the id of the Twitch application.

    Raises:
        StartError: the configuration names none.
    """
    if settings.twitch.client_id is None:
        raise StartError(
            "The configuration names no Twitch application.",
            remedy="Name the file that does with --config; or register one at"
            " https://dev.twitch.tv/console/apps and enter its id as twitch.client_id;"
            " docs/twitch.md shows each step.",
        )
    return settings.twitch.client_id


def _use(account: Account) -> str:
    return "reads and writes chat" if account.bot_since else "for the events of its own channel"


def _purposes(wanted: Iterable[str]) -> str:
    return "; ".join(scopes.PURPOSES[scope] for scope in sorted(wanted))

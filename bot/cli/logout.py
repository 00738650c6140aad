"""`ishowtts logout`: gives the permissions of Twitch accounts back, and forgets them."""

import argparse
import asyncio

import aiohttp

from bot.cli import EXIT_OK
from bot.cli.login import client_id
from bot.cli.shared import add_config_option, load_settings, quiet_logs
from bot.config import Settings
from bot.errors import IshowttsError, StartError
from bot.sources.twitch_eventsub.accounts import AccountStore
from bot.sources.twitch_eventsub.oauth import TIMEOUT, TwitchOauth


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_config_option(parser)
    parser.add_argument("site", choices=("twitch",), help="site of the accounts")
    parser.add_argument(
        "account", nargs="?", metavar="NAME", help="only this account; all by default"
    )


def run(options: argparse.Namespace) -> int:
    """Log one account out, or all."""
    chosen = load_settings(options)
    quiet_logs()
    asyncio.run(log_out(chosen, login=options.account))
    return EXIT_OK


async def log_out(settings: Settings, *, login: str | None) -> None:
    """Give the permission of one account back, or of all, and forget it.

    Raises:
        StartError: nobody is logged in, or not that one.
    """
    store = AccountStore()
    leaving = [a for a in store.load().values() if login is None or a.login == login.lower()]
    if not leaving:
        if login is None:
            raise StartError("Nobody is logged in.")
        raise StartError(
            f"{login} is not logged in.", remedy="See who is: ishowtts login twitch --status"
        )
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        for account in leaving:
            try:
                await TwitchOauth(client_id(settings), session).revoke(account)
                told = "Twitch was told."
            except IshowttsError as error:
                told = (
                    f"Twitch was not told ({error.message}) To be sure, disconnect the application"
                    " at https://www.twitch.tv/settings/connections"
                )
            store.remove(account.user_id)
            print(f"{account.login} is logged out. {told}")

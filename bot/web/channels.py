"""Which channel a request is about."""

from collections.abc import Iterable

from aiohttp import web

from bot.errors import shown
from bot.runtime.endpoints import Form


class ChannelQuery(Form, frozen=True):
    """One channel."""

    channel: str = ""
    """Name of the channel; the first one by default."""


class ChannelsQuery(Form, frozen=True):
    """One channel, or all."""

    channel: str = ""
    """Name of the channel; all of them by default."""


def one_of(names: Iterable[str], wanted: str) -> str:
    """Return the channel of `names` that is wanted, the first one if that is empty.

    Raises:
        web.HTTPNotFound: there is no such channel.
    """
    return some_of(names, wanted)[0]


def some_of(names: Iterable[str], wanted: str) -> list[str]:
    """Return the channel of `names` that is wanted, all of them if that is empty.

    Raises:
        web.HTTPNotFound: there is no such channel.
    """
    known = list(names)
    if wanted and wanted not in known:
        raise web.HTTPNotFound(
            text=f"There is no channel {shown(wanted)}; there is {', '.join(known)}."
        )
    return [wanted] if wanted else known

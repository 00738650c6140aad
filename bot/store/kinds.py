"""Kinds of what is remembered in a channel, and by what each is found."""

from collections.abc import Mapping
from typing import NamedTuple


class Kind(NamedTuple):
    """One kind."""

    what: str
    """Clause for people."""
    is_of_chatter: bool = True
    """Whether its key is a chatter's id, perhaps behind `id:`, or the name behind `name:`."""


KINDS: Mapping[str, Kind] = {
    "name": Kind("name at the time when something was set"),
    "mute": Kind("is muted"),
    "optout": Kind("does not want to be read"),
    "voice": Kind("voice that the chatter chose"),
    "assigned_voice": Kind("voice that a moderator gave"),
    "nick": Kind("name by which the chatter is introduced"),
    "regular": Kind("is a regular"),
    "approvals": Kind("number of messages that moderators approved"),
    "limit": Kind("most messages a day"),
    "daily": Kind("messages of today"),
    "say_as": Kind("word, and what is said for it", is_of_chatter=False),
    "switch": Kind("panic", is_of_chatter=False),
    "joined": Kind("channels of Twitch that were joined", is_of_chatter=False),
}
"""Each kind, by its name in the file."""

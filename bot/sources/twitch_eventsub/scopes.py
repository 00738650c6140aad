"""Scopes: permissions that the configuration needs, and the purpose of each.

See https://dev.twitch.tv/docs/authentication/scopes/. All other events come with
chat, so they need no scope of their own.
"""

from collections.abc import Iterable

from bot.config.sections.sources import TwitchEventsubSettings, TwitchSettings

READ_CHAT = "user:read:chat"
WRITE_CHAT = "user:write:chat"
READ_FOLLOWERS = "moderator:read:followers"
READ_REDEMPTIONS = "channel:read:redemptions"
MANAGE_REDEMPTIONS = "channel:manage:redemptions"
READ_BITS = "bits:read"
READ_BLOCKED_TERMS = "moderator:read:blocked_terms"

PURPOSES = {
    READ_CHAT: "hear chat, cheers, subs, gifts, raids and what moderators take back",
    WRITE_CHAT: "answer commands in chat",
    READ_FOLLOWERS: "hear who follows",
    READ_REDEMPTIONS: "hear channel-point redeems",
    READ_BITS: "hear celebrations that bits are spent on",
    READ_BLOCKED_TERMS: "block the words that are blocked in chat",
    MANAGE_REDEMPTIONS: "create the reward, mark its redeems as done, give points back",
}
"""Purpose of each scope, for the person who logs in."""


def bot_scopes(settings: TwitchSettings) -> frozenset[str]:
    """Return the scopes of the account that reads and writes chat."""
    return frozenset({READ_CHAT, WRITE_CHAT} if settings.replies else {READ_CHAT})


def streamer_scopes(sources: Iterable[TwitchEventsubSettings]) -> frozenset[str]:
    """Return the scopes of a streamer's account that the events of `sources` need."""
    scopes = set()
    for source in sources:
        if "follow" in source.events:
            scopes.add(READ_FOLLOWERS)
        if "redeem" in source.events:
            scopes.add(MANAGE_REDEMPTIONS if source.reward.title else READ_REDEMPTIONS)
    # Who may manage redemptions may read them.
    return frozenset(scopes - {READ_REDEMPTIONS} if MANAGE_REDEMPTIONS in scopes else scopes)


def asked_scopes(sources: Iterable[TwitchEventsubSettings]) -> frozenset[str]:
    """Return the scopes that a streamer is asked for: these, and some that nothing hangs on."""
    every = list(sources)
    uses = {
        READ_BITS: any("power_up" in source.events for source in every),
        READ_BLOCKED_TERMS: any(source.blocked_terms for source in every),
    }
    return streamer_scopes(every) | {scope for scope, is_used in uses.items() if is_used}


def missing(needed: Iterable[str], granted: Iterable[str]) -> frozenset[str]:
    """Return those of the `needed` scopes that the `granted` ones do not cover."""
    have = set(granted)
    if MANAGE_REDEMPTIONS in have:
        have.add(READ_REDEMPTIONS)
    return frozenset(needed) - have

"""Accounts of the scripted Twitch that are logged in."""

from bot.sources.twitch_eventsub.accounts import Account, AccountStore
from tests.twitch_http import TwitchHttp


def log_in(
    server: TwitchHttp,
    store: AccountStore,
    login: str = "the_bot",
    scopes: frozenset[str] = frozenset({"user:read:chat"}),
    *,
    is_bot: bool = True,
    at: float = 1.0,
) -> Account:
    """Keep the log-in of a user of `server` in `store`, as `ishowtts login` does, and return it."""
    user_id = server.add_user(login)
    access, refresh = server.grant(user_id, scopes)
    account = Account(
        user_id=user_id,
        login=login,
        scopes=scopes,
        access_token=access,
        refresh_token=refresh,
        obtained_at=at,
        bot_since=at if is_bot else 0,
    )
    store.put(account)
    return account

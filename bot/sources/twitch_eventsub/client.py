"""Client of Twitch: requests, and sockets for events, from one connection to its loss."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, NamedTuple, Self

import aiohttp
import twitchio
from twitchio.eventsub import SubscriptionPayload

from bot.errors import LogInError, shown
from bot.sources.sanitize import well_formed
from bot.sources.twitch_eventsub.accounts import Account
from bot.sources.twitch_eventsub.faults import LOG_IN_AGAIN, RefusedError, plain_errors
from bot.sources.twitch_eventsub.payloads import Redemption
from bot.sources.twitch_eventsub.sockets import Client, OnEvent

_SILENCE_S = 15.0
"""Seconds without a message after which a socket is lost; Twitch sends one every 10 s."""
_CONNECT_S = 20.0
_PAGE = 50
"""Redemptions that Twitch tells at a time, at most."""
_PAGES = 20
_REWARD_PROMPT = "What you write here is read aloud."


class Topic(NamedTuple):
    """Type of a subscription, such as `channel.chat.message`, and its channel."""

    type: str
    channel_id: str


class Wish(NamedTuple):
    """Subscription to make."""

    topic: Topic
    payload: SubscriptionPayload
    user_id: str
    """Account that makes it."""


class Settlement(NamedTuple):
    """End of a redemption: it is done, or its points go back."""

    redemption_id: str
    reward_id: str
    is_fulfilled: bool


class EventClient:
    """Requests, and sockets for the events of each account, from `async with` on until its end.

    Requests come one after the other: a refresh token works once, so two that find the access token
    expired must not renew it at the same time.
    """

    def __init__(
        self,
        client_id: str,
        accounts: Iterable[Account],
        on_event: OnEvent,
        session: aiohttp.ClientSession,
        *,
        silence_s: float = _SILENCE_S,
    ) -> None:
        """Use `accounts`, whose tokens are valid for a while; `session` makes the requests."""
        self._client = Client(client_id, session, on_event)
        self._accounts = tuple(accounts)
        self._silence_s = silence_s
        self._request = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Take the accounts' tokens into use."""
        # Every request names its account; the token for all others has to be something.
        await self._client.login(token="none", load_tokens=False, save_tokens=False)  # noqa: S106
        try:
            for account in self._accounts:
                await self.use(account)
        except BaseException:
            await self._client.close(save_tokens=False)
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close every socket."""
        for socket in list(self._client.leaving):
            await socket.close()
        await self._client.close(save_tokens=False)

    async def use(self, account: Account) -> None:
        """Make the requests of this account with its present tokens."""
        with plain_errors(f"using the log-in of {account.login}"):
            async with self._request:
                await self._client.add_token(account.access_token, account.refresh_token)

    async def user_ids(self, logins: Iterable[str], *, user_id: str) -> Mapping[str, str]:
        """Return the id of each of the `logins` that exists."""
        async with self._asking_as(user_id, "looking the channel up"):
            users = await self._client.fetch_users(logins=list(logins), token_for=user_id)
            return {user.name: user.id for user in users if user.name}

    @property
    def topics(self) -> Mapping[Topic, str]:
        """Subscriptions of open sockets, with twitchio's id of each."""
        return {
            Topic(data.type.value, data.condition.get("broadcaster_user_id", "")): key
            for key, data in self._client.websocket_subscriptions().items()
        }

    def is_connected(self, user_id: str) -> bool:
        """Tell whether the account has a socket."""
        return bool(self._client.sockets.get(user_id))

    async def subscribe(self, wish: Wish) -> None:
        """Subscribe to a topic; connects the account first where it has no socket."""
        request = f"subscribing to {wish.topic.type}"
        async with self._asking_as(wish.user_id, request), asyncio.timeout(_CONNECT_S):
            if not self.is_connected(wish.user_id):
                await self._client.connect(wish.user_id, self._silence_s)
            await self._client.subscribe_websocket(
                wish.payload, as_bot=False, token_for=wish.user_id
            )

    async def unsubscribe(self, key: str) -> None:
        """End the subscription with this id of twitchio.

        Raises:
            TransientError: it may go on, so this client is of no more use.
        """
        try:
            with plain_errors("unsubscribing"):
                async with self._request:
                    await self._client.delete_websocket_subscription(key)
        except RefusedError:  # Twitch has no such subscription any more
            self._client.forget(key)

    async def send(self, text: str, *, channel_id: str, user_id: str, reply_to: str | None) -> None:
        """Write `text`, at most 500 characters, in a channel's chat."""
        async with self._asking_as(user_id, "writing in chat"):
            await self._client.create_partialuser(channel_id).send_message(
                text, sender=user_id, token_for=user_id, reply_to_message_id=reply_to
            )

    async def reward_id(self, title: str, *, cost: int, channel_id: str) -> str:
        """Return the id of our reward with this title; create it where it is missing."""
        channel = self._client.create_partialuser(channel_id)
        async with self._asking_as(channel_id, f"preparing the reward {shown(title)}"):
            rewards = await channel.fetch_custom_rewards(manageable=True)
            found = next((reward for reward in rewards if reward.title == title), None)
            if found is None:
                found = await channel.create_custom_reward(title, cost, prompt=_REWARD_PROMPT)
            return found.id

    async def unsettled(self, reward_id: str, *, channel_id: str) -> list[Redemption]:
        """Return the redemptions of our reward that nobody settled yet, oldest first.

        Of very many, the newest.
        """
        params = {
            "broadcaster_id": channel_id,
            "reward_id": reward_id,
            "status": "UNFULFILLED",
            "sort": "NEWEST",
            "first": _PAGE,
        }
        path = "channel_points/custom_rewards/redemptions"
        found: list[Redemption] = []
        for _ in range(_PAGES):
            async with self._asking_as(channel_id, "looking for redeems"):
                # twitchio's own method drops the text, and gives chatters the streamer's name.
                answer = await self._client.http.request_json(
                    twitchio.http.Route("GET", path, params=params, token_for=channel_id)
                )
                found += [
                    Redemption(
                        entry["id"], reward_id, entry["user_id"], well_formed(entry["user_input"])
                    )
                    for entry in answer["data"]
                ]
                cursor = answer.get("pagination", {}).get("cursor")
            if not cursor:
                break
            params["after"] = cursor
        return found[::-1]

    async def blocked_terms(self, channel_id: str) -> tuple[str, ...]:
        """Return the words that the channel blocks, those that its moderators may see."""
        params = {"broadcaster_id": channel_id, "moderator_id": channel_id, "first": 100}
        found: list[str] = []
        for _ in range(_PAGES):
            async with self._asking_as(channel_id, "looking for blocked terms"):
                answer = await self._client.http.request_json(
                    twitchio.http.Route(
                        "GET", "moderation/blocked_terms", params=params, token_for=channel_id
                    )
                )
            found += [well_formed(entry["text"]) for entry in answer["data"]]
            cursor = answer.get("pagination", {}).get("cursor")
            if not cursor:
                break
            params["after"] = cursor
        return tuple(found)

    async def follows_since(self, channel_id: str, chatter_id: str) -> float | None:
        """Return since when somebody follows the channel, in Unix seconds; None for not at all."""
        params = {"broadcaster_id": channel_id, "user_id": chatter_id}
        found = await self._entries("channels/followers", params, channel_id)
        return _unix(found[0]["followed_at"]) if found else None

    async def exists_since(self, chatter_id: str, *, user_id: str) -> float | None:
        """Return since when an account exists, in Unix seconds; None if there is none."""
        found = await self._entries("users", {"id": chatter_id}, user_id)
        return _unix(found[0]["created_at"]) if found else None

    async def is_live(self, channel_id: str, *, user_id: str) -> bool:
        """Tell whether the channel streams now."""
        return bool(await self._entries("streams", {"user_id": channel_id}, user_id))

    async def _entries(
        self, path: str, params: dict[str, str], token_for: str
    ) -> list[dict[str, Any]]:
        async with self._asking_as(token_for, f"asking for {path}"):
            route = twitchio.http.Route("GET", path, params=dict(params), token_for=token_for)
            answer = await self._client.http.request_json(route)
        entries: list[dict[str, Any]] = answer["data"]
        return entries

    async def settle(self, settlement: Settlement, *, channel_id: str) -> None:
        """Mark a redemption of our reward as done, or refund its points."""
        async with self._asking_as(channel_id, "settling a redeem"):
            await self._client.http.patch_custom_reward_redemption(
                broadcaster_id=channel_id,
                token_for=channel_id,
                reward_id=settlement.reward_id,
                id=settlement.redemption_id,
                status="FULFILLED" if settlement.is_fulfilled else "CANCELED",
            )

    @asynccontextmanager
    async def _asking_as(self, user_id: str, request: str) -> AsyncIterator[None]:
        """Let one request at a time through, and none for an account without tokens.

        For such an account twitchio would take the tokens of another one.
        """
        with plain_errors(request):
            async with self._request:
                if user_id not in self._client.tokens:
                    raise LogInError("The account's log-in is gone.", remedy=LOG_IN_AGAIN)
                yield


def _unix(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()

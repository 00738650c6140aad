"""EventSub subscriptions: which a channel needs, whose account makes each, and which there are.

Types and conditions: https://dev.twitch.tv/docs/eventsub/eventsub-subscription-types/.
"""

from collections.abc import Callable, Iterator, Mapping

import structlog
from twitchio import eventsub

from bot.config.sections.sources import TwitchEventsubSettings
from bot.errors import IshowttsError, LogInError, TransientError
from bot.runtime.clock import now
from bot.sources.twitch_eventsub.accounts import Accounts
from bot.sources.twitch_eventsub.client import EventClient, Topic, Wish
from bot.sources.twitch_eventsub.faults import RefusedError
from bot.sources.twitch_eventsub.payloads import Redemption
from bot.sources.twitch_eventsub.scopes import (
    MANAGE_REDEMPTIONS,
    PURPOSES,
    READ_BITS,
    READ_BLOCKED_TERMS,
    READ_FOLLOWERS,
    READ_REDEMPTIONS,
    missing,
    streamer_scopes,
)
from bot.sources.twitch_eventsub.tokens import Tokens

log = structlog.get_logger(__name__)

_ASK_AGAIN_S = 600.0
"""Seconds until a refusal is tried again: a ban may be lifted, a name may be registered."""
_RETRY_S = 30.0
"""Seconds until the next attempt after a fault that costs only the reward."""
_CHAT = "channel.chat.message"
_OPTIONAL = frozenset({"stream.online", "stream.offline"})
"""Types that a channel works without; for channels of others Twitch allows only a few."""

Needs = Mapping[str, TwitchEventsubSettings]
"""Channels to listen to, by login."""


def wishes(
    settings: TwitchEventsubSettings, channel_id: str, accounts: Accounts, *, bot_id: str
) -> Iterator[Wish]:
    """Yield the subscriptions that the channel with this id needs, chat first."""
    chat = {"broadcaster_user_id": channel_id, "user_id": bot_id}
    channel = {"broadcaster_user_id": channel_id}
    payloads: list[eventsub.SubscriptionPayload] = [
        eventsub.ChatMessageSubscription(**chat),
        eventsub.ChatMessageDeleteSubscription(**chat),
        eventsub.ChatClearUserMessagesSubscription(**chat),
        eventsub.ChatClearSubscription(**chat),
        eventsub.ChatNotificationSubscription(**chat),
        eventsub.StreamOnlineSubscription(**channel),
        eventsub.StreamOfflineSubscription(**channel),
    ]
    for payload in payloads:
        yield Wish(Topic(payload.type, channel_id), payload, bot_id)
    owner = accounts.get(channel_id)
    granted = owner.scopes if owner is not None else frozenset[str]()
    payloads = []
    if "follow" in settings.events and not missing({READ_FOLLOWERS}, granted):
        payloads.append(eventsub.ChannelFollowSubscription(**channel, moderator_user_id=channel_id))
    if "redeem" in settings.events and not missing({READ_REDEMPTIONS}, granted):
        payloads.append(eventsub.ChannelPointsRedeemAddSubscription(**channel))
    if "power_up" in settings.events and not missing({READ_BITS}, granted):
        payloads.append(eventsub.ChannelBitsUseSubscription(**channel))
    for payload in payloads:
        yield Wish(Topic(payload.type, channel_id), payload, channel_id)


class Subscriptions:
    """Subscriptions of all channels; they outlive the clients that hold them."""

    def __init__(self, clock: Callable[[], float] = now) -> None:
        self._clock = clock
        self._refused: dict[Topic, tuple[str, float]] = {}
        self._unknown: dict[str, float] = {}
        self._reward_at: dict[str, float] = {}
        self._lacking: dict[str, str] = {}
        self.channel_ids: dict[str, str] = {}
        """Ids of the channels that are known, by login."""
        self.rewards: dict[str, str] = {}
        """Ids of our rewards that are known, by the channel's login."""
        self.waiting: dict[str, list[Redemption]] = {}
        """Redeems that nobody settled yet, by login, once in a client's life."""
        self.terms: dict[str, tuple[str, ...]] = {}
        """Words that channels block, by login, each time they were looked up."""
        self._terms_at: dict[str, float] = {}
        self.is_ending = False
        """Whether a socket may close because nothing is left on it."""

    def forget_refusals(self) -> None:
        """Ask again for everything: the accounts may be others now."""
        self._refused.clear()
        self.rewards.clear()
        self._reward_at.clear()
        self._lacking.clear()

    def state(self, login: str) -> str:
        """Return the state of this channel, as one clause."""
        if login not in self.channel_ids and login not in self._unknown:
            return "connecting"
        if login not in self.channel_ids:
            return f"Twitch knows no channel {login}; it is the last part of twitch.tv/NAME"
        notes = [
            f"no {topic.type}: {reason}"
            for topic, (reason, _) in self._refused.items()
            if topic.channel_id == self.channel_ids[login] and topic.type not in _OPTIONAL
        ]
        if login in self._lacking:
            notes.append(self._lacking[login])
        return "; ".join(["connected", *notes])

    def is_heard(self, login: str, client: EventClient) -> bool:
        """Tell whether `client` receives the chat of this channel now."""
        return Topic(_CHAT, self.channel_ids.get(login, "")) in client.topics

    async def update(self, needs: Needs, client: EventClient, tokens: Tokens) -> None:
        """Make the subscriptions that are missing, for whatever reason; end those not needed.

        Raises:
            LogInError: the bot's tokens are not valid.
            TransientError: Twitch cannot be asked, or does not manage.
        """
        await self._find_channels(needs, client, tokens)
        wanted: dict[Topic, Wish] = {}
        for login, settings in needs.items():
            if (channel_id := self.channel_ids.get(login)) is not None:
                self._note_missing_scopes(login, settings, tokens)
                bot_id = tokens.bot.user_id
                every = wishes(settings, channel_id, tokens.accounts, bot_id=bot_id)
                wanted |= {wish.topic: wish for wish in every}
        there = client.topics
        for topic, wish in wanted.items():
            if topic not in there and not self._is_refused(topic):
                await self._subscribe(wish, client, bot_id=tokens.bot.user_id)
        self.is_ending = True  # twitchio closes a socket on which nothing is left
        try:
            for topic, key in there.items():
                if topic not in wanted:
                    await client.unsubscribe(key)
        finally:
            self.is_ending = False
        await self._prepare_rewards(needs, client, tokens)
        await self._look_up_terms(needs, client, tokens)

    def _note_missing_scopes(
        self, login: str, settings: TwitchEventsubSettings, tokens: Tokens
    ) -> None:
        """Log once what the configuration wants and the streamer does not permit."""
        if login in self._lacking:
            return
        owner = tokens.accounts.get(self.channel_ids[login])
        granted = owner.scopes if owner is not None else frozenset[str]()
        if lacking := missing(streamer_scopes([settings]), granted):
            wishes_of = "; ".join(PURPOSES[scope] for scope in sorted(lacking))
            self._lacking[login] = (
                f"{login} does not permit to {wishes_of}."
                f" Let {login} run: ishowtts login twitch --streamer"
            )
            log.warning("Twitch permission missing", channel=login, reason=self._lacking[login])

    async def _find_channels(self, needs: Needs, client: EventClient, tokens: Tokens) -> None:
        at = self._clock()
        new = [
            login
            for login in needs
            if login not in self.channel_ids
            and at - self._unknown.get(login, float("-inf")) > _ASK_AGAIN_S
        ]
        if not new:
            return
        found = await client.user_ids(new, user_id=tokens.bot.user_id)
        self.channel_ids.update(found)
        for login in sorted(set(new) - set(found)):
            self._unknown[login] = at
            log.warning("Twitch channel not found", channel=login)

    async def _subscribe(self, wish: Wish, client: EventClient, *, bot_id: str) -> None:
        try:
            await client.subscribe(wish)
        except RefusedError as error:
            self._refuse(wish.topic, error)
        except LogInError as error:
            if wish.user_id == bot_id:
                raise
            self._refuse(wish.topic, error)
        except TransientError as error:
            if wish.topic.type not in _OPTIONAL or not client.is_connected(wish.user_id):
                raise
            self._refuse(wish.topic, error)

    def _refuse(self, topic: Topic, error: IshowttsError) -> None:
        self._refused[topic] = (str(error), self._clock())
        log.warning(
            "EventSub subscription refused",
            topic=topic.type,
            channel_id=topic.channel_id,
            reason=str(error),
        )

    def _is_refused(self, topic: Topic) -> bool:
        _, at = self._refused.get(topic, ("", float("-inf")))
        if self._clock() - at < _ASK_AGAIN_S:
            return True
        self._refused.pop(topic, None)
        return False

    async def _look_up_terms(self, needs: Needs, client: EventClient, tokens: Tokens) -> None:
        """Look up what channels block, now and then: no event tells of all terms."""
        for login, settings in needs.items():
            channel_id = self.channel_ids.get(login, "")
            owner = tokens.accounts.get(channel_id)
            is_due = self._clock() >= self._terms_at.get(login, float("-inf"))
            if not settings.blocked_terms or owner is None or not is_due:
                continue
            if missing({READ_BLOCKED_TERMS}, owner.scopes):
                continue
            self._terms_at[login] = self._clock() + _ASK_AGAIN_S
            try:
                self.terms[login] = await client.blocked_terms(channel_id)
            except (RefusedError, LogInError, TransientError) as error:
                log.warning("blocked terms not read", channel=login, reason=str(error))

    async def _prepare_rewards(self, needs: Needs, client: EventClient, tokens: Tokens) -> None:
        for login, settings in needs.items():
            channel_id, reward = self.channel_ids.get(login, ""), settings.reward
            owner = tokens.accounts.get(channel_id)
            if login in self.rewards or reward.title is None or owner is None:
                continue
            is_due = self._clock() >= self._reward_at.get(login, float("-inf"))
            if MANAGE_REDEMPTIONS not in owner.scopes or not is_due:
                continue
            try:
                reward_id = await client.reward_id(
                    reward.title, cost=reward.cost, channel_id=channel_id
                )
                self.waiting[login] = await client.unsettled(reward_id, channel_id=channel_id)
                self.rewards[login] = reward_id
            except (RefusedError, LogInError, TransientError) as error:
                # Chat does not wait for it: an account that is gone for good is noticed there.
                passes = isinstance(error, TransientError)
                self._reward_at[login] = self._clock() + (_RETRY_S if passes else _ASK_AGAIN_S)
                log.warning(
                    "reward not ready", channel=login, title=reward.title, reason=str(error)
                )

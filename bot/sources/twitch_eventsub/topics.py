"""Which EventSub subscriptions a channel needs, and whose account makes each.

Types and conditions: https://dev.twitch.tv/docs/eventsub/eventsub-subscription-types/.
"""

from collections.abc import Iterator

from twitchio import eventsub

from bot.config.sources import TwitchEventsubSettings
from bot.sources.twitch_eventsub.accounts import Account, Accounts
from bot.sources.twitch_eventsub.client import Topic, Wish
from bot.sources.twitch_eventsub.scopes import READ_FOLLOWERS, READ_REDEMPTIONS, missing

CHAT = "channel.chat.message"
OPTIONAL = frozenset({"stream.online", "stream.offline"})
"""Without them the channel works; for channels of others Twitch allows only a few."""


def wishes(
    settings: TwitchEventsubSettings, channel_id: str, bot: Account, accounts: Accounts
) -> Iterator[Wish]:
    """Yield what the channel with this id needs, chat first."""
    chat = {"broadcaster_user_id": channel_id, "user_id": bot.user_id}
    channel = {"broadcaster_user_id": channel_id}
    payloads: list[tuple[eventsub.SubscriptionPayload, Account]] = [
        (eventsub.ChatMessageSubscription(**chat), bot),
        (eventsub.ChatMessageDeleteSubscription(**chat), bot),
        (eventsub.ChatClearUserMessagesSubscription(**chat), bot),
        (eventsub.ChatClearSubscription(**chat), bot),
        (eventsub.ChatNotificationSubscription(**chat), bot),
        (eventsub.StreamOnlineSubscription(**channel), bot),
        (eventsub.StreamOfflineSubscription(**channel), bot),
    ]
    owner = accounts.get(channel_id)
    if owner is not None and "follow" in settings.events:
        follows = eventsub.ChannelFollowSubscription(**channel, moderator_user_id=channel_id)
        if not missing({READ_FOLLOWERS}, owner.scopes):
            payloads.append((follows, owner))
    if owner is not None and "redeem" in settings.events:
        redeems = eventsub.ChannelPointsRedeemAddSubscription(**channel)
        if not missing({READ_REDEMPTIONS}, owner.scopes):
            payloads.append((redeems, owner))
    for payload, account in payloads:
        yield Wish(Topic(payload.type, channel_id), payload, account.user_id)

"""Events as EventSub sends them: https://dev.twitch.tv/docs/eventsub/eventsub-reference/."""

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

numbers = itertools.count(1)
"""For everything that needs an id."""


def stamp(at: datetime | None = None) -> str:
    return (at or datetime.now(UTC)).isoformat().replace("+00:00", "Z")


Users = Mapping[str, str]
"""Ids by login."""


def _broadcaster(users: Users, login: str) -> dict[str, Any]:
    return {
        "broadcaster_user_id": users[login],
        "broadcaster_user_login": login,
        "broadcaster_user_name": login.title(),
    }


def _fragments(text: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": text, "cheermote": None, "emote": None, "mention": None}]


def chat_event(
    users: Users, login: str, text: str, *, by: str, message_id: str, **more: Any
) -> dict[str, Any]:
    user_id = users[by]
    event = {
        **_broadcaster(users, login),
        "chatter_user_id": user_id,
        "chatter_user_login": by,
        "chatter_user_name": by,
        "message_id": message_id,
        "message": {"text": text, "fragments": _fragments(text)},
        "color": "",
        "badges": [],
        "message_type": "text",
        "cheer": None,
        "reply": None,
        "channel_points_custom_reward_id": None,
        "channel_points_animation_id": None,
        "source_broadcaster_user_id": None,
        "source_broadcaster_user_login": None,
        "source_broadcaster_user_name": None,
        "source_message_id": None,
        "source_badges": None,
    }
    return event | more


NOTICES = (
    "sub", "resub", "sub_gift", "community_sub_gift", "gift_paid_upgrade", "prime_paid_upgrade",
    "raid", "unraid", "pay_it_forward", "announcement", "bits_badge_tier", "modiversary",
    "charity_donation", "watch_streak",
)  # fmt: skip


def notice_event(
    users: Users, login: str, kind: str, data: dict[str, Any], *, by: str, text: str = "",
    message_id: str = "notice1", **more: Any,
) -> dict[str, Any]:  # fmt: skip
    event = {
        **_broadcaster(users, login),
        "chatter_user_id": users[by],
        "chatter_user_login": by,
        "chatter_user_name": by,
        "chatter_is_anonymous": False,
        "color": "",
        "badges": [],
        "system_message": f"{by} did something",
        "message_id": message_id,
        "message": {"text": text, "fragments": _fragments(text) if text else []},
        "notice_type": kind,
    }
    event |= dict.fromkeys(NOTICES)
    event |= {f"shared_chat_{name}": None for name in NOTICES}
    return event | {kind: data} | more


def reward(users: Users, channel_id: str, title: str, *, cost: int = 100) -> dict[str, Any]:
    login = next(login for login, key in users.items() if key == channel_id)
    image = dict.fromkeys(("url_1x", "url_2x", "url_4x"), "https://static.example/x.png")
    return {
        "broadcaster_id": channel_id,
        "broadcaster_login": login,
        "broadcaster_name": login.title(),
        "id": f"reward{next(numbers)}",
        "title": title,
        "prompt": "",
        "cost": cost,
        "image": None,
        "default_image": image,
        "background_color": "#00E5CB",
        "is_enabled": True,
        "is_user_input_required": True,
        "max_per_stream_setting": {"is_enabled": False, "max_per_stream": 0},
        "max_per_user_per_stream_setting": {"is_enabled": False, "max_per_user_per_stream": 0},
        "global_cooldown_setting": {"is_enabled": False, "global_cooldown_seconds": 0},
        "is_paused": False,
        "is_in_stock": True,
        "should_redemptions_skip_request_queue": False,
        "redemptions_redeemed_current_stream": None,
        "cooldown_expires_at": None,
    }


def redemption_event(
    users: Users, login: str, reward_id: str, *, by: str, text: str = "", key: str = "r1"
) -> dict[str, Any]:
    return {
        **_broadcaster(users, login),
        "id": key,
        "user_id": users[by],
        "user_login": by,
        "user_name": by,
        "user_input": text,
        "status": "unfulfilled",
        "reward": {"id": reward_id, "title": "Speak", "cost": 100, "prompt": "write"},
        "redeemed_at": stamp(),
    }

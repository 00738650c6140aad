"""Sentences that stand beside an event where a chatter's words would, and that no chatter wrote."""

import re
from collections.abc import Mapping
from typing import Any

_FILLERS = frozenset({
    "thank you for your donation!", "thank you for your support!", "new support received!",
    "sent a rant", "sent a gift", "reward redeemed",
})  # fmt: skip
"""What Social Stream Ninja says for somebody who gave something and wrote nothing."""
_DEEDS = re.compile(
    r"(?:has )?(?:redeemed|sent|gifted)\b"
    r"|(?:ha )?(?:canjeado|canjeó|riscattato)\b|(?:resgatou|rescatou)\b"
    r"|(?:a )?(?:échangé|racheté)\b|(?:hat|heeft) .+ (?:eingelöst|ingewisseld)\b",
    re.IGNORECASE,
)
"""What a platform writes behind the name in its own element: "has redeemed Hydrate"."""


def is_sentence(text: str, name: str, value: Mapping[str, Any]) -> bool:
    """Tell whether `text`, beside an event, is a sentence about the chatter called `name`.

    It also is one if it is what the payload `value` calls the event: some senders repeat that where
    there are no words.
    """
    words = text.strip()
    plain = words.casefold()
    meta = value.get("meta")
    raw = meta.get("rawType") if isinstance(meta, dict) else None
    return (
        plain in _FILLERS
        or plain in (value.get("event"), raw)
        or plain.startswith(f"{name.casefold()} ")
        or _DEEDS.match(words) is not None
    )

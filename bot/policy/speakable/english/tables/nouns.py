"""Words behind a measure or an amount: nouns that it describes, and words that are none."""

ARTICLES = frozenset(
    {
        "a", "an", "my", "this", "that", "the", "another", "his", "her", "your", "our", "their",
    }
)  # fmt: skip
"""Words before a measure that describes the noun behind it."""
MEASURED = frozenset(
    {
        "amp", "baby", "bag", "ban", "bar", "barrel", "battery", "bench", "bottle", "box", "break",
        "bulb", "burger", "cable", "can", "card", "charger", "clip", "cooldown", "cord", "cup",
        "dash", "deadlift", "deadline", "delay", "display", "drive", "drop", "dumbbell", "engine",
        "fall", "fan", "film", "flight", "gap", "glass", "gun", "hdd", "jack", "jump", "kit",
        "lens", "limit", "marathon", "monitor", "movie", "old", "pack", "panel", "pause", "pizza",
        "plate", "pool", "psu", "race", "radiator", "ride", "rim", "rims", "rope", "run", "screen",
        "shift", "shifts", "speaker", "sprint", "squat", "ssd", "steak", "stick", "stream", "sub",
        "adapter", "bulbs", "chip", "cpu", "gpu", "grill", "heater", "kettle", "laptop", "led",
        "light", "microwave", "motor", "oven", "soundbar", "speakers", "subwoofer", "supply",
        "toaster", "swim", "tank", "timeout", "timer", "tire", "tires", "trial", "trip", "tv",
        "video", "walk",
        "wall", "wheels", "window", "zone", "cd", "respawn", "ping", "pistol", "rifle", "stun",
        "pole", "field",
    }
)  # fmt: skip
"""What is measured by the number before it: a 65 watt charger."""
EXTENTS = frozenset({"tall", "long", "deep", "wide", "high", "old"})
"""Words behind a measure that are part of an adjective behind an article: a 6 foot tall man."""
_NO_NOUNS = frozenset(
    {
        "of", "in", "is", "and", "or", "to", "for", "at", "on", "ago", "later", "left", "a", "per",
        "was", "were", "are", "but", "from", "with", "than", "more", "less", "after", "before",
        "if", "i", "it", "so", "away", "apart", "each", "by", "off", "out", "up", "down", "every",
        "pls", "plz", "please", "max", "tops", "now", "here", "there", "lol", "lmao", "tho",
        "though", "because", "cuz", "bc", "when", "while", "until", "till", "my", "your", "his",
        "her", "we", "they", "you", "he", "she", "again", "only", "the", "then", "that", "deep",
        "high", "tall", "long", "wide", "old", "not", "will", "behind", "ahead", "faster", "slower",
        "earlier", "late", "early", "into",
    }
)  # fmt: skip
PRICED = frozenset(
    {
        "bill", "bonus", "buyout", "contract", "fine", "jackpot", "lawsuit", "mansion", "salary",
        "settlement", "startup", "transfer", "valuation", "bottle", "bounty", "box", "budget",
        "bundle", "bundles", "burger",
        "buyin", "car", "card", "chair", "charge", "code", "coffee", "coin", "controller",
        "cosmetic", "cosmetics", "coupon", "course", "cpu", "credit", "deal", "deposit", "dinner",
        "discount", "dlc", "donation", "donations", "dono", "donos", "edition", "emote",
        "expansion", "fee", "figure", "game", "games", "gift", "giftcard", "gpu", "headset",
        "hoodie", "house", "increase", "item", "items", "keyboard", "knife", "laptop", "limit",
        "loan", "lunch", "meal", "membership", "merch", "mic", "minimum", "monitor", "mouse",
        "note", "notes", "order", "pack", "packs", "pass", "payout", "pc", "penalty", "phone",
        "pizza", "prize", "prizes", "purchase", "raffle", "raise", "rebate", "refund", "reward",
        "setup", "shirt", "skin", "skins", "sub", "subs", "subscription", "ticket", "tickets",
        "tier", "tournament", "tournaments", "tourney", "tourneys", "tv", "upgrade", "voucher",
        "wager", "wine",
    }
)  # fmt: skip
"""What has a price or is an amount by itself: a fifty dollar bundle."""


def is_noun(following: str) -> bool:
    """Tell whether a measure is an adjective of the word behind it: "a 5 km run"."""
    return bool(following) and following not in _NO_NOUNS

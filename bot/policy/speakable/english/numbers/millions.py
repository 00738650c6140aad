"""Millions: whether 5m, without another word for it, is an amount and no distance or time."""

import re

from bot.policy.speakable.reading import Line

FAR = frozenset(
    {
        "dash", "sprint", "race", "run", "swim", "freestyle", "tall", "deep", "high", "long",
        "away", "final", "hurdles", "relay", "wide", "dive", "apart", "tower", "tunnel", "rope",
        "cable", "drop", "jump",
    }
)  # fmt: skip
"""Words behind a distance."""
_PLACED = frozenset(
    {
        "from", "above", "below", "behind", "ahead", "before", "off", "under", "over", "across",
        "back", "up", "down", "north", "south", "east", "west", "underwater", "between", "past",
        "further", "farther", "closer", "inside", "outside", "forward", "left", "right", "of",
        "around", "through", "into", "straight", "tops", "out",
    }
)  # fmt: skip
"""Words behind a distance that say where it ends."""
_DEALS = frozenset(
    {
        "deal", "deals", "contract", "contracts", "transfer", "fee", "buyout", "salary", "bounty",
        "budget", "jackpot", "loan", "house", "mansion", "profit", "loss", "debt", "dollar",
        "pound", "euro", "gp", "concurrent", "ea", "opening", "lawsuit", "grant", "donation",
        "payout", "settlement", "bid", "offer", "prizepool", "signing", "mcap", "dps", "plus",
        "investment",
    }
)  # fmt: skip
"""Words behind millions of a currency, or of what is counted."""
_OWNED = re.compile(
    r" (?:in (?:the bank|my bank|his bank|her bank|cash|crypto|debt|gold|gp|savings|sales|revenue"
    r"|profit|funding|damages|stocks?|shares|taxes|prize|prizes|bitcoin|btc|eth|the lottery"
    r"|donations|prize money|fines|assets|equity|escrow)"
    r"|on (?:twitch|youtube|yt|tiktok|insta|instagram|twitter|kick|facebook|spotify)"
    r"|a year|per year|a month|net worth|prize pool|to 1 odds)(?![^\W_])",
    re.IGNORECASE,
)
"""Where an amount is, or what it is for."""
_PRICED = re.compile(
    r"\b(?:(?:sold|sell|sells|selling|buy|buying|bought|traded|auctioned|flipped)"
    r"(?: [\w']{1,12}){0,3}|signed|listed) for"
    r" (?:like |about |around |over |almost |only |just )?$",
    re.IGNORECASE,
)
"""A trade before its price: "sold it for 8m"."""
_TRADED = re.compile(r"\b(?:wts|wtb|price check)\b[^.!?]{0,24}$", re.IGNORECASE)
_COSTS = re.compile(
    r"\b(?:costs?|costed|owes?|owed|bid|bids|paid|pays|turned down|rejected|refused"
    r"|asking(?: for)?|demand|demands|offer|offers|offered|offering|invested|inherited|embezzled"
    r"|stole|donated|they want|he wants|she wants|you want|u want)"
    r"(?: (?:me|you|u|us|him|her|them|like|about|around|almost|over|only|of))? $",
    re.IGNORECASE,
)
"""Verbs before an amount that was never a distance."""
_GOT = re.compile(
    r"\b(?:won|win|made|make|makes|making|raised|lost|earned|earns)"
    r"(?: (?:me|us|him|her|them|like|about|around|almost|over))? $",
    re.IGNORECASE,
)
"""Verbs before an amount, or before how far something went: by what follows."""
_GOT_AFTER = re.compile(
    r"(?:[.,!?]* *$| (?:last|this|off|in [0-9]|per|doing|on|selling|already|today|yesterday"
    r"|so far|with|trading|streaming|lol|and|because|bc|by|for|playing|from|gambling"
    r"|in (?:poker|vegas|court|blackjack|slots|trades?|trading|a lawsuit)"
    r"|to (?:a|the) (?:scam|rug|irs|casino))(?![^\W_]))",
    re.IGNORECASE,
)
_WORTH = re.compile(
    r"\b(?:goal|worth|gold|budget|salary|bounty|subs|followers|views|viewers|valued|price|jackpot"
    r"|lotto|lottery|powerball|prize ?pool|clause|buyout|revenue|profits?|mcap|market cap"
    r"|valuation|cash|loan|debt|funding|fee|bid|offer|contract|transfer|cost"
    r"|salaries|sales|streams|plays|downloads|population|bank account)"
    r"(?: (?:is|was|at|of|about|to|for|hit|only|over|like|almost|around|now|rn|up|were|are))"
    r"{0,3}:? $",
    re.IGNORECASE,
)
"""What is counted in millions, before the number: "net worth 20m"."""
_THOUSANDS = re.compile(r"[0-9]k(?: ?(?:->|→|[-~]) ?| (?:to|or|and) )$", re.IGNORECASE)
"""Thousands before the millions that they go up to: 900k to 1m."""
_REACHED = re.compile(
    r"\b(?:hit|hits|reach|reached|hitting|reaching|road to|race to)"
    r"(?: like| over| almost| about)? $",
    re.IGNORECASE,
)
_REACHED_AFTER = re.compile(
    r"(?:[.,!?]* *$| (?:on|today|already|yesterday|lets|gg|congrats|this|last|by|now|soon|lol"
    r"|tonight|tomorrow|and)(?![^\W_]))",
    re.IGNORECASE,
)
_DAMAGED = re.compile(
    r"\b(?:crit|crits|critted|crit for|dps|dmg|damage|hits? for|heals? for)(?: is| was| of)? $",
    re.IGNORECASE,
)
_SHORT = re.compile(r"\b(?:i'm|im|we're|they're|still|about|like|budget is) $", re.IGNORECASE)
"""Words before what is missing of an amount: "we're 20m short"."""
_NEAR = 44
"""Characters before a number in which the words above stand."""


def is_price(line: Line, start: int) -> bool:
    """Tell whether the number that begins at `start` is what was paid, whatever follows."""
    near = line.text[max(start - _NEAR, 0) : start]
    return _PRICED.search(near) is not None or _TRADED.search(near) is not None


def is_meant(line: Line, start: int, end: int) -> bool:
    """Tell whether a number from `start` to the m before `end` is millions of something."""
    following = line.after(end).lower()
    if following in FAR:
        return False
    text = line.text
    if following in _DEALS or _OWNED.match(text, end):
        return True
    near = text[max(start - _NEAR, 0) : start]
    if following == "short" and (_SHORT.search(near) or _WORTH.search(near)):
        return True
    if _GOT.search(near) and _GOT_AFTER.match(text, end):
        return True
    if _REACHED.search(near) and _REACHED_AFTER.match(text, end):
        return True
    if following in _PLACED:
        return False
    return any(
        pattern.search(near) is not None for pattern in (_COSTS, _WORTH, _THOUSANDS, _DAMAGED)
    )

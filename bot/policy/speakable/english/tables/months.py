"""Months: their names and abbreviations."""

NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
"""Names in the order of the year, in lower case."""
MONTHS = {name: name for name in NAMES} | {name[:3]: name for name in NAMES} | {"sept": "september"}
"""Months by their names and abbreviations, in lower case."""

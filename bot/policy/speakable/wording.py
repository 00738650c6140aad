"""The words of one number: num2words behind a bounded cache."""

from functools import lru_cache
from typing import Literal

from num2words import num2words


@lru_cache(maxsize=4096)
def in_words(
    number: float, language: str, to: Literal["cardinal", "ordinal", "year"] = "cardinal"
) -> str:
    """Return `number` in words of `language`, or in digits where num2words has no words."""
    try:
        words = num2words(number, lang=language, to=to)
    except Exception:  # noqa: BLE001 - fifty languages fail in as many ways; digits stay digits
        return str(number)
    return str(words).replace(",", "").replace("-", " ")

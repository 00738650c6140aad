"""Parts that all sections of the configuration share."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


class Section(BaseModel):
    """A frozen part of the configuration that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def _no_bool(value: object) -> object:
    if not isinstance(value, bool):
        return value
    raise ValueError("a number is needed, not true or false")


# Python counts true and false as numbers, and pydantic follows.
Number = Annotated[float, BeforeValidator(_no_bool), Field(allow_inf_nan=False)]
Count = Annotated[int, BeforeValidator(_no_bool)]


def matching(pattern: str, allowed: str) -> AfterValidator:
    """Return a validator of strings that match all of `pattern`; its error names `allowed`."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"allowed: {allowed}")
        return value

    return AfterValidator(check)

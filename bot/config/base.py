"""What every section of the configuration has in common."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


class Section(BaseModel):
    """A frozen part of the configuration that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def _no_bool(value: Any) -> Any:  # noqa: ANN401 - a validator sees raw YAML
    if isinstance(value, bool):
        msg = "a number is needed, not true or false"
        raise ValueError(msg)  # noqa: TRY004 - pydantic reports ValueError
    return value


Number = Annotated[float, BeforeValidator(_no_bool), Field(allow_inf_nan=False)]
Count = Annotated[int, BeforeValidator(_no_bool)]


def matching(pattern: str, allowed: str) -> AfterValidator:
    """Return a validator for strings that match `pattern` whole, else the error says `allowed`."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"allowed: {allowed}")
        return value

    return AfterValidator(check)

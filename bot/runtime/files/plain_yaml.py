"""YAML that people write: plain values, without aliases.

An alias (`*name`) stands for what it names as often as it is written, so that a few lines of
aliases of aliases are larger than any memory once a value is copied, compared or shown.

Only `true` and `false` are booleans (YAML 1.2), so that `links: off` and `language: no` mean the
word, and there are no dates: `consent: 2026-01-31` is what stands there.
"""

import re
from typing import Any

import yaml

from bot.errors import shortened

_REPLACED = {"tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp"}

MISTAKES = (
    yaml.YAMLError,
    RecursionError,
    ValueError,
    AttributeError,
    LookupError,
    OverflowError,
)
"""What PyYAML raises for text that is no plain YAML.

More than its own errors: for a number of 5,000 digits or hours, for a tag that the value does not
fit (`!!bool maybe`, `!!int ''`, `!!timestamp soon`).
"""


class PlainLoader(yaml.SafeLoader):
    """SafeLoader with the booleans of YAML 1.2, without dates, that refuses aliases."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:  # noqa: ANN401 - PyYAML's
        """Return the next node.

        Raises:
            yaml.composer.ComposerError: it is an alias.
        """
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(
                None,
                None,
                "an alias (*name) is not read; write the value out, and put text that begins with"
                " * in quotes",
                mark,
            )
        return super().compose_node(parent, index)


PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _REPLACED]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
PlainLoader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def parse(text: str) -> object:
    """Return what the YAML `text` holds.

    Raises:
        ValueError: it is not plain YAML; the message is one short line.
    """
    try:
        return yaml.load(text, PlainLoader)  # noqa: S506 - a SafeLoader
    except MISTAKES as error:
        raise ValueError(shortened(" ".join(str(error).split()))) from error

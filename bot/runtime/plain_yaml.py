"""YAML that somebody else may have written: plain values, without aliases.

An alias (`*name`) stands for what it names as often as it is written, so that a few lines of
aliases of aliases are larger than any memory once a value is copied, compared or shown.
"""

from typing import Any

import yaml

from bot.errors import shortened


class PlainLoader(yaml.SafeLoader):
    """SafeLoader that refuses aliases."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:  # noqa: ANN401 - PyYAML's
        """Return the next node.

        Raises:
            yaml.composer.ComposerError: it is an alias.
        """
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(
                None, None, "an alias (*name) is not read; write the value out", mark
            )
        return super().compose_node(parent, index)


def parse(text: str) -> object:
    """Return what the YAML `text` holds.

    Raises:
        ValueError: it is not plain YAML; the message is one short line.
    """
    try:
        return yaml.load(text, PlainLoader)  # noqa: S506 - a SafeLoader
    # PyYAML raises more than its own errors: for the 30th of February, for a number of 5,000
    # digits, for a tag that the value does not fit.
    except (yaml.YAMLError, RecursionError, ValueError, AttributeError) as error:
        raise ValueError(shortened(" ".join(str(error).split()))) from error

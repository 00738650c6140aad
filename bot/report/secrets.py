"""Secret values of this machine, and the configuration without them."""

import json
import os
import re
import sys
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import yaml

from bot.config import Settings
from bot.config.yaml_source import compose
from bot.report.forms import REMOVED, SECRET_KEY
from bot.report.redaction import Redactor
from bot.runtime.files.folders import read_bounded
from bot.runtime.files.state_folder import state_folder

_MAX_FILE_BYTES = 1 << 20
_FILES_OF_SECRETS = {"password_file", "token_file", "api_key_file"}
_COMMENT = re.compile(r"(?<!\S)#[^\n]*")
_CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""Variable with the folder in which systemd puts the credentials of a unit."""


def known(config: str) -> Iterator[str]:
    """Yield every secret value: of the configuration, the environment, log-ins and credentials."""
    root = compose(config)
    if root is not None:
        for node in _secret_nodes(root):
            yield str(node.value)
        for key, node in _scalars(root):
            if key in _FILES_OF_SECRETS:
                yield from _values(Path(str(node.value)))
    for name, value in os.environ.items():
        if SECRET_KEY.search(name) and not name.endswith(("_DIRECTORY", "_SOCK", "_PATH")):
            yield value
    for path in _files():
        yield from _values(path)


def _files() -> Iterator[Path]:
    yield from state_folder().glob("twitch-*.json")
    credentials = os.environ.get(_CREDENTIALS)
    if credentials:
        yield from (path for path in Path(credentials).rglob("*") if path.is_file())
    if sys.platform != "win32":
        from bot.service import units  # noqa: PLC0415 - POSIX alone has what it imports

        # Where docs/service.md has them written; a terminal does not know the folder of the unit.
        for place in (units.user_place(), units.system_place()):
            with suppress(OSError):
                yield from (path for path in place.credentials.iterdir() if path.is_file())


def _values(path: Path) -> Iterator[str]:
    try:
        text = read_bounded(path, _MAX_FILE_BYTES).decode(errors="replace")
    except OSError:
        return  # what cannot be read here stands in no log of ours either
    try:
        yield from _strings(json.loads(text))
    except (ValueError, RecursionError):
        yield text


def _strings(value: object, key: str = "token") -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _strings(each, str(name))
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each, key)
    elif isinstance(value, str) and SECRET_KEY.search(key):
        yield value


def without_secrets(config: str, redactor: Redactor) -> str:
    """Return the text of the configuration; nothing of it where it cannot be parsed.

    Comments are left out, since what stands in them has no form; chatters who are muted get their
    pseudonyms.
    """
    root = compose(config)
    if root is None:
        return "The file is no plain YAML, so it is not known what of it is secret: left out.\n"
    spans = [(*_span(node, config), REMOVED) for node in _secret_nodes(root)]
    spans += [(*_span(node, config), redactor.pseudonym(str(node.value))) for node in _muted(root)]
    spans += [(start, end, "") for start, end in _comments(config)]
    kept, at = [], 0
    for start, end, shown in sorted(spans):
        if start >= at:  # else within a block that is removed whole
            kept += [config[at:start], shown]
            at = end
    text = "".join([*kept, config[at:]])
    return redactor.text("".join(f"{line.rstrip()}\n" for line in text.splitlines()))


def _span(node: yaml.Node, config: str) -> tuple[int, int]:
    """Return where a node stands, without the end of the line behind a block."""
    start, end = node.start_mark.index, node.end_mark.index
    return start, start + len(config[start:end].rstrip("\n"))


def _comments(config: str) -> Iterator[tuple[int, int]]:
    """Yield where comments stand: at `#` that stand in no scalar."""
    scalars = []
    for token in yaml.scan(config, yaml.SafeLoader):
        if isinstance(token, yaml.ScalarToken):
            start = token.start_mark.index
            if token.style in {"|", ">"}:  # the first line of a block may end with a comment
                start = config.find("\n", start)
            scalars.append((start, token.end_mark.index))
    starts = [start for start, _ in scalars]
    for match in _COMMENT.finditer(config):
        before = bisect_right(starts, match.start()) - 1
        if before < 0 or match.start() >= scalars[before][1]:
            yield match.span()


def _scalars(node: yaml.Node, key: str = "") -> Iterator[tuple[str, yaml.ScalarNode]]:
    """Yield every scalar below `node` and the key that it, or the list around it, stands at."""
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            yield from _scalars(value, str(name.value))
    elif isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _scalars(each, key)
    elif isinstance(node, yaml.ScalarNode):
        yield key, node


def _secret_nodes(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    for key, scalar in _scalars(node):
        is_secret = key in SECRET_FIELDS or SECRET_KEY.search(key)
        if is_secret and scalar.value not in {"", "null", "~"}:
            yield scalar


def _muted(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    return (scalar for key, scalar in _scalars(node) if key == "muted")


SECRET_FIELDS = frozenset(
    name
    for model in Settings.model_json_schema()["$defs"].values()
    for name, field in model.get("properties", {}).items()
    if '"format": "password"' in json.dumps(field)  # SecretStr
)
"""Keys of the configuration whose values are secret by their type."""

"""Secret values of this machine, and the configuration without them."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from bot.config import Settings
from bot.config.yaml_source import compose
from bot.report.redaction import REMOVED, SECRET_KEY, Redactor
from bot.runtime.state_folder import state_folder

_MAX_FILE_BYTES = 64 * 1024
_FILES_OF_SECRETS = {"password_file", "token_file"}
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


def _values(path: Path) -> Iterator[str]:
    try:
        text = path.read_bytes()[:_MAX_FILE_BYTES].decode(errors="replace")
    except OSError:
        return  # what cannot be read here stands in no log of ours either
    try:
        yield from _strings(json.loads(text))
    except ValueError:
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

    Chatters who are muted get their pseudonyms.
    """
    root = compose(config)
    if root is None:
        return "The file is no YAML, so it is not known what of it is secret: left out.\n"
    spans = [(node, REMOVED) for node in _secret_nodes(root)]
    spans += [(node, redactor.pseudonym(str(node.value))) for node in _muted(root)]
    for node, shown in sorted(spans, key=lambda span: span[0].start_mark.index, reverse=True):
        start, end = node.start_mark.index, node.end_mark.index
        newline = "\n" if config[start:end].endswith("\n") else ""  # of a block
        config = config[:start] + shown + newline + config[end:]
    return redactor.text(config)


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

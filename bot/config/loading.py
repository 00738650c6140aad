"""Loader of the configuration file; one error reports all of its mistakes."""

import errno
from pathlib import Path

from pydantic import ValidationError

from bot.config import mistakes
from bot.config.settings import FORM, Settings
from bot.config.yaml_source import parse
from bot.errors import ConfigError, Problem, shown

_MAX_BYTES = 1 << 20


def load(path: Path) -> Settings:
    """Return the settings that stand in the file at `path`.

    Raises:
        ConfigError: the file cannot be read, or holds mistakes; the error lists all of them.
    """
    try:
        text = _read(path)
    except FileNotFoundError:
        problem = Problem(
            "the file", None, "is not there", "check the path behind --config, or leave that out"
        )
        raise ConfigError(str(path), [problem]) from None
    except OSError as error:
        problem = Problem("the file", None, f"cannot be read: {error.strerror or error}")
        raise ConfigError(str(path), [problem]) from None
    except UnicodeDecodeError as error:
        problem = Problem(
            "the file", None, f"is not UTF-8 at byte {error.start}", "save it as UTF-8"
        )
        raise ConfigError(str(path), [problem]) from None
    return loads(text, source=str(path))


def _read(path: Path) -> str:
    """Return the text of a file or a pipe, as in `--config <(...)`, whose writer is waited for."""
    with path.open("rb") as file:
        content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise OSError(errno.EFBIG, f"it is longer than {_MAX_BYTES >> 10} KiB")
    return content.decode("utf-8-sig")


def loads(text: str, *, source: str = "the configuration") -> Settings:
    """Return the settings that the YAML `text` describes; see `load`."""
    document = parse(text)
    if not isinstance(document.data, dict):
        shape = Problem("the file", 1, "needs keys such as `channels:`")
        raise ConfigError(source, document.problems or [shape])
    version = document.data.get("version")
    if isinstance(version, int) and version != FORM:
        # The keys of another form cannot be judged, so no other mistake is reported.
        problem = Problem(
            "version",
            document.lines.get(("version",)),
            f"is {shown(version)}; this ishowtts reads form {FORM} alone",
            f"write version: {FORM} and compare the file with the shipped config.yaml, or update"
            " ishowtts",
        )
        raise ConfigError(source, [problem])
    problems = list(document.problems)
    try:
        settings = Settings.model_validate(document.data)
    except ValidationError as error:
        problems += mistakes.problems(error, Settings, document.data, document.lines)
    else:
        if not problems:
            return settings
    raise ConfigError(source, sorted(problems, key=lambda problem: problem.line or 0))

"""From a process's start to its first speech, cold and with warm caches."""

import time
from collections.abc import Iterator

from bot.bench import children
from bot.bench.results import Start
from bot.bench.subject import Subject

_CHILD = "bot.bench.start_child"
_TIMEOUT_S = 180
_CACHES = ("TRITON_CACHE_DIR", "TORCHINDUCTOR_CACHE_DIR")


def starts(subject: Subject, *, cold: bool) -> Iterator[tuple[str, Start]]:
    """Yield the start without caches, if `cold`, and then the one with them.

    The operating system's cache of the model's files is warm in both.

    Raises:
        ChildError: the engine did not speak.
    """
    cache = subject.scratch / "start"
    environment = {name: str(cache / name.lower()) for name in _CACHES} if cold else {}
    for name in ("cold", "warm") if cold else ("warm",):
        arguments = [
            str(time.time()),
            *map(str, (subject.model, subject.vocoder, subject.voices, cache)),
            str(subject.device),
        ]
        yield (
            name,
            children.run(_CHILD, arguments, Start, timeout_s=_TIMEOUT_S, environment=environment),
        )

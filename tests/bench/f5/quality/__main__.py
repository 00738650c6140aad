"""Page to hear what fewer evaluations cost: `python -m tests.bench.f5.quality [FOLDER]`.

`renditions` speaks and compares, `picture` draws, `page` writes.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bot.cli import EXIT_PROBLEM, fail
from bot.cli.shared import add_config_option, load_settings, quiet_logs
from bot.config.sections.engine import F5Settings
from bot.engine.f5.voice.folder import Voice, load_voice
from bot.engine.f5.voice.reference import ReferenceCache
from bot.errors import IshowttsError, StartError
from bot.runtime.files.folders import resource
from bot.voices import folder
from tests.bench.f5.checkpoints import VOICE
from tests.bench.f5.hardware import hardware, versions
from tests.bench.f5.model_under_test import ModelUnderTest, add_model_to, prepared
from tests.bench.f5.quality.page import About, write
from tests.bench.f5.quality.renditions import dtypes, speak

DEFAULT_VOICE = "heart"
TEXTS = (
    "Hello chat, welcome back to the stream!",
    "That was the best round of the whole night, and nobody saw it coming.",
    "Wait, what? No, no, no. Okay, we try that again, but this time without falling off.",
)


def quality(
    f5: F5Settings,
    folder: Path,
    *,
    texts: Sequence[str] = (),
    voice: str | None = None,
    random: str | None = None,
    device: str | None = None,
) -> None:
    """Write the page about the configured model, or one of random weights, to `folder`.

    Args:
        f5: Of the configuration.
        folder: Is made if it is not there.
        texts: What is spoken; a few chat messages by default.
        voice: Its name; that of the shipped configuration by default, noise for random weights.
        random: A shape of `tests.bench.f5.checkpoints`, in place of the configured model.
        device: In place of the configured one.

    Raises:
        StartError: the model or the voice is not there, or the folder cannot be written to.
        UtteranceError: the model knows no character of a text.
    """
    with prepared(f5, random, device) as tested:
        name, spoken_by = _voice(f5, tested, voice)
        facts = tuple(_facts(tested))
        spoken = []
        for each in speak(tested, spoken_by, tuple(texts) or TEXTS, dtypes(tested)):
            spoken.append(each)
            print(f"Spoke {len(each.renditions)} times: {each.text}", flush=True)
        about = About(tested.name, name, tested.is_random, facts)
    index = write(folder, about, spoken)
    print(f"Open {index.absolute()} in a browser.")


def main() -> int:
    """Run the command; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.f5.quality", description=__doc__)
    add_config_option(parser)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("quality"), metavar="FOLDER")
    parser.add_argument(
        "--text", action="append", default=[], metavar="TEXT", help="what is spoken; repeatable"
    )
    parser.add_argument("--voice", metavar="NAME", help="heart by default")
    add_model_to(parser)
    options = parser.parse_args()
    quiet_logs()
    try:
        quality(
            load_settings(options).engine.f5,
            options.folder,
            texts=options.text,
            voice=options.voice,
            random=options.random,
            device=options.device,
        )
    except IshowttsError as error:
        return fail(error, EXIT_PROBLEM)
    return 0


def _voice(f5: F5Settings, tested: ModelUnderTest, name: str | None) -> tuple[str, Voice]:
    folders = folder.find((resource("voices"), f5.voices))
    if name is None and tested.is_random:
        folders = {VOICE: tested.voices / VOICE}
    chosen = name or (DEFAULT_VOICE if DEFAULT_VOICE in folders else next(iter(folders), "any"))
    if chosen not in folders:
        raise StartError(
            f"There is no voice {chosen!r} in {f5.voices}.",
            remedy=f"Choose from {', '.join(folders)}." if folders else "Make its folder there.",
        )
    return chosen, load_voice(folders[chosen], ReferenceCache())


def _facts(tested: ModelUnderTest) -> list[str]:
    machine = hardware(tested.device)
    packages = versions()
    where = machine.gpu or machine.processor
    return [
        f"{where}, torch {packages['torch']}, ishowtts {packages['ishowtts']}",
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    ]


if __name__ == "__main__":
    sys.exit(main())

r"""Verdicts on what could make F5-TTS faster, each a section of one JSON file.

    python -m tests.bench.f5.verdicts --random F5TTS_v1_Base --json FILE
    python -m tests.bench.f5.verdicts --random small --device cpu --trial --json FILE

Each section runs for at most `--limit` seconds and half a minute; what one that failed had measured
is kept. On a GPU that takes two calls of ten minutes: `compiling ahead_of_time --limit 250`, which
wait for compilers, and the others. In less time, with fewer lengths and fewer blocks compiled
ahead of time:

    python -m tests.bench.f5.verdicts --random F5TTS_v1_Base --brief --within 140 \
        --json FILE compiling ahead_of_time

Beside torch (on a GPU with Triton), numpy and safetensors it needs msgspec, pydantic, platformdirs,
PyYAML, yarl, google-re2 and rjieba, all small; the sections that compile need a C++ compiler. What
products of fewer bits and fewer evaluations sound like is judged by
`tests.bench.f5.verdicts.speech`.
"""

import argparse
import json
import math
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bot.config.sections.engine import F5Settings
from tests.bench.f5.hardware import hardware, versions
from tests.bench.f5.model_under_test import add_model_to, prepared
from tests.bench.f5.verdicts.bench import BRIEF, GPU, TRIAL, Figures
from tests.bench.f5.verdicts.sections import SECTIONS, run, share_s


def main() -> int:
    """Run what the command line names; return 1 if a section failed."""
    options = _parser().parse_args()
    end = time.monotonic() + options.within
    unknown = set(options.sections) - set(SECTIONS)
    if unknown:
        print(f"There is no section {', '.join(sorted(unknown))}.", file=sys.stderr)
        return 2
    with prepared(F5Settings(), options.random, options.device) as tested:
        extent = TRIAL if options.trial else BRIEF if options.brief else GPU
        result: Figures = {
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": " ".join(["python -m tests.bench.f5.verdicts", *sys.argv[1:]]),
            "hardware": msgspec.to_builtins(hardware(tested.device)),
            "versions": versions(),
            "model": msgspec.to_builtins(tested.describe()),
        }
        names = options.sections or list(SECTIONS)
        for number, name in enumerate(names):
            most_s = share_s(names[number:], end - time.monotonic())
            result[name] = run(name, tested, extent, options.limit, most_s)
            if options.json:
                options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return int(any("failed" in result[name] for name in names))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.f5.verdicts", description="Verdicts on what could be faster."
    )
    add_model_to(parser)
    parser.add_argument("sections", nargs="*", help=f"of {', '.join(SECTIONS)}; all if none")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results")
    extents = parser.add_mutually_exclusive_group()
    extents.add_argument("--brief", action="store_true", help="fewer lengths and rows")
    extents.add_argument(
        "--trial", action="store_true", help="small sizes: does every section work?"
    )
    parser.add_argument("--limit", type=float, default=90.0, help="seconds for each section")
    parser.add_argument(
        "--within", type=float, default=math.inf, help="seconds for all sections together"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""A browser on a machine that hears an overlay, as the browser source of its OBS does.

`python -m tests.real.paths.listener ADDRESS NAME=IP` prints `plays` once the page plays, and
`heard` with the seconds of sound once it has played something and is silent again.
"""

import sys

import numpy as np

from tests.web.chromium import Page
from tests.web.overlay.measures import wait_silent
from tests.web.served import RATE_HZ


def main(address: str, name: str) -> None:
    """Open the page, and listen."""
    known, _, ip = name.partition("=")
    page = Page(f"--host-resolver-rules=MAP {known} {ip}")
    try:
        page.open(address)
        page.wait_until_playing()
        page.record()
        print("plays", flush=True)  # noqa: T201 - its answer
        page.wait_for("begun.length > 0", "sound")
        wait_silent(page)
        _, samples = page.recorded()
        print("heard", np.count_nonzero(samples) / RATE_HZ, flush=True)  # noqa: T201
    finally:
        page.close()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""A browser on a machine that hears an overlay, as the browser source of its OBS does.

`python -m tests.real.paths.listener ADDRESS NAME=IP` prints `plays` once the page plays, and
`heard` with the loudest sample as soon as there is sound.
"""

import sys

from tests.web.chromium import Page

# The page has no audio thread to record in: it came over HTTP from another machine.
_LISTEN = """
window.loudest = 0;
const { analyser } = overlay.player;
const samples = new Float32Array(analyser.fftSize);
setInterval(() => {
  analyser.getFloatTimeDomainData(samples);
  window.loudest = Math.max(window.loudest, ...samples.map(Math.abs));
}, 10);
"""


def main(address: str, name: str) -> None:
    """Open the page, and listen."""
    known, _, ip = name.partition("=")
    page = Page(f"--host-resolver-rules=MAP {known} {ip}")
    try:
        page.open(address)
        page.wait_until_playing()
        page.run(_LISTEN)
        print("plays", flush=True)  # noqa: T201 - its answer
        page.wait_for("window.loudest > 0.01", "sound")
        print("heard", page.run("return loudest"), flush=True)  # noqa: T201
    finally:
        page.close()


if __name__ == "__main__":
    main(*sys.argv[1:])

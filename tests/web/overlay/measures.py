"""Times that the overlay keeps, measured in the page by the clock of its sound."""

import numpy as np

from tests.web.chromium import Page
from tests.web.served import RATE_HZ, Served

SENTENCE = "The quick brown fox jumps over the lazy dog, and then it goes home to sleep."
LONG = "one hums two hums three hums four hums five hums six hums seven hums eight hums nine"
_IS_SILENT = "parts.length > 50 && parts.slice(-50).every(([, heard]) => !heard.some(Boolean))"
_PURGE = """
const at = overlay.player.output.contextTime(performance.now());
const body = JSON.stringify({delete: arguments[0]});
const headers = {"Content-Type": "application/json"};
await fetch("/api/chat", {method: "POST", body, headers});
return [at, parts[0][0]];
"""
_BEGAN = """
const {contextTime, performanceTime} = overlay.player.context.getOutputTimestamp();
const {frame, position, play} = begun.at(-1);
const at = (frame - position) / overlay.player.rate - contextTime;
return [play, performance.timeOrigin + performanceTime + at * 1000];
"""
_WATCH = """
window.marked = [];
window.watch?.disconnect();
window.watch = new MutationObserver(() => {
  const word = document.querySelector(".is-spoken")?.textContent ?? "";
  if (word && marked.at(-1)?.[0] !== word) {
    const {contextTime, performanceTime} = overlay.player.context.getOutputTimestamp();
    const ago = (performance.now() - performanceTime) / 1000;
    marked.push([word, contextTime + ago]);
  }
});
watch.observe(document.getElementById("text"), {subtree: true, attributes: true});
"""


def wait_silent(page: Page) -> None:
    """Return when the page plays silence."""
    page.wait_for(_IS_SILENT, "silence")


def _hear(daemon: Served, pages: tuple[Page, ...], key: str) -> None:
    """Return when all pages have played something for half a second."""
    before = [page.run("return begun.length") for page in pages]
    daemon.say(key, LONG)
    for page, count in zip(pages, before, strict=True):
        page.wait_for(f"begun.length > {count}", "sound")
        page.wait_for("overlay.player.heard()?.seconds > 0.5", "sound")


def silence_ms(daemon: Served, page: Page, key: str) -> float:
    """Return how long something is still heard after it was purged, in milliseconds."""
    _hear(daemon, (page,), key)
    at, frame = page.run(_PURGE, key)
    daemon.wait_for(key, "dropped")
    wait_silent(page)
    _, samples = page.recorded()
    last = frame + int(np.flatnonzero(samples)[-1])
    return float(last / RATE_HZ - at) * 1000


def apart_ms(daemon: Served, pages: tuple[Page, Page], key: str) -> float:
    """Return how far apart two pages are heard, in milliseconds."""
    _hear(daemon, pages, key)
    (first, one), (second, other) = (page.run(_BEGAN) for page in pages)
    assert first == second
    daemon.wait_for(key, "spoken")
    return float(abs(one - other))


def marked_ms(daemon: Served, page: Page, key: str) -> list[float]:
    """Return how long after it is heard each word of a sentence is marked, in milliseconds."""
    before = page.run("return begun.length")
    page.run(_WATCH)
    daemon.say(key, SENTENCE)
    words = daemon.wait_for(key, "spoken")["words"]
    marked = page.run("return marked")
    (beginning,) = page.run(f"return begun.slice({before})")
    assert [word for word, _ in marked] == [word for word, *_ in words]
    start_s = beginning["frame"] / RATE_HZ
    return [(at - start_s - word[1]) * 1000 for (_, at), word in zip(marked, words, strict=True)]

"""Entries of an archive, for tests."""

from bot.archive import Entry
from bot.archive.folder import sound_name


def entry(identifier: str, at: float, *, by: str = "c1", name: str = "one") -> Entry:
    return Entry(
        id=identifier, channel="main", chatter_id=by, chatter=name, at=at, written="", spoken="x",
        voice="heart", outcome="spoken", duration_s=1,
        sound=sound_name("main", identifier, at, "flac"),
    )  # fmt: skip

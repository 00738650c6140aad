"""Speaks livestream chat: reads it, decides what may be said, synthesises it and plays it live."""

from importlib import metadata


def version() -> str:
    """Return the installed version, or "checkout" for a source tree that is not installed."""
    try:
        return metadata.version("ishowtts")
    except metadata.PackageNotFoundError:
        return "checkout"

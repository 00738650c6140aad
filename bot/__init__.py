"""Speaks livestream chat: reads it, decides what may be said, synthesises it and plays it live."""

"""Fixtures of the engine's tests, for what is built around engines."""

from tests.engine.conftest import make_supervisor

__all__ = ["make_supervisor"]

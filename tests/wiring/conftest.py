"""Engines in real processes, for what watches them."""

from tests.engine.conftest import make_supervisor

__all__ = ["make_supervisor"]

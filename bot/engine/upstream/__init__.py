"""Unmodified f5-tts: as an engine, importable for inference, and patched on request."""

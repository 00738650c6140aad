"""Sections of the parts around the chat: engine, sources, outputs, servers and files."""

"""Folders and files: read within bounds, written whole, kept secret."""

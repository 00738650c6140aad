"""Voices: folders, prepared references, and the loudness of speech."""

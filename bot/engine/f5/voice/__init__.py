"""Recordings to reference voices, and their loudness."""

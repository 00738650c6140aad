"""Helpers for what runs: child processes and their frames, tasks, back-off, folders, secrets."""

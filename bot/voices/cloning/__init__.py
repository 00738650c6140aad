"""Cloning of a voice: excerpt and transcript of a recording, and its faults."""

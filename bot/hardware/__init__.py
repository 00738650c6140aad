"""Readings of the machine: its CPU, its GPU, and a Jetson's settings."""

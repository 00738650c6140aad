"""Engines in child processes: supervisor and client in the daemon, worker in the process."""

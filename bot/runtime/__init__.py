"""Runtime: child processes and their frames, tasks, waiting, back-off, folders, secrets."""

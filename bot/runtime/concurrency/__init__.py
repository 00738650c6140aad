"""Tasks, threads, waiting and trying again."""

"""Model files: where they are, how they are fetched, read and checked."""

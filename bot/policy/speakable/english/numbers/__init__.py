"""Numbers: how they are read, alone, together and in what looks like a word."""

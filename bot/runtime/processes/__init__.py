"""Child processes, their signals, and the frames that they exchange."""

"""Reference voices on disk: their folders, a catalogue, and the making of new ones."""

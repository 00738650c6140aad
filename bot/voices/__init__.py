"""Reference voices on disk: their folders, a catalogue, and the cloning of new ones."""

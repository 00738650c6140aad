"""Wires: other programs' ways to have something said. Chat comes first on all of them."""

"""Sections that say what of chat is spoken, and how it is answered."""

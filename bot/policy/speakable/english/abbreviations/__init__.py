"""Abbreviations: slang, letters, and words that are shouted."""

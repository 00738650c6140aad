"""The f5-tts package as an engine, and the patches that make it importable."""

"""How the bundled F5-TTS checkpoint and its vocoder were made; see README.md."""

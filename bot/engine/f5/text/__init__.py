"""Text to tokens and frames."""

"""Front ends: text to tokens and frames."""

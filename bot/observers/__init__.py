"""Observers watch outcomes; a slow one drops, and never holds up speech."""

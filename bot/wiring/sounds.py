"""Sounds for messages and announcements, as configured."""

from bot.config.chat.tags import SoundSettings
from bot.voices.sounds import SoundCatalog


def create(settings: SoundSettings) -> SoundCatalog:
    """Return the catalogue of the folder's sounds; reads the files, which takes a moment each."""
    sounds = SoundCatalog(settings.folder, max_s=settings.max_s, gain_db=settings.gain_db)
    sounds.refresh()
    return sounds

"""Languages: which one a message is in, and what becomes of what no voice can speak."""

from collections.abc import Callable, Collection
from functools import lru_cache

from msgspec.structs import replace

from bot.config.languages import LanguageSettings
from bot.messages import Rejection, RejectReason
from bot.policy.cleaning import is_pronounceable
from bot.policy.draft import Draft, is_paid
from bot.policy.languages.detection import Detector, load
from bot.policy.languages.scripts import (
    LATIN,
    first_spoken,
    is_readable,
    main_script,
    readable,
    scripts_of,
)

Spoken = Callable[[], Collection[str] | None]
"""Returns the ISO 639 codes that some engine speaks, or None where one takes whatever comes."""


class Languages:
    """Filter: notes the language of each message."""

    def __init__(self, settings: LanguageSettings, *, own: str, spoken: Spoken) -> None:
        """Take the settings, the channel's own language, and what is spoken."""
        self._own = own
        self._chat = tuple(dict.fromkeys((own, *settings.chat)))
        self._spoken = spoken
        latin = [each for each in self._chat if scripts_of(each) == {LATIN}]
        self._detector = Detector(latin) if len(latin) > 1 else None
        self._latin = latin[0] if latin else own

    def load(self) -> None:
        """Load what is needed to tell languages apart; takes half a second."""
        if self._detector is not None:
            load(self._detector.languages)

    def __call__(self, draft: Draft) -> Draft:
        """Return `draft` with its language, if that is not the channel's own."""
        language = self._language(draft)
        return draft if language == self._own else replace(draft, language=language)

    def _language(self, draft: Draft) -> str:
        script = main_script(draft.text)
        if script != LATIN:
            found = first_spoken(script, self._chat, self._spoken() or ())
            return found or self._own
        if self._detector is not None and is_pronounceable(draft.text):
            return self._detector(draft.text, draft.message.chatter.id)
        return self._latin


class Speakability:
    """Filter: lets through what some voice can speak, and deals with the rest."""

    def __init__(self, settings: LanguageSettings, *, own: str, spoken: Spoken) -> None:
        self._own = own
        self._spoken = spoken
        self._transliterates = settings.unspoken == "transliterate"

    def __call__(self, draft: Draft) -> Draft | Rejection:
        """Return `draft` in letters that its voice reads, or the rejection if there are none."""
        text = draft.text
        spoken = self._spoken()
        if spoken is None or (text.isascii() and not draft.language):
            return draft
        language = draft.language or self._own
        if language not in spoken:
            return self._foreign(draft, language)
        scripts = _scripts(language)
        if is_readable(text, scripts):
            return draft
        return draft.with_text(
            transliterated(text) if self._transliterates else readable(text, scripts)
        )

    def _foreign(self, draft: Draft, language: str) -> Draft | Rejection:
        """Deal with a message in a language that no engine speaks."""
        if self._transliterates or is_paid(draft.message):  # what was paid for is never silent
            text = transliterated(draft.text)
            return Draft(draft.message, text, draft.prefix)
        if draft.message.event is not None:
            return Draft(draft.message, "", draft.prefix)
        detail = f"no engine speaks {language}"
        return Rejection(reason=RejectReason.LANGUAGE, detail=detail)


def transliterated(text: str) -> str:
    """Return `text` in Latin letters, as anyascii writes them."""
    if text.isascii():
        return text
    from anyascii import anyascii  # noqa: PLC0415 - its tables load when they are needed

    return anyascii(text)


def speakable_name(name: str, login: str, *, own: str, spoken: Collection[str] | None) -> str:
    """Return a chatter's name as a voice can say it: the login for other letters, or nothing."""
    if spoken is None:
        return name
    scripts = _scripts(own) if own in spoken else frozenset({LATIN})
    if is_readable(name, scripts):
        return name
    return login if is_readable(login, scripts) else ""


_scripts = lru_cache(maxsize=64)(scripts_of)

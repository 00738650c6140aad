"""Languages: which one a message is in, and what becomes of what no voice can speak."""

import re
from collections.abc import Callable, Collection
from functools import lru_cache

from msgspec.structs import replace

from bot.config.chat.languages import LanguageSettings
from bot.messages import Chatter, Rejection, RejectReason
from bot.policy.cleaning import clean, is_pronounceable
from bot.policy.draft import Draft, is_paid
from bot.policy.languages.detection import Detector
from bot.policy.languages.letters import readable, transliterated
from bot.policy.languages.scripts import (
    HAN,
    LANGUAGES,
    LATIN,
    UNKNOWN,
    first_spoken,
    is_readable,
    is_written_in,
    main_script,
    scripts_of,
)
from bot.runtime.recent import Recent
from bot.runtime.text import japanese

Spoken = Callable[[], Collection[str] | None]
"""Returns the ISO 639 codes that some engine speaks, or None where one takes whatever comes."""
_CHATTERS = 5_000
"""Chatters who are remembered for their Japanese."""
_LONGEST_NAME = 200
"""Characters of a name that are read."""
_MENTION = re.compile(r"@\w+")


class Languages:
    """Filter: notes the language of each message."""

    def __init__(self, settings: LanguageSettings, *, own: str, spoken: Spoken) -> None:
        """Take the settings, the channel's own language, and what is spoken."""
        self._own = own
        self._chat = tuple(dict.fromkeys((own, *settings.chat)))
        self._spoken = spoken
        by_script = {
            script: [each for each in self._chat if is_written_in(each, script)]
            for script in (LATIN, *LANGUAGES)
        }
        self._latin = next(iter(by_script[LATIN]), "")
        self._detectors = {
            script: Detector(languages)
            for script, languages in by_script.items()
            if len(languages) > 1
        }
        self._japanese: Recent[str, None] = Recent(_CHATTERS)
        """Ids of chatters who wrote kana."""

    def load(self) -> None:
        """Load what is needed to tell languages apart and to read kanji; takes half a second."""
        for detector in self._detectors.values():
            detector.load()
        if japanese.can_read():
            japanese.in_kana("")

    def __call__(self, draft: Draft) -> Draft:
        """Return `draft` with its language.

        The own one in Latin letters, where no engine speaks it, is any voice's.
        """
        text = draft.text
        script = LATIN if text.isascii() else main_script(_MENTION.sub(" ", text))
        language = self._language(draft, script)
        is_anybodys = script == LATIN and language == self._own and not self._is_spoken(language)
        return draft if is_anybodys else replace(draft, language=language)

    def _language(self, draft: Draft, script: str) -> str:
        chatter = draft.message.chatter.id
        if script in self._detectors and is_pronounceable(draft.text):
            return self._detectors[script](draft.text, chatter)
        language = self._of_script(script)
        if script == HAN:
            return "ja" if chatter in self._japanese else language
        if language == "ja":
            self._japanese[chatter] = None
        return language

    def guess(self, text: str) -> str:
        """Return the language that the script of `text` is taken for."""
        return self._of_script(main_script(text))

    def _of_script(self, script: str) -> str:
        spoken = self._spoken()
        if script == LATIN:
            return self._latin or substitute("en", spoken or ("en",)) or self._own
        return first_spoken(script, self._chat, spoken or ())

    def _is_spoken(self, language: str) -> bool:
        spoken = self._spoken()
        return spoken is None or language in spoken


class Speakability:
    """Filter: lets through what some voice can speak, and deals with the rest."""

    def __init__(self, settings: LanguageSettings, *, own: str, spoken: Spoken) -> None:
        self._own = own
        self._spoken = spoken
        self._transliterates = settings.unspoken == "transliterate"

    def __call__(self, draft: Draft) -> Draft | Rejection:
        """Return `draft` in letters that its voice reads, or the rejection if there are none."""
        spoken = self._spoken()
        if spoken is None:
            return draft
        if draft.language and draft.language not in spoken:
            return self._foreign(draft)
        scripts = _scripts(draft.language)
        if is_readable(draft.text, scripts):
            return draft
        if self._transliterates:
            return draft.with_text(transliterated(draft.text))
        return draft.with_text(readable(draft.text, scripts))

    def _foreign(self, draft: Draft) -> Draft | Rejection:
        """Deal with a message in a language that no engine speaks."""
        language = draft.language
        if self._transliterates or is_paid(draft.message):  # what was paid for is never silent
            text = transliterated(draft.text, language)
        elif draft.message.event is not None:
            text = ""
        else:
            detail = "these letters" if language == UNKNOWN else language
            return Rejection(reason=RejectReason.LANGUAGE, detail=f"no engine speaks {detail}")
        voice = substitute(self._own, self._spoken() or ())
        return replace(draft, text=text, language=voice, is_romanized=True)


class Names:
    """Names of chatters, as a voice can say them."""

    def __init__(
        self,
        settings: LanguageSettings = LanguageSettings(),  # noqa: B008 - it is immutable
        *,
        own: str = "en",
        spoken: Spoken = lambda: None,
    ) -> None:
        """Take the settings, the channel's own language, and what is spoken."""
        self._own = own
        self._spoken = spoken
        self._transliterates = settings.unspoken == "transliterate"

    def is_spoken(self, language: str) -> bool:
        """Tell whether some engine speaks `language`, as far as is known."""
        spoken = self._spoken()
        return spoken is None or language in spoken

    def introducing(self, language: str, is_there: Callable[[str], bool]) -> str:
        """Return the language to introduce a text of `language` in, of those that are there.

        It is that of the text, else the own one, else, where a voice of `language` does not read
        the letters of the own one, English.
        """
        if language and not self.is_spoken(language):
            language = substitute(self._own, self._spoken() or ())
        if language in ("", self._own):
            return self._own
        is_readable_too = _scripts(self._own) <= _scripts(language)
        candidates = (language, self._own if is_readable_too else "en")
        return next(filter(is_there, candidates), self._own)

    def __call__(self, chatter: Chatter, language: str) -> str:
        """Return the name in letters that a voice of `language` reads, else the login, or nothing.

        A language that no engine speaks is read in a substitute's voice.
        """
        spoken, name = self._spoken(), chatter.name
        if spoken is None or name.isascii():
            return name
        name = clean(name[:_LONGEST_NAME])
        if language not in spoken:
            language = substitute(self._own, spoken)
        scripts = _scripts(language)
        for candidate in (name, chatter.login):
            if candidate and is_readable(candidate, scripts):
                return candidate
        return transliterated(name) if self._transliterates else ""


def substitute(own: str, spoken: Collection[str]) -> str:
    """Return the language in whose voice that is read which no engine speaks, in Latin letters.

    It is the own one, else English, else another in these letters; empty if none is spoken.
    """
    latin = (each for each in ("en", *sorted(spoken)) if is_written_in(each, LATIN))
    return next((each for each in (own, *latin) if each in spoken), "")


_scripts = lru_cache(maxsize=64)(scripts_of)

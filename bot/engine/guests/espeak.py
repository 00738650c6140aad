"""espeak-ng as a program: plain speech in more than a hundred languages, the last resort (GPL-3).

Its data and code stay in its own process; a run takes some 10 ms.
"""

import re
from collections.abc import Mapping

from bot.engine.guests import sound
from bot.engine.guests.guest import LONGEST_SPEECH_S, WARM_UP, Guest
from bot.engine.guests.program import Program, find, output_of
from bot.errors import StartError, TransientError, UtteranceError
from bot.messages import AudioChunk
from bot.runtime.text import japanese

_REMEDY = "Install it with: sudo apt install espeak-ng"
_WORDS_PER_MINUTE = 175
"""Its usual rate."""
_SILENT_S = 5.0
_MOST_BYTES = int(LONGEST_SPEECH_S * 22_050 * 2)
_LANGUAGE_COLUMN = 1
_PLAINEST = {"zh": "cmn-latn-pinyin", "no": "nb"}
"""Voices of languages that it has under another code. Its cmn says the numbers of the tones."""
_UNREAD = frozenset({"hak", "chr"})
"""Languages that it reads in Latin letters alone."""
_SPELLING = frozenset({"ja", "he", "my"})
"""Languages whose voices spell Latin letters one by one."""
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f][A-Za-z\u00c0-\u024f' -]*")
_IN_ENGLISH = r'<voice xml:lang="en-us">\g<0></voice> '
_MARKUP = re.compile(r"[<>&]|\[(?=\[)")
"""Marks of SSML, and of [[phonemes]]."""


class EspeakEngine(Guest):
    """Starts the program for each text."""

    name = "espeak"
    licence = "GPL-3.0-or-later (a program of its own)"
    hardware = "CPU"

    def __init__(
        self,
        *,
        speed: float = 1.0,
        program: str = "espeak-ng",
        voice: str = "en-us",
        voices: Mapping[str, str] | None = None,
    ) -> None:
        """Take the program and its voices: languages of `espeak-ng --voices`, as in de+f3."""
        super().__init__(speed=speed, voice=voice, voices=voices)
        self._program = program

    async def warm_up(self) -> None:
        """Find the program and let each voice say something."""
        path = find(self._program, _REMEDY)
        listed = await output_of([path, "--voices"], limit_s=_SILENT_S)
        rows = [line.split() for line in listed.splitlines()[1:]]
        self.voices = tuple(sorted({row[_LANGUAGE_COLUMN] for row in rows if len(row) > 1}))
        spoken = {self.language_of(voice) for voice in self.voices} - _UNREAD
        spoken |= {language for language, voice in _PLAINEST.items() if voice in self.voices}
        self.languages = tuple(sorted(spoken if japanese.can_read() else spoken - {"ja"}))
        for voice in self.named_voices:
            await self._try(voice)

    async def _try(self, voice: str) -> None:
        try:
            await self.say(WARM_UP, voice)
        except (UtteranceError, TransientError) as error:
            raise StartError(
                f"espeak cannot speak in the voice {voice}: {error.message}",
                remedy=f"Choose from {self._program} --voices, column Language.",
            ) from error

    def language_of(self, voice: str) -> str:
        """Return the language of a voice such as en-us or de+f3."""
        return re.split("[-+]", voice)[0]

    def voice_for(self, language: str) -> str:
        """Return the plainest voice of a language: es before es-419, fr-fr before fr-be."""
        if (voice := _PLAINEST.get(language, "")) in self.voices:
            return voice
        spoken = (voice for voice in self.voices if self.language_of(voice) == language)
        usual = f"{language}-{language}"
        return min(spoken, key=lambda voice: (len(voice), voice != usual), default="")

    async def say(self, text: str, voice: str) -> AudioChunk:
        """Return the speech of `text`."""
        rate = str(round(_WORDS_PER_MINUTE * self._speed))
        path = find(self._program, _REMEDY)
        command = [path, "--stdin", "--stdout", "-b", "1", "-v", voice, "-s", rate]
        language = self.language_of(voice)
        if language == "ja" and japanese.can_read():
            text = japanese.in_kana(text)
        plain = _MARKUP.sub(" ", text)
        if language in _SPELLING and _LATIN.search(plain):
            plain = f"<speak>{_LATIN.sub(_IN_ENGLISH, plain)}</speak>"
            command.append("-m")
        run = await Program.start(command)
        data = await run.speak(plain, self.progress, silent_s=_SILENT_S, most_bytes=_MOST_BYTES)
        return sound.from_wav(data)

    async def close(self) -> None:
        """Hold nothing."""

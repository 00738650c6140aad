"""Classes of writing of German, French and Spanish, each with lines that must stay as they are."""

from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.chat.policy import SpeakableSettings
from bot.policy.cleaning import clean
from bot.policy.draft import Draft
from bot.policy.speakable import Speakable

Make = Callable[..., Draft]

_LANGUAGES = {"de": "german", "es": "spanish", "fr": "french"}
_READERS = {
    language: Speakable(SpeakableSettings.model_validate({"language": language}))
    for language in _LANGUAGES
}
_HOSTILE = [
    "1" * 40_000, "1+" * 20_000, "1-" * 20_000, "1/" * 20_000, "1." * 20_000, "1,000" * 8_000,
    "1 " * 20_000, "1x" * 20_000, "1:" * 20_000, "0151 " * 8_000, "+49 " * 10_000, "1h1" * 13_000,
    "1 1/" * 10_000, "XIV" * 13_000, "XIV " * 10_000, "z.B." * 10_000, "1^" * 20_000,
    "c g " * 10_000, "1." + " " * 40_000, "las 1:" * 8_000, "v1." * 13_000, "5.-" * 13_000,
    "1m 2" * 10_000, "1=" * 20_000, "111 " * 10_000, "1 - " * 10_000 + "=",
]  # fmt: skip


def _cases() -> list[tuple[str, str, str]]:
    found = []
    for language, name in _LANGUAGES.items():
        table = Path(f"tests/data/reading/{name}.tsv").read_text(encoding="utf-8")
        found += [(language, *row.split("\t")) for row in table.splitlines()[1:]]
    return [(language, written, said) for language, written, said in found]


@pytest.mark.parametrize(("language", "written", "said"), _cases())
def test_every_class_of_writing(language: str, written: str, said: str) -> None:
    assert _READERS[language].read(clean(written)) == said


@pytest.mark.parametrize(("language", "written", "said"), _cases())
def test_words_stay_when_they_are_read_again(language: str, written: str, said: str) -> None:
    assert _READERS[language].read(said) == said, written


_PARTS = st.sampled_from(sorted({part for _, line, _ in _cases() for part in line.split()}))


@pytest.mark.parametrize("language", _LANGUAGES)
@given(st.lists(_PARTS, max_size=4), st.sampled_from(["", " "]))
def test_whatever_stands_together_is_read_once(
    language: str, parts: list[str], between: str
) -> None:
    said = _READERS[language].read(clean(between.join(parts)))
    assert _READERS[language].read(said) == said


@pytest.mark.parametrize("language", _LANGUAGES)
@pytest.mark.parametrize("text", _HOSTILE, ids=[text[:8] for text in _HOSTILE])
def test_what_is_long_takes_no_more_than_its_length(language: str, text: str) -> None:
    read = _READERS[language].read
    times = []
    for part in (len(text) // 8, len(text)):
        begun = process_time()
        read(text[:part])
        times.append(process_time() - begun)
    assert times[1] < 40 * times[0] + 0.5  # a square would be sixty-four

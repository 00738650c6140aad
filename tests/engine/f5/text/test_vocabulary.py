"""Tokens are upstream's, character by character."""

from pathlib import Path

import pytest

from bot.engine.f5.text.vocabulary import UNKNOWN_ID, load_vocabulary, to_ids, tokenize
from bot.engine.upstream.importing import import_upstream
from bot.errors import StartError

CORPUS = [
    "",
    " ",
    "Hello world.How are you? It's C++ and a-b; 3.14 AT&T!",
    "你好，世界！我在学中文 hello 123。",
    "重庆银行的行长很长，一百个人一起走。",
    "“Quotes” and ‘single’ ones: done",
    "naïve café, Größe, señor, 42 €",
    "😀 ok 👨‍👩‍👧 🇩🇪",
    "すみません 한국어 Привет ——……",
    "mixed中文and English，ok",
    "\t\n\r tabs\u200b\u202e zero \x00",
    "龘龘 𠀀𠀁 㐀",
    "a" * 300,
]


@pytest.mark.parametrize("text", CORPUS)
def test_tokens_equal_upstream(text: str) -> None:
    utils = import_upstream("f5_tts.model.utils")
    [expected] = utils.convert_char_to_pinyin([text])
    assert tokenize(text) == expected


def test_what_the_vocabulary_lacks_is_unknown() -> None:
    assert to_ids("ab😀", {" ": 0, "a": 1, "b": 2}) == [1, 2, UNKNOWN_ID]


def test_the_official_vocabulary_is_read_as_upstream_reads_it(tmp_path: Path) -> None:
    utils = import_upstream("f5_tts.model.utils")
    path = tmp_path / "vocab.txt"
    path.write_text(" \n!\na\nzhong1\n", encoding="utf-8")
    expected, size = utils.get_tokenizer(str(path), "custom")
    assert load_vocabulary(path) == expected
    assert len(load_vocabulary(path)) == size


@pytest.mark.parametrize("content", [None, b"", b"a\nb\n", b"\xff\xfe"])
def test_a_bad_vocabulary_is_refused(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "vocab.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StartError, match=r"vocab\.txt"):
        load_vocabulary(path)

from hypothesis import given
from hypothesis import strategies as st

from bot.engine.word_times import gather, written_words
from bot.messages import WordTime

TEXTS = st.text(alphabet="ab,. -\n你「」é🎉", max_size=40)


@given(TEXTS)
def test_the_words_put_together_are_the_text_without_its_spaces(text: str) -> None:
    assert "".join(written_words(text)) == "".join(text.split())


def test_words_stand_between_spaces_and_chinese_characters_alone() -> None:
    assert written_words(" Well, $5.50 — no!\n") == ["Well,", "$5.50", "—", "no!"]
    assert written_words("我说「你好」。 ok") == ["我", "说「", "你", "好」。", "ok"]


@given(TEXTS, st.data())
def test_gathered_is_every_word_once_and_in_order(text: str, data: st.DataObject) -> None:
    parts = []
    for word in written_words(text):
        if data.draw(st.booleans()):  # else it is not said
            cut = data.draw(st.integers(0, len(word) - 1))
            parts += [part for part in (word[:cut], word[cut:]) if part]
    heard = [WordTime(part, n / 8, n / 8 + 0.1, is_exact=True) for n, part in enumerate(parts)]
    words = gather(text, heard)

    assert [word.text for word in words] == written_words(text)
    times_s = [time_s for word in words for time_s in (word.start_s, word.end_s)]
    assert times_s == sorted(times_s)


def word(text: str, start_s: float, end_s: float, said: str = "", *at_s: float) -> WordTime:
    return WordTime(text, start_s, end_s, is_exact=True, phonemes=said, phoneme_starts_s=at_s)


def test_a_word_in_parts_has_the_phonemes_of_all_of_them() -> None:
    parts = [word("Hel", 0.1, 0.2, "hɛl", 0.1, 0.12, 0.15), word("lo", 0.3, 0.4, "O", 0.3)]

    assert gather("Hello …", parts) == (
        word("Hello", 0.1, 0.4, "hɛlO", 0.1, 0.12, 0.15, 0.3),
        word("…", 0.4, 0.4),
    )


def test_what_is_moved_stays_inside() -> None:
    moving = word("a", 0.1, 0.4, "ab", 0.1, 0.3)

    assert moving.moved(0.2) == word("a", 0.3, 0.6, "ab", 0.3, 0.5)
    assert moving.moved(-0.2, latest_s=0.15) == word("a", 0.0, 0.15, "ab", 0.0, 0.1)

# ruff: noqa: RUF001 - the characters that look alike are the point

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config.chat.policy import PolicySettings, SpeakableSettings
from bot.messages import ChatMessage, Utterance
from bot.policy import Policy
from bot.policy.cleaning import clean, is_pronounceable, plain
from bot.policy.draft import Draft
from bot.policy.speakable import Speakable
from bot.policy.speakable.pronunciation import Pronunciation

Make = Callable[..., Draft]
Message = Callable[..., ChatMessage]


def _cases() -> list[tuple[str, str]]:
    table = Path("tests/data/reading/english.tsv").read_text(encoding="utf-8")
    return [
        (written, said) for written, said in (row.split("\t") for row in table.splitlines()[1:])
    ]


_WORDS = [
    "u", "r", "k", "ty", "gg", "US", "GTA", "IV", "chapter", "lvl", "no.", "the", "a", "in", "for",
    "4", "2", "may", "Jan", "5", "10k", "$", "%", "-",
]  # fmt: skip
_CHAT = st.lists(
    st.one_of(
        st.sampled_from([written for written, _ in _cases()]),
        st.text("0123456789.,:-/$€%k apmvxIVX<>()'~^*+=#@&_", max_size=20),
        st.sampled_from(_WORDS),
    ),
    max_size=4,
).map(" ".join)


def words(sent: Draft, **chosen: object) -> str:
    return Speakable(SpeakableSettings.model_validate(chosen))(sent).text


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("7 cats", "seven cats"),
        ("105", "one hundred and five"),
        ("1,000", "one thousand"),
        ("1,234.5", "one thousand two hundred and thirty four point five"),
        ("1.000.000", "one million"),
        ("3.14", "three point one four"),
        ("it was .5 ok 5.", "it was point five ok five."),
        ("-5 degrees", "minus five degrees"),
        ("007", "double oh seven"),
        ("in 1984 and 2024", "in nineteen eighty four and twenty twenty four"),
        ("1st 2nd 23rd 11th", "first second twenty third eleventh"),
        ("3-4 or 2020-2021", "three to four or twenty twenty to twenty twenty one"),
        ("50% 5-10%", "fifty percent five to ten percent"),
        ("9/10 1/2 24/7", "nine out of ten one half twenty four seven"),
        ("3:2", "three to two"),
        ("v1.2 and 1.2.3", "version one point two and one point two point three"),
        ("10k 1.5M", "ten thousand one point five million"),
        ("4K video", "four K video"),
        ("ps5 1v1 mp3", "ps five one v one mp three"),
        ("60fps 1km 5 kg", "sixty frames per second one kilometer five kilograms"),
        ("1984km", "one thousand nine hundred and eighty four kilometers"),
        ("1234567890", "one two three four five six seven eight nine zero"),
        ("2024-01-02", "January second twenty twenty four"),
    ],
)  # fmt: skip
def test_numbers(written: str, said: str, draft: Make) -> None:
    assert words(draft(written)) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("$5", "five dollars"),
        ("$1", "one dollar"),
        ("5€", "five euros"),
        ("£3.50", "three pounds and fifty pence"),
        ("$0.01", "one cent"),
        ("$0.00", "zero dollars"),
        ("$1.5m", "one point five million dollars"),
        ("$5 million", "five million dollars"),
        ("$1,234", "one thousand two hundred and thirty four dollars"),
        ("$1984", "one thousand nine hundred and eighty four dollars"),
        ("-$3", "minus three dollars"),
        ("¥500", "five hundred yen"),
        ("50¢", "fifty cents"),
        ("$$$", ""),
    ],
)
def test_money(written: str, said: str, draft: Make) -> None:
    assert words(draft(written)) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("10:30", "ten thirty"),
        ("17:05", "seventeen oh five"),
        ("5:00", "five o'clock"),
        ("5pm", "five PM"),
        ("at 5 a.m. sharp", "at five AM sharp"),
        ("10:30 PM", "ten thirty PM"),
        ("1:23:45", "one hour twenty three minutes and forty five seconds"),
        ("WR 1:23:45", "WR one twenty three forty five"),
        ("25:99", "twenty five to ninety nine"),
    ],
)
def test_times(written: str, said: str, draft: Make) -> None:
    assert words(draft(written)) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("brb", "be right back"),
        ("IDK, ngl", "I don't know, not gonna lie"),
        ("gg wp", "good game well played"),
        ("w/ you w/o me", "with you without me"),
        ("cats, dogs, etc. and more", "cats, dogs, et cetera and more"),
        ("e.g. this", "for example this"),
        ("Mr. X vs. me", "mister X versus me"),
        ("eggs rnb thxs", "eggs rnb thxs"),
        ("it's ur turn", "it's your turn"),
        ("U.S. R&B", "U.S. R and B"),
    ],
)
def test_slang(written: str, said: str, draft: Make) -> None:
    assert words(draft(written)) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("this & that", "this and that"),
        ("2+2=4", "two plus two equals four"),
        ("2 * 3", "two times three"),
        ("C++", "C plus plus"),
        ("#1 #tag", "number one hashtag tag"),
        ("@viewer hi", "viewer hi"),
        ("meet @ noon", "meet at noon"),
        ("I <3 you </3", "I heart you broken heart"),
        ("hi :) :D ;) ^^ xD", "hi"),
        ("20°C", "twenty degrees Celsius"),
        ("-5 °F, 90°", "minus five degrees Fahrenheit, ninety degrees"),
        ("(╯°□°)╯︵ ┻━┻", ""),
        ("x^2", "x squared"),
        ("and/or", "and or"),
        ("<b>hi</b>", "hi"),
        ("~5", "about five"),
        ("5 < 6", "five is less than six"),
        ("a -> b", "a b"),
        ("under_score", "under score"),
    ],
)
def test_symbols(written: str, said: str, draft: Make) -> None:
    assert words(draft(written)) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("THIS IS SO GOOD", "this is so good"),
        ("USA USA USA", "USA USA USA"),
        ("that was INSANE bro", "that was insane bro"),
        ("I live in the EU", "I live in the EU"),
        ("I AM HERE", "I am here"),
        ("A", "A"),
        ("ПРИВЕТ ВСЕМ", "привет всем"),
        ("NASA and ESA", "NASA and ESA"),
    ],
)
def test_shouting(written: str, said: str, draft: Make) -> None:
    assert words(draft(written)) == said


@pytest.mark.parametrize(
    ("setting", "written", "said"),
    [
        ("numbers", "7 cats", "7 cats"),
        ("symbols", "a & b", "a b"),
        ("slang", "brb", "brb"),
        ("lower_shouting", "THIS IS LOUD", "THIS IS LOUD"),
    ],
)
def test_everything_can_be_switched_off(setting: str, written: str, said: str, draft: Make) -> None:
    assert words(draft(written), **{setting: False}) == said


def test_own_replacements_win(draft: Make) -> None:
    own = Pronunciation({"gg": "gee gee", "C++": "see plus plus", "o7": "salute"})
    assert words(own(draft("GG C++ o7 eggs"))) == "gee gee see plus plus salute eggs"


def test_own_acronyms(draft: Make) -> None:
    assert words(draft("THE XYZ WON"), acronyms=["xyz"]) == "the XYZ won"


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        ("es", "tengo 21 años y 1 perro", "tengo veintiún años y un perro"),
        ("es", "cuesta 5,50€ o $20", "cuesta cinco euros con cincuenta céntimos o veinte dólares"),
        ("es", "el 1/5/2024", "el primero de mayo de dos mil veinticuatro"),
        ("es", "a las 10:30", "a las diez y treinta"),
        ("es", "1 h, 3-4 km, 5k subs", "una hora, tres a cuatro kilómetros, cinco mil subs"),
        ("es", "el 2º, xq no?", "el segundo, porque no?"),
        ("de", "7 Katzen & 1.000 Hunde", "sieben Katzen und eintausend Hunde"),
        ("de", "3,5 oder -5", "drei Komma fünf oder minus fünf"),
        ("de", "am 3.5.1984", "am dritten Mai neunzehnhundertvierundachtzig"),
        ("de", "um 13:00", "um dreizehn Uhr"),
        ("de", "21,99€ und 1 €", "einundzwanzig Euro und neunundneunzig Cent und ein Euro"),
        ("de", "kp, 2 mio bei 100%", "kein Plan, zwei Millionen bei einhundert Prozent"),
        ("de", "ab 1. Dezember, zum 3. Mal", "ab ersten Dezember, zum dritten Mal"),
        ("de", "2. Platz! 1. Mal, der 2. Platz", "zweiter Platz! erstes Mal, der zweite Platz"),
        ("de", "das war 1:0 um 1:00", "das war eins zu null um ein Uhr"),
        ("de", "15.03. ist Release", "fünfzehnter März ist Release"),
        ("de", "ab 15.03. Version 1.2.", "ab fünfzehnten März Version eins Punkt zwei."),
        ("de", "3x so gut, 1x", "dreimal so gut, einmal"),
        ("es", "fue 1:0, 49,99 euros", "fue uno a cero, cuarenta y nueve coma nueve nueve euros"),
        ("es", "1ro, 2do y la 3ra vez", "primero, segundo y la tercera vez"),
        ("fr", "1ère fois, 1er, un 1:0", "première fois, premier, un un à zéro"),
        ("pt", "2ª vez, 1º", "segunda vez, primeiro"),
        ("fr", "21 brb", "vingt et un brb"),
        ("fr", "5,50 € à 10h30", "cinq euros et cinquante centimes à dix heures trente"),
        ("fr", "le 1/5/2024, 2e place", "le premier mai deux mille vingt quatre, deuxième place"),
        ("fr", "slt, 1 234 vues", "salut, mille deux cent trente quatre vues"),
        ("pt", "R$ 10,50 vc tb", "dez reais e cinquenta centavos você também"),
        ("pt", "2 mi às 18:00", "dois milhões às dezoito horas"),
        ("ja", "¥500と100円", "五百円と百円"),
        ("ja", "2024-05-03 10:30", "二千二十四年五月三日 十時三十分"),
        ("it", "1.000 e 3,5", "mille e tre virgola cinque"),
        ("ru", "5 рублей", "пять рублей"),
        ("zz", "7 cats", "7 cats"),
    ],
)  # fmt: skip
def test_other_languages_have_tables_or_numbers_alone(
    language: str, written: str, said: str, draft: Make
) -> None:
    assert words(draft(written), language=language) == said


@pytest.mark.parametrize("language", ["es", "de", "fr", "pt", "ja"])
@given(_CHAT.map(clean))
def test_other_languages_are_read_once(language: str, draft: Make, text: str) -> None:
    said = words(draft(text), language=language)
    assert words(draft(said), language=language) == said


@pytest.mark.parametrize("language", ["en", "de", "fr", "ja", "ar", "zz"])
def test_an_endless_number_is_short(language: str, draft: Make) -> None:
    assert len(words(draft("9" * 5_000), language=language)) < 400


def test_an_engine_gets_no_markup(draft: Make) -> None:
    said = words(draft("[word](/fəʊ/) {x} <speak> `y` \\z | *b* _i_"))
    assert set("[](){}<>/\\|`*_").isdisjoint(said)
    assert said == "word fəʊ x y z b i"


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("hello !", "hello!"),
        ("a : b - c", "a b c"),
        ("...", ""),
        ("don't stop", "don't stop"),
        ("¿qué?", "¿qué?"),
        ("हिन्दी।", "हिन्दी।"),
        ("█▀█ ★", ""),
    ],
)
def test_plain(written: str, left: str) -> None:
    assert plain(written) == left


def test_what_is_kept_stays() -> None:
    assert plain("hi 😀 ★", frozenset("😀")) == "hi 😀"
    assert is_pronounceable("😀", frozenset("😀"))
    assert not is_pronounceable("😀 ?!")


@pytest.mark.parametrize("language", ["en", "de", "ja", "ru", "vi", "zz"])
@given(st.one_of(st.text(max_size=80), st.text("0123456789.,:-/$€%k apmv", max_size=60)).map(clean))
def test_any_text_becomes_plain(language: str, draft: Make, text: str) -> None:
    said = words(draft(text), language=language)
    assert plain(said) == said


@pytest.mark.parametrize(("written", "said"), _cases())
def test_every_class_of_writing(written: str, said: str, message: Message) -> None:
    verdict = Policy(PolicySettings(), voice="heart")(message(written))
    assert (verdict.body if isinstance(verdict, Utterance) else "") == said


@pytest.mark.parametrize(("written", "said"), _cases())
def test_words_stay_when_they_are_read_again(written: str, said: str, draft: Make) -> None:
    assert words(draft(said)) == said, written


_NUMBERS = st.sampled_from(
    [
        "1", "2.00", "$5", "1,000", "10k", "5%", "3-4", "10:30", "1/2", "1st", "2024", "0.5", ".5",
        "007", "90s", "5km", "-3", "2x", "3x4", "v2", "1.2.3", "5'11", "A4",
    ]
)  # fmt: skip
_BEFORE = st.sampled_from(
    [
        "in", "room", "call", "the", "a", "at", "US", "HP", "elo", "flight", "patch", "iphone",
        "Jan", "chapter", "~", "<", "$", "#", "x", "part", "odds",
    ]
)  # fmt: skip


@settings(deadline=None)
@given(_BEFORE, _NUMBERS, st.sampled_from(["", " "]), _NUMBERS)
def test_every_number_is_read_behind_every_word(
    draft: Make, before: str, number: str, between: str, other: str
) -> None:
    said = words(draft(f"{before} {number}{between}{other}"))
    assert not set(said) & set("0123456789$%<>~#/")


@settings(deadline=None)
@given(_CHAT.map(clean))
def test_reading_is_idempotent(draft: Make, text: str) -> None:
    said = words(draft(text))
    assert words(draft(said)) == said


@given(st.integers(0, 10**9 - 1))
def test_separators_do_not_change_a_number(draft: Make, number: int) -> None:
    if not 1000 <= number < 10_000:  # they may be years and models of cards
        assert words(draft(f"a {number:,}")) == words(draft(f"a {number}"))

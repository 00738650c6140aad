import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Picture
from bot.sources.html_text import RichText, to_text


@pytest.mark.parametrize(
    ("source", "text", "emotes"),
    [
        ("plain", "plain", ()),
        ("<b>bold</b> &amp; <i>it&#39;s</i>", "bold & it's", ()),
        ('hi <img src="data:image/png;base64,AAAA" alt=":wave:"> you', "hi :wave: you", ((3, 9),)),
        ("a<img alt='Kappa'><IMG alt=Keepo>b", "a Kappa Keepo b", ((2, 7), (8, 13))),
        ('yes <img alt="\U0001f600" src=x>!', "yes \U0001f600!", ()),
        ('<img title="LUL" src=x>', "LUL", ((0, 3),)),
        ('<img src="x.png">', "", ()),
        ('<img alt="a > b"> c', "a > b c", ((0, 5),)),
        ('<img alt="">x', "x", ()),
        ("one<br>two<div>three</div>", "one two three ", ()),
        ("I <3 you < me", "I <3 you < me", ()),
        ("<script>alert(1)</script>x<style>b{}</style>y<!-- no -->z", "xyz", ()),
        ("<!doctype html><?xml?></ x>a", "a", ()),
        ("a<script>never closed", "a", ()),
        ("a <b unclosed", "a ", ()),
        ('a <img alt="unclosed>', "a ", ()),
        ("&lt;img alt=x&gt;", "<img alt=x>", ()),
        ("&#x1F600; &notanentity; &#99999999999; &", "\U0001f600 \xacanentity; \ufffd9999; &", ()),
        ("&amp;lt;", "<", ()),  # escaped twice
        ("&amp;amp;lt;", "&lt;", ()),
        ('<img alt="&amp;lt;3">', "<3", ((0, 2),)),
    ],
)
def test_html_becomes_text(source: str, text: str, emotes: tuple[tuple[int, int], ...]) -> None:
    assert to_text(source) == RichText(text, emotes)


def test_pictures_have_addresses_by_https_and_each_stands_once() -> None:
    source = (
        '<img alt=":a:" src="https://one.example/a.png?x=1&amp;y=2"> '
        '<img src=https://one.example/b alt=":b:"><img alt=":a:" '
        'src="https://one.example/a.png?x=1&amp;y=2">'
        '<img alt=":c:" src="http://one.example/c"><img alt=":d:" src="javascript:alert(1)">'
        f'<img alt=":e:" src="https://{"e" * 500}">'
    )

    assert to_text(source).pictures == (
        Picture(name=":a:", address="https://one.example/a.png?x=1&y=2"),
        Picture(name=":b:", address="https://one.example/b"),
    )
    assert len(to_text("".join(f"<img alt=x src=https://h/{n}>" for n in range(99))).pictures) == 20


@given(st.text() | st.text(alphabet="<>/!-&;#\"' =abimgltx0123"))
def test_no_html_raises_and_ranges_fit(source: str) -> None:
    text, emotes, _ = to_text(source)

    ends = [0, *(bound for pair in emotes for bound in pair), len(text)]
    assert ends == sorted(ends)


@pytest.mark.parametrize(
    "unit",
    [
        *("<", "<a ", "<a/", "<a b='", '<a b="', "<a'", "<a =", "</", "<?", "<!", "<!--", "<!--x>"),
        *("<img alt=x src=", "<img alt=x src=https://h/> "),
        *("&", "&a", "&#1", "<script>", "<style></style", "<img alt=x>", '<img alt="', "<img alt "),
    ],
)
def test_its_time_grows_with_the_length(unit: str) -> None:
    """A quadratic parser needs minutes for these, and the test would not end."""
    text, *_ = to_text((unit * 500_000)[:1_000_000])

    assert len(text) <= 1_000_000

# ruff: noqa: RUF001 - the characters that look alike are the point

from collections.abc import Callable
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.chat.policy import LinkSettings
from bot.messages import Rejection, RejectReason
from bot.policy.cleaning import clean
from bot.policy.draft import Draft
from bot.policy.links import Links

Make = Callable[..., Draft]

LINKS = [
    "https://example.com/a?b=c#d", "http://localhost:8080", "HTTPS://EXAMPLE.COM",
    "ftp://files.example", "steam://run/440", "www.example.museum", "example.com",
    "example.com:8080/x", "Example.Co.Uk/path", "t.co/AbC", "bit.ly/x", "discord.gg/abc",
    "youtu.be/dQw4", "twitch.tv/someone", "sub.domain.example.org", "xn--bcher-kva.de",
    "bücher.de", "me@example.com", "first.last+tag@mail.example.co.uk", "192.168.0.1",
    "10.0.0.1:8080/admin", "2001:db8::ff00:42:8329", "[fe80::1:2:3:4]:80/x", "mailto:me@here",
    "magnet:?xt=urn:btih:abc", "javascript:alert(1)",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg", "go.live/now", "ｅｘａｍｐｌｅ．ｃｏｍ",
    "example。com",
    "iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4",
    "d41d8cd98f00b204e9800998ecf8427e",
]  # fmt: skip
NO_LINKS = [
    "hello.world", "e.g. this", "i.e. that", "v1.2.3", "3.5", "1.2.3", "1.000.000", "ok.so what",
    "go.live", "wait...what", "10:30:45", "std::vector", "a.m. and p.m.", "Mr.Smith", "node.js",
    "readme.md", "U.S.A.", ":: :3 ::3", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "1:2",
    "@viewer", "me@home", "www", "http", "hahahahahahahahahahahahahahahahahahahahaha",
    "11111111111111111111111111111111111111111111", "256.1.1.1",
    "covid-19-is-not-the-thing-you-think-2020",
    "Donaudampfschifffahrtsgesellschaftskapitän",
]  # fmt: skip


def text_after(sent: Draft, action: Literal["strip", "drop", "link", "off"] = "strip") -> str:
    result = Links(LinkSettings(action=action))(sent)
    assert isinstance(result, Draft)
    return result.text


@pytest.mark.parametrize("link", LINKS)
def test_links_are_found(link: str, draft: Make) -> None:
    assert text_after(draft(clean(f"see {link} now"))) == "see now"
    assert text_after(draft(clean(link))) == ""


@pytest.mark.parametrize("text", NO_LINKS)
def test_what_only_looks_like_a_link_stays(text: str, draft: Make) -> None:
    assert text_after(draft(text)) == text


def test_actions(draft: Make) -> None:
    sent = draft("see example.com, ok")
    assert text_after(sent, "off") == "see example.com, ok"
    assert text_after(sent, "link") == "see link, ok"
    dropped = Links(LinkSettings(action="drop"))(sent)
    assert isinstance(dropped, Rejection)
    assert dropped.reason is RejectReason.LINK
    assert text_after(draft("no address"), "drop") == "no address"


def test_the_word_is_configurable(draft: Make) -> None:
    result = Links(LinkSettings(word="Adresse"))(draft("(https://example.com)"))
    assert isinstance(result, Draft)
    assert result.text == "Adresse"


@given(st.text(max_size=200).map(clean), st.sampled_from(LINKS))
def test_no_text_hides_a_link_that_stands_alone(draft: Make, text: str, link: str) -> None:
    found = Links(LinkSettings(action="drop"))(draft(f"{text} {clean(link)} {text}"))
    assert isinstance(found, Rejection)


@given(st.text("a.:/@-1 ", max_size=200).map(clean))
def test_stripping_is_stable(draft: Make, text: str) -> None:
    once = text_after(draft(text))
    assert len(once) <= len(text)

"""Section `mqtt`."""

import pytest

from bot.config import loads
from bot.errors import ConfigError

CHANNELS = "channels: [{name: main, sources: [{type: mqtt}]}]\n"


def test_topics_of_a_channel_need_a_broker() -> None:
    with pytest.raises(ConfigError, match=r"needs mqtt\.enabled"):
        loads(CHANNELS)

    assert loads(CHANNELS + "mqtt: {enabled: true}").mqtt.host == "localhost"


@pytest.mark.parametrize("topic", ["a/#", "+/a", "$SYS", "/a", "a/", "a b", ""])
def test_a_topic_that_matches_others_or_begins_nowhere_is_refused(topic: str) -> None:
    with pytest.raises(ConfigError, match="topic"):
        loads(f'{CHANNELS}mqtt: {{enabled: true, topic: "{topic}"}}')


@pytest.mark.parametrize(
    ("tls", "words"),
    [
        ("{enabled: true, key: k.pem}", "key needs `certificate`"),
        ("{ca: ca.pem}", "need enabled: true"),
    ],
)
def test_half_a_certificate_is_refused(tls: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        loads(f"{CHANNELS}mqtt: {{enabled: true, tls: {tls}}}")


def test_the_password_is_not_shown() -> None:
    settings = loads(CHANNELS + "mqtt: {enabled: true, password: hunter2}")

    assert "hunter2" not in repr(settings)

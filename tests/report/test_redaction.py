"""What must not be told is not, wherever and however it stands."""

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.report import secrets
from bot.report.forms import REMOVED, without_private_keys
from bot.report.redaction import Redactor

SECRET = "Hunter2-S3cret"
HIDING = (
    "Authorization: Bearer {}",
    "authorization='OAuth {}'",
    "'Authorization': 'Basic {}'",
    "sent bearer {} to the server",
    "PASS oauth:{}",
    "wss://user:{}@example.org/chat",
    "mqtt://{}@broker:1883",
    "connected to somebody:{}@broker.lan",
    "GET /api/chat?token={}&x=1",
    "https://id.twitch.tv/oauth2/token?client_secret={}",
    "https://example.org/#access_token={}",
    "password={}",
    "password: '{}'",
    '{{"refresh_token": "{}"}}',
    '{{"mqtt": {{"password": "{}"}}}}',
    "server_token={} port=1",
    "api_key = {}",
    "Set-Cookie: {}",
    "passphrase: {}",
    "streamkey={}",
    "stream key is {}",
    "stream_key: '{}'",
    "the token is {}",
    "password was {}",
    "MQTT_USERNAME={}",
    "ISHOWTTS_MQTT_PASSWORD={}",
    "rtmp://live.twitch.tv/app/{}",
    "rtmps://a.rtmps.youtube.com/live2/{}",
    "https://discord.com/api/webhooks/1234/{}",
    "https://hooks.slack.com/services/T0/B0/{}",
    "https://broker/x?sig={}",
    "session_id={}",
    "Proxy-Authorization: Basic {}",
    "X-Api-Key: {}",
    "bearer: {}",
    "Cookie: theme=dark; id={}",
    "cookie jar: sid={}",
    "curl -u somebody:{} https://example.org",
    "https://a:b@{}@example.org",
    "http://a:{}@[::1]:80/",
    "https://example.org/?apikey={}",
    "https://example.org/?a=1&pwd={}&b",
    "https://example.org/?X-Amz-Credential=x&X-Amz-Signature={}",
    "https://ptb.discord.com/api/v10/webhooks/1234/{}",
    "srt://host:9000?streamid={}",
    "stream id: streamid=publish:{}",
    "MQTT_PASS={}",
    "MQTT_USER={}",
    "mqtt.username: {}",
    "pwd={}",
    "key={}",
    "StreamElements jwt: {}",
    "token is '{}'",
    "token {} was refused",
    "the key of the API is {}",
    "client secret is {}",
    "device_code={}",
    "code={}&scope=chat",
    "oauth%3A{}",
    "obs-websocket authentication={}",
    "-----BEGIN PRIVATE KEY-----\\n{}\\n-----END PRIVATE KEY-----",
    "-----BEGIN PGP PRIVATE KEY BLOCK-----\n{}\n-----END PGP PRIVATE KEY BLOCK-----",
)
LOOKS = (
    "live_123456789_AbCdEfGhIjKlMnOpQrStUvWx",
    "abcd-1ef2-gh3i-4jkl-5mno",
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "sk-proj-0123456789abcdefghijklmnop",
    "xoxb-123456789012-abcdefghijkl",
    "live_123_abcdefgh",
    "sk_us-west-2_AbCdEf123456_ghIjKl",
    "ASIAIOSFODNN7EXAMPLE",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP",
    "AIzaSyA1234567890abcdefghijklmnopqrstuvw",
    "ya29.a0AfH6SMBabcdefghijklmnop",
    "github_pat_11ABCDEFG0abcdefghijklmnop",
    "glpat-abcdefghij1234567890",
    "hf_abcdefghijklmnopqrstuvwxyzABCDEFGH",
    "MTAxNTc0MTAxNTc0MTAxNTc0.GabcDE.abcdefghijklmnopqrstuvwxyz0123",
    "https://api.telegram.org/bot123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11/sendMessage",
)
HARMLESS = (
    "no token is needed for the ingest",
    "the token is missing; log in again",
    "2026-11-26 10:00:00 [info] the key is the first word",
    "00000000-0000-0000-0000-000000000000 is an id",
    "engine f5 is ready after 12.3 s, live in 4 s",
    "rtmp is no source",
    "a well-known-four-word-name stays",
    "this-will-take-some time",
    "Basic English and bearer tokens are words",
    "exit code: 137, code=404, key: 3",
    "the password must be longer; the token expires in 3600 s",
    "bypass=true passes=3 compass: north",
    "authentication: failed for alsa_output.usb-Focusrite_Scarlett_2i2-00.analog-stereo",
    "sound device open device=alsa_output.pci-0000_00_1f.3.analog-stereo latency_s=0.04",
    "wss://eventsub.wss.twitch.tv/ws and irc.chat.twitch.tv:6697 are reached",
    "GET /api/status?channel=main 200 from 127.0.0.1:52114",
    "keyboard=1 monkey=2 tokens=4096 tokenizer=phonemes",
)


@pytest.mark.parametrize("line", HIDING)
def test_a_secret_is_known_by_its_form(line: str) -> None:
    redacted = Redactor().log_line(line.format(SECRET))

    assert SECRET not in redacted
    assert REMOVED in redacted


@pytest.mark.parametrize("secret", LOOKS)
def test_a_secret_is_known_by_what_it_looks_like(secret: str) -> None:
    for line in (f"it said {secret} today", f'{{"event": "x", "detail2": "{secret}"}}', secret):
        assert secret not in Redactor().log_line(line)


@pytest.mark.parametrize("line", HARMLESS)
def test_an_ordinary_line_stays(line: str) -> None:
    assert Redactor().log_line(line) == line


def test_a_private_key_goes_over_lines_of_the_log() -> None:
    key = f"-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n{SECRET}\n-----END RSA PRIVATE KEY-----"
    assert without_private_keys(f"before\n{key}\nafter") == f"before\n{REMOVED}\nafter"


@pytest.mark.parametrize("user", ["someone", "me@example.org", "oauth2"])
def test_user_and_password_are_found_in_base64(user: str) -> None:
    encoded = base64.b64encode(f"{user}:{SECRET}".encode()).decode()
    for line in (f"Authorization: Basic {encoded}", f"basic {encoded}", f"sent {encoded} there"):
        assert encoded.rstrip("=") not in Redactor().text(line)


def test_a_known_user_and_password_are_found_in_base64() -> None:
    encoded = base64.b64encode(f"someone:{SECRET}".encode()).decode()
    assert encoded not in Redactor([SECRET, "someone"]).text(f"sent {encoded} to the broker")


def test_a_secret_that_is_known_is_found_in_any_form() -> None:
    redactor = Redactor([SECRET, "a", ""])

    assert redactor.text(f"it said {SECRET}, a word") == f"it said {REMOVED}, a word"
    assert SECRET not in redactor.log_line(json.dumps({"event": f"x{SECRET}x"}))


def test_tokens_are_known_by_what_they_look_like() -> None:
    text = Redactor().text(
        "a eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc b cfabdegwdoklmawdzdo98xt2fo512y c\n"
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----\nend"
    )

    assert text == f"a {REMOVED} b {REMOVED} c\n{REMOVED}\nend"


@pytest.mark.parametrize(
    "line",
    [
        "token: null",
        "torch 2.13.0, 30 function evaluations",
        "670900fd14e6c458b95da6e9ed317cdb20dbaf7a1c02ac06a05475a9d32b6a38",
        "http://127.0.0.1:7850/api/chat",
        '{"event": "ready", "url": "http://127.0.0.1:7850"}',
    ],
)
def test_what_helps_is_kept(line: str) -> None:
    assert Redactor().log_line(line) == line


def test_chatters_have_pseudonyms_and_their_words_are_left_out() -> None:
    redactor = Redactor()
    lines = [
        '{"event": "chat disconnected", "reason": "Some_Viewer was here"}',
        '{"event": "speaking", "chatter": "Some_Viewer", "text": "my address is 1 Road"}',
        "10:00:00 [info] not read channel=main chatter='Other One' reason=blocked detail='1 Road'",
        '{"event": "obeyed", "chatter": "SOME_VIEWER", "answer": "muted Other One"}',
    ]
    for line in lines:
        redactor.meet(line)
    redacted = [redactor.log_line(line) for line in lines]

    assert redacted == [
        '{"event": "chat disconnected", "reason": "chatter-1 was here"}',
        '{"event": "speaking", "chatter": "chatter-1", "text": "(20 characters)"}',
        (
            "10:00:00 [info] not read channel=main chatter=chatter-2 reason=blocked "
            "detail=(6 characters)"
        ),
        '{"event": "obeyed", "chatter": "chatter-1", "answer": "(15 characters)"}',
    ]


def test_words_that_are_being_spoken_are_counted() -> None:
    speaking = {
        "chatter": "Ana",
        "text": "my address",
        "words": [["my", 0, 0.2], ["address", 1, 2]],
    }

    assert Redactor().value({"speaking": speaking}) == {
        "speaking": {"chatter": "chatter-1", "text": "(10 characters)", "words": "(2 words)"}
    }


def test_the_home_folder_names_nobody() -> None:
    text = Redactor(home=Path("/home/jane")).text("/home/jane/x and /home/janet/y")

    assert text == "~/x and /home/janet/y"


CONFIG = """\
# once it was Hunter2-S3cret
channels: [{name: "a #1"}] # mine: Hunter2-S3cret
server:
  token: Hunter2-S3cret # the token
  host: 0.0.0.0 # not Hunter2-S3cret
mqtt:
  username: somebody_there
  password: | # Hunter2-S3cret
    Hunter2-S3cret
    # and Hunter2-S3cret
  url: mqtt://me:Hunter2-S3cret@broker
policy: {access: {muted: [troll_person]}}
twitch: {client_id: abcdefghij0123456789abcdefghij}
"""


def test_the_configuration_keeps_everything_but_its_secrets() -> None:
    redactor = Redactor(secrets.known(CONFIG))
    redacted = secrets.without_secrets(CONFIG, redactor)

    assert "Hunter2" not in redacted
    assert "troll" not in redacted
    assert "abcdefghij" not in redacted
    assert "somebody" not in redacted
    for kept in ('name: "a #1"', f"token: {REMOVED}\n  host: 0.0.0.0\n", f"password: {REMOVED}\n"):
        assert kept in redacted


@pytest.mark.parametrize(
    "part",
    [
        "9",
        "a-",
        "a:",
        "a.",
        "token",
        "token: ",
        "-----BEGIN ",
        "authorization ",
        "'token': '",
        "?a",
    ],
)
@pytest.mark.timeout(60)
def test_a_line_without_end_costs_no_more_than_its_length(part: str) -> None:
    Redactor().log_line(part * (100_000 // len(part)))


def test_a_configuration_that_cannot_be_read_is_left_out() -> None:
    assert "left out" in secrets.without_secrets("a: [\ntoken: x", Redactor())


def test_every_secret_of_the_configuration_is_known_by_its_type() -> None:
    assert "token" in secrets.SECRET_FIELDS


@given(
    st.text(max_size=40),
    st.from_regex(r"[A-Za-z0-9._~-]{8,40}", fullmatch=True),
    st.text(max_size=40),
)
def test_a_known_secret_never_survives(before: str, secret: str, after: str) -> None:
    line = f"{before}{secret}{after}"

    assert secret not in Redactor([secret]).log_line(line)

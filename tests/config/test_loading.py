import contextlib
import re
from pathlib import Path
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, ValidationError

from bot.config import load, loads, mistakes, shipped_path
from bot.errors import ConfigError

MINIMAL = "channels: [{name: main}]\n"


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loads(text)
    return [str(problem) for problem in caught.value.problems]


def test_every_mistake_is_reported_at_once_with_line_and_suggestion() -> None:
    text = """\
channels:
  - name: my stream
    sources:
      - type: twich_irc
      - type: twitch_irc
        chanel: foo
backlog:
  max_pending: true
log:
  level: inf
volume: 3
"""

    expected = """\
line 2: channels[0].name: is 'my stream'; allowed: letters, digits, - and _, at most 40
line 4: channels[0].sources[0]: has type 'twich_irc'; \
allowed: 'console', 'ingest', 'mqtt', 'twitch_irc', 'twitch_eventsub', 'replay'; \
did you mean twitch_irc?
line 5: channels[0].sources[1].channel: is missing
line 6: channels[0].sources[1].chanel: is not a key here; \
allowed: type, channel, shared_chat, emotes; did you mean channel?
line 8: backlog.max_pending: is True; a number is needed, not true or false
line 10: log.level: is 'inf'; \
allowed: 'debug', 'info', 'warning' or 'error'; did you mean info?
line 11: volume: is not a key here; \
allowed: version, channels, server, policy, backlog, overload, moderation, commands, engine, \
sounds, playback, archive, twitch, log, mqtt, obs, metrics, wires, standby, \
worker"""

    assert "\n".join(problems(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "line 1: the file: needs keys such as `channels:`"),
        ("- 1", "line 1: the file: needs keys such as `channels:`"),
        ("channels: []", "line 1: channels: needs at least one entry"),
        ("channels: 3", "line 1: channels: is 3; needs to be a list"),
        ("channels: [{}]", "line 1: channels[0].name: is missing"),
        ("channels: [3]", "line 1: channels[0]: needs keys of its own, as in the shipped"),
        ("channels: [{name: a}, {name: a}]", "line 1: channels: two channels are called a"),
        ("server: 1\nserver: 2\n" + MINIMAL, "line 2: server: is already set in line 1"),
        ("a: [", "line 1: the file: is not YAML"),
        ("a: !!timestamp soon", "the file: is not YAML"),
        ("a: !!bool maybe", "the file: is not YAML: 'maybe'"),
        ("a: !!int ''", "the file: is not YAML"),
        ("a:\n\tb: 1", "line 2: the file: is not YAML: a line is indented with a tab"),
        ("a: 1\n\tb: 1", "line 2: the file: is not YAML: a line is indented with a tab"),
        ("a: \0", "the file: is not YAML: character 3 is 0"),
        ("[" * 5000, "the file: is not YAML: maximum recursion depth"),
        ("channels: &x [*x]", "line 1: the file: is not YAML: an alias (*name) is not read"),
        (MINIMAL + "server: {port: .inf}", "line 2: server.port: is inf; needs to be a finite"),
        (
            MINIMAL + "commands: {aliases: {'!x': explode}}",
            "line 2: commands.aliases.!x: is 'explode'; a command starts with one of skip,",
        ),
        (
            MINIMAL + "engine: {engines: [f5, f5]}",
            "line 2: engine.engines: an engine is",
        ),
        (
            "channels:\n  name: main",
            "line 1: channels: needs to be a list; begin each entry with a",
        ),
        (
            MINIMAL + "policy: {words: {drop: bad}}",
            "line 2: policy.words.drop: is 'bad'; needs to be a list; write [bad]",
        ),
        (
            MINIMAL + "policy:\n  words:\n    drop:\n",
            "line 4: policy.words.drop: is empty; needs to be a list",
        ),
        (
            MINIMAL + "policy: {words: {drop: [3]}}",
            "line 2: policy.words.drop[0]: is 3; needs to be text, in quotes",
        ),
        (
            "channels: [{name: main, sources: [type console]}]",
            "line 1: channels[0].sources[0]: needs keys of its own",
        ),
        (
            MINIMAL + "server: {port: some}",
            "line 2: server.port: is 'some'; needs to be a whole number",
        ),
        (
            MINIMAL + "metrics: {enabled: perhaps}",
            "line 2: metrics.enabled: is 'perhaps'; needs to be true or false",
        ),
        (
            MINIMAL + "policy: {speakable: {language: english}}",
            "line 2: policy.speakable.language: is 'english'; allowed: two small letters of ISO",
        ),
        (
            MINIMAL + "commands: {roles: {skipp: vip}}",
            "line 2: commands.roles.skipp: is not a key here; allowed: skip, clear, pause,",
        ),
        (
            MINIMAL + "commands: {roles: {skipp: mod}}",
            "line 2: commands.roles.skipp: is 'mod'; allowed: 'everyone', 'subscriber', 'vip',",
        ),
        ("1: 2\n" + MINIMAL, "[1]: is no key: keys are words"),
        (
            "channels: [{name: main, sources: [{type: twitch_eventsub, channel: me}]}]",
            "twitch: a source of type twitch_eventsub needs twitch.client_id: register",
        ),
    ],
)
def test_a_mistake_is_a_sentence(text: str, expected: str) -> None:
    assert any(line.startswith(expected) for line in problems(text)), problems(text)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("drop: [*word]", "in quotes"),
        ("drop: [**]", "text that begins with * needs quotes"),
        ("drop: [!word]", "text needs quotes"),
        ("trigger: !tts", "text that begins with ! needs quotes"),
        ("file: @home", "text that begins with @, % or ` needs quotes"),
        ("word: |bar", "text that begins with | or > needs quotes"),
        ("raid: {name} raids", "text goes on behind a bracket or a quotation mark"),
        ("word: 'it's'", "put all of it in double quotes"),
        ("word: 'link\n", "a quotation mark is not closed"),
        ("drop: [a, b\n", "what begins with [ needs commas within and ] behind it"),
        ("sounds: {raid: horn\n", "what begins with { needs commas within and } behind it"),
        ('path: "C:\\Users"', "put the text in single quotes"),
        ("port\n  host: here", "a key needs a colon and a space behind it"),
        ("server: port: 1", "a colon is not expected here"),
        ("a: 1\n b: 1", "a line is not indented like those beside it"),
    ],
)
def test_what_is_no_yaml_is_told_in_plain_words(line: str, words: str) -> None:
    (problem,) = problems(f"log:\n  level: info\n  {line}\n")

    assert words in problem
    assert problem.startswith(("line 3: ", "line 4: "))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("engine: {f5: {nfe: many}}", ["is 'many'; needs to be 'auto' or a whole number"]),
        ("engine: {threads: autos}", ["a whole number; did you mean auto?"]),
        ("engine: {f5: {nfe: 0}}", ["is 0; needs to be greater than or equal to 1"]),
        ("policy: {voices: {offered: bass}}", ["is 'bass'; needs to be 'all' or a list"]),
        ("policy: {events: {raid: 5}}", ["policy.events.raid: is 5; needs to be text or a list"]),
        ("policy: {events: {raid: '{nam}'}}", ["policy.events.raid: is '{nam}'; allowed: text"]),
        (
            "policy: {events: {raid: [{text: '{nam}'}, 5]}}",
            [
                "policy.events.raid[0].text: is '{nam}'; allowed: text with {name}",
                "policy.events.raid[1]: is 5; needs to be text or keys of its own",
            ],
        ),
    ],
)
def test_what_has_several_forms_is_one_mistake(text: str, expected: list[str]) -> None:
    told = problems(text)

    assert len(told) == len(expected)
    for problem, words in zip(told, expected, strict=True):
        assert words in problem


def test_every_pattern_of_the_configuration_has_words() -> None:
    folder = Path(mistakes.__file__).parent
    patterns = {
        pattern
        for path in folder.rglob("*.py")
        for pattern in re.findall(r'pattern=r"(.*?)"', path.read_text(encoding="utf-8"))
    }

    assert patterns
    for pattern in patterns:
        with pytest.raises(ValidationError) as caught:
            TypeAdapter(Annotated[str, Field(pattern=pattern)]).validate_python("\n")
        assert "; allowed: " in mistakes.sentence(caught.value)


@pytest.mark.parametrize("version", ["0", "2", "3"])
def test_another_form_is_refused_in_one_sentence(version: str) -> None:
    (problem,) = problems(f"speakers: 3\nversion: {version}\n")

    assert problem.startswith(f"line 2: version: is {version}; this ishowtts reads form 1 alone; ")


@pytest.mark.parametrize("version", ["one", "true", "1.5", "null"])
def test_a_form_is_a_number(version: str) -> None:
    assert problems(f"version: {version}")[0].startswith("line 1: version: ")


def test_a_file_may_leave_its_form_out() -> None:
    assert loads(MINIMAL) == loads("version: 1\n" + MINIMAL)


def test_a_file_that_is_not_there_or_not_text_is_one_mistake(tmp_path: Path) -> None:
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")

    for path in (tmp_path / "absent.yaml", tmp_path, binary):
        with pytest.raises(ConfigError, match=r"1 mistake:\n  - the file"):
            load(path)
    with pytest.raises(ConfigError, match="is not there; check the path behind --config"):
        load(tmp_path / "absent.yaml")


def test_a_file_without_channels_has_the_shipped_one_with_its_own_policy() -> None:
    settings = loads("policy: {words: {drop: [bad]}}\n")

    shipped = load(shipped_path()).channels
    assert [channel.name for channel in settings.channels] == ["main"]
    assert settings.channels[0].sources == shipped[0].sources
    assert settings.channels[0].policy.words.drop == ("bad",)
    assert problems("chanels: []")[0].endswith("did you mean channels?")


def test_a_secret_never_stands_in_the_report() -> None:
    text = MINIMAL + "server: {token: {hunter2: hunter2}, port: hunter}\n"

    assert "hunter2" not in "\n".join(problems(text))
    assert "hunter2" not in repr(loads(MINIMAL + "server: {token: hunter2}"))


def test_words_that_yaml_1_1_takes_for_booleans_are_words() -> None:
    assert loads("channels: [{name: off, voice: yes}]").channels[0].name == "off"


@given(st.text(max_size=200))
def test_any_text_gives_settings_or_a_report(text: str) -> None:
    with contextlib.suppress(ConfigError):
        loads(text)

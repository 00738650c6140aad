"""Files of older forms become files of today, and nothing else of them changes."""

import difflib
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import default_path, load, loads
from bot.config.migrations import FORMAT, MIGRATIONS, migrate
from bot.config.upgrade import pending, upgrade
from bot.config.yaml_source import parse
from bot.errors import ConfigError, StartError

DATA = Path(__file__).parents[1] / "data" / "config"
"""The shipped files of before."""


def changed(before: str, after: str) -> list[str]:
    return [
        line
        for line in difflib.ndiff(before.splitlines(), after.splitlines())
        if line[0] in "+-" and line.strip("+- ")
    ]


def test_the_first_shipped_file_becomes_one_of_today_with_its_comments() -> None:
    before = (DATA / "form1.yaml").read_text(encoding="utf-8")
    assert loads(before).engine.engines == ("hibari",)
    migrated = migrate(before)

    assert changed(before, migrated.text) == [
        "+ version: 3 # form of this file",
        (
            "-   name: hibari # hibari (light, English), f5 (F5-TTS), upstream (unmodified f5-tts) "
            "or tone (a sine)"
        ),
        (
            "+   engines: [hibari] # hibari (light, English), f5 (F5-TTS), upstream (unmodified "
            "f5-tts) or tone (a sine)"
        ),
        (
            "-     model: F5TTS_v1_Base # from `ishowtts model list`, or a folder with weights and "
            "vocab.txt"
        ),
        "+     model: auto # from `ishowtts model list`, or a folder with weights and vocab.txt",
        (
            "-     vocoder: vocos-mel-24khz # from the list, or a folder with config.yaml and "
            "pytorch_model.bin"
        ),
        "+     vocoder: auto # from the list, or a folder with config.yaml and pytorch_model.bin",
        "-     cfg_strength: 2.0 # strength of classifier-free guidance",
        "+     cfg_strength: auto # strength of classifier-free guidance",
    ]
    settings = loads(migrated.text)
    assert settings.engine.engines == ("hibari",)
    assert settings.engine.f5.model == "auto"
    assert len(migrated.changes) == len(MIGRATIONS)


@pytest.mark.parametrize("name", ["form1.yaml", "form2.yaml"])
def test_a_migrated_file_needs_no_more(name: str) -> None:
    once = migrate((DATA / name).read_text(encoding="utf-8")).text

    assert migrate(once) == (once, FORMAT, ())
    assert loads(once).version == FORMAT


def test_the_shipped_file_has_the_form_of_today() -> None:
    text = default_path().read_text(encoding="utf-8")

    assert migrate(text) == (text, FORMAT, ())
    assert pending(default_path()) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "channels: [{name: a}]\nengine: {name: f5, speed: 1.5} # mine\n",
            (
                "version: 3 # form of this file\n\n"
                "channels: [{name: a}]\nengine: {engines: [f5, hibari], speed: 1.5} # mine\n"
            ),
        ),
        (
            "{channels: [{name: a}], engine: {name: 'tone'}}",
            "{version: 3, channels: [{name: a}], engine: {engines: [tone, hibari]}}",
        ),
        (
            "# mine\n\n# the stream\nchannels: [{name: a}]\n",
            "# mine\n\nversion: 3 # form of this file\n\n# the stream\nchannels: [{name: a}]\n",
        ),
        (
            "# mine\nchannels: [{name: a}]\n",
            "# mine\nversion: 3 # form of this file\n\nchannels: [{name: a}]\n",
        ),
        ("version: 1\nchannels: [{name: a}]\n", "version: 3\nchannels: [{name: a}]\n"),
        (
            "channels: [{name: a}]\r\nengine:\r\n  name: f5 # ü\r\n",
            (
                "version: 3 # form of this file\r\n\r\n"
                "channels: [{name: a}]\r\nengine:\r\n  engines: [f5, hibari] # ü\r\n"
            ),
        ),
    ],
)
def test_other_layouts_are_kept(before: str, after: str) -> None:
    assert migrate(before).text == after
    loads(after)


@pytest.mark.parametrize(
    "f5",
    [
        "{model: F5TTS_v1_Base}",
        "{model: F5TTS_v1_Base, vocoder: vocos-mel-24khz, cfg_strength: 1.5}",
        "{model: mine, vocoder: vocos-mel-24khz, cfg_strength: 2.0}",
    ],
)
def test_what_was_chosen_is_kept(f5: str) -> None:
    text = f"version: 2\nchannels: [{{name: a}}]\nengine: {{f5: {f5}}}\n"

    assert migrate(text).changes == ()
    assert f5 in migrate(text).text


def test_an_older_form_is_read_without_a_change_to_the_file() -> None:
    text = "channels: [{name: a}]\nengine:\n  name: f5\n  spede: 1\n"
    with pytest.raises(ConfigError) as caught:
        loads(text)
    [problem] = caught.value.problems

    assert (problem.line, problem.path) == (4, "engine.spede")
    # What today's form still understands is read as it stands: it may have been chosen.
    old = "{model: F5TTS_v1_Base, vocoder: vocos-mel-24khz, cfg_strength: 2.0}"
    assert loads(f"channels: [{{name: a}}]\nengine: {{f5: {old}}}\n").engine.f5.cfg_strength == 2.0


def test_a_newer_form_is_refused_in_one_sentence_and_left_alone() -> None:
    text = "version: 99\nspeakers: 3\n"
    with pytest.raises(ConfigError) as caught:
        loads(text)

    assert [str(problem) for problem in caught.value.problems] == [
        (
            "line 1: version: is 99, the form of a newer ishowtts; this one knows 3 at most; "
            "update ishowtts, or take the file that you had before"
        )
    ]
    assert migrate(text).text == text


@given(st.text(max_size=80))
def test_what_is_no_configuration_is_left_alone(text: str) -> None:
    migrated = migrate(text)

    if not isinstance(parse(text).data, dict):
        assert migrated.text == text


KEYS = st.text("abcdefghij_", min_size=1, max_size=8)
VALUES = st.recursive(
    st.integers() | st.booleans() | st.text("abc: #'\"", max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(data=st.dictionaries(KEYS, VALUES, min_size=1, max_size=4), flow=st.booleans())
def test_whatever_else_stands_there_means_the_same_afterwards(
    data: dict[str, object], *, flow: bool
) -> None:
    import yaml  # noqa: PLC0415

    data["engine"] = {"name": "f5", "speed": 1}
    text = yaml.safe_dump(data, default_flow_style=flow)
    after = parse(migrate(text).text).data
    expected = parse(text).data | {
        "version": FORMAT,
        "engine": {"engines": ["f5", "hibari"], "speed": 1},
    }

    assert after == expected


def test_the_file_is_replaced_and_the_old_one_kept(tmp_path: Path) -> None:
    path, link = tmp_path / "mine.yaml", tmp_path / "link.yaml"
    path.write_text("channels: [{name: a}]\nengine: {name: f5}\n", encoding="utf-8")
    path.chmod(0o640)
    link.symlink_to(path)
    before = path.read_bytes()
    found = pending(link)
    assert found is not None
    migrated, backup = upgrade(link)

    assert migrated == found
    assert backup == tmp_path / "mine.yaml.form1.bak"
    assert backup.read_bytes() == before
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert load(path).engine.engines == ("f5", "hibari")
    assert upgrade(path)[1] is None
    path.write_bytes(before)
    assert upgrade(path)[1] == tmp_path / "mine.yaml.form1-2.bak"
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "link.yaml", "mine.yaml", "mine.yaml.form1-2.bak", "mine.yaml.form1.bak",
    ]  # fmt: skip


def test_a_file_that_cannot_be_changed_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"absent\.yaml cannot be brought to form 3: No such file"):
        upgrade(tmp_path / "absent.yaml")


def test_check_tells_what_changed_and_changes_it_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "channels: [{name: main, sources: [{type: ingest}]}]\n"
        "server: {port: 0}\nengine: {name: tone}\n"
    )

    def check(*options: str) -> str:
        command = [sys.executable, "-m", "bot", "check", "--config", str(path), *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return done.stdout + done.stderr

    told = check()
    assert "--migrate` would change:\n  - form 2: engine.name became engine.engines" in told
    assert "ok  engine tone" in told
    done = check("--migrate")
    assert "form 3. The file of before is" in done
    assert "ok  engine tone" in done
    assert "form" not in check()

"""`ishowtts voice` as a user runs it."""

import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from bot.__main__ import main
from bot.cli import EXIT_INTERRUPTED
from bot.errors import StartError
from bot.messages import Samples
from bot.runtime.files.folders import resource
from bot.voices import voice_files
from tests.cli.test_command_line import ishowtts
from tests.voices.conftest import RATE_HZ, Save

WORDS = "Hello everyone, and welcome back to the stream."
GIVEN = ("--consent", "nobody: synthetic", "--licence", "CC0-1.0", "--no-sample")


Run = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = [pytest.mark.parts, pytest.mark.timeout(900)]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    voices = tmp_path / "voices"
    path.write_text(
        f"channels: [{{name: main}}]\nengine: {{engines: [tone], f5: {{voices: {voices}}}}}\n"
    )
    return path


@pytest.fixture
def run(config: Path) -> Run:
    return lambda *arguments: ishowtts("voice", *arguments, "--config", config)


@pytest.fixture
def short(save: Save, speech: Samples) -> Path:
    """A recording of one sentence."""
    return save(speech[: RATE_HZ * 4])


def test_a_recording_becomes_a_voice(tmp_path: Path, run: Run, short: Path) -> None:
    added = run("add", "me", short, "--transcript", WORDS, "--language", "en", *GIVEN)
    assert added.returncode == 0, added.stderr
    folder = tmp_path / "voices" / "me"
    assert (folder / "transcript.txt").read_text() == f"{WORDS}\n"
    assert yaml.safe_load((folder / "voice.yaml").read_text()) == {
        "language": "en",
        "licence": "CC0-1.0",
        "source": "Recording recording.wav",
        "consent": "nobody: synthetic",
        "gain": 0.0,
        "speed": 1.0,
    }
    assert [file.name for file in (tmp_path / "voices").iterdir()] == ["me"]
    again = run("add", "me", short, "--transcript", WORDS, *GIVEN)
    assert again.returncode == 1
    assert "add --replace" in again.stderr


def test_voices_are_listed_shown_and_removed(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def voice(*arguments: str) -> tuple[int, str]:
        code = main(["voice", *arguments, "--config", str(config)])
        return code, "".join(capsys.readouterr())

    shutil.copytree(Path(__file__).parents[2] / "voices" / "bass", tmp_path / "voices" / "me")
    listed = voice("list")[1].splitlines()
    bundled = [voice.parent.name for voice in resource("voices").glob("*/voice.yaml")]
    assert [line.split()[0] for line in listed[1:]] == sorted([*bundled, "me"])
    assert all(line.endswith("ok") for line in listed[1:])
    assert "consent:    synthetic" in voice("show", "me")[1]
    (tmp_path / "voices" / "me" / "voice.yaml").write_text('licence: "\\e[2J"\n')
    assert "\x1b" not in voice("show", "me")[1] + voice("list")[1]
    assert "names no consent" in voice("list")[1]
    assert "There is no voice nobody" in voice("remove", "nobody")[1]
    code, said = voice("remove", "me")
    assert code == 1
    assert "me was not removed: nobody is there to be asked. Add --yes." in said
    assert voice("remove", "me", "--yes") == (0, "me is removed.\n")
    assert not (tmp_path / "voices" / "me").exists()
    assert "comes with the package" in voice("remove", "heart", "--yes")[1]
    assert "There is no voice me" in voice("show", "me")[1]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--transcript", WORDS, "--licence", "CC0"), "needs a record of consent"),
        (("--consent", "me", "--licence", "CC0"), "transcript is missing"),
    ],
)
def test_what_is_missing_is_named(
    run: Run, short: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    if "missing" in complaint and find_spec("faster_whisper") is not None:
        pytest.skip("faster-whisper is installed and would write it down")
    done = run("add", "me", short, *arguments)
    assert done.returncode == 1
    assert complaint in done.stderr
    assert not (short.parent / "voices" / "me").exists()


def test_a_voice_that_nobody_could_choose_and_an_empty_file_are_refused(
    run: Run, short: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.wav"
    empty.touch()
    assert "`!voice Default` means something else" in run("add", "Default", short, *GIVEN).stderr
    assert "There is no file" in run("add", "me", tmp_path / "absent.wav").stderr
    assert "empty.wav is empty" in run("add", "me", empty, "--transcript", WORDS, *GIVEN).stderr


def test_somebody_at_a_terminal_is_asked(tmp_path: Path, config: Path, short: Path) -> None:
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "bot", "voice", "add", "me", str(short), "--no-sample"]
    command += ["--transcript", WORDS, "--config", str(config)]
    process = subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower)
    os.close(follower)
    os.write(leader, b"Jane, today\nthis stream only\n")
    assert process.wait() == 0
    os.close(leader)
    about = yaml.safe_load((tmp_path / "voices" / "me" / "voice.yaml").read_text())
    assert about["licence"] == "this stream only"
    assert about["consent"] == "Jane, today"


def test_ctrl_d_ends_as_ctrl_c_does(tmp_path: Path, config: Path) -> None:
    shutil.copytree(Path(__file__).parents[2] / "voices" / "bass", tmp_path / "voices" / "me")
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "bot", "voice", "remove", "me", "--config", str(config)]
    process = subprocess.Popen(
        command, stdin=follower, stdout=follower, stderr=subprocess.PIPE, text=True
    )
    os.close(follower)
    os.write(leader, b"\x04")
    _, said = process.communicate()
    os.close(leader)

    assert (process.returncode, "Traceback" in said) == (EXIT_INTERRUPTED, False), said
    assert (tmp_path / "voices" / "me").exists()


@pytest.mark.parametrize("name", ["default", "Reset", "RANDOM"])
def test_what_voice_in_chat_takes_for_itself_is_no_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(StartError, match="means something else"):
        voice_files.verify_free(tmp_path, name, replace=True)


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/evil", "..", ".hidden", "a/b", "a\\b", "", "CON", "x" * 65, "a b"]
)
def test_a_name_never_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    root = tmp_path / "voices"
    with pytest.raises(StartError):
        voice_files.verify_free(root, name, replace=True)
    with pytest.raises(StartError):
        voice_files.remove(root, name)


def test_of_a_link_the_link_is_removed(tmp_path: Path) -> None:
    elsewhere, root = tmp_path / "elsewhere", tmp_path / "voices"
    elsewhere.mkdir()
    root.mkdir()
    (elsewhere / "transcript.txt").write_text("precious")
    (root / "me").symlink_to(elsewhere)
    voice_files.remove(root, "me")
    assert (elsewhere / "transcript.txt").read_text() == "precious"
    assert not (root / "me").exists()

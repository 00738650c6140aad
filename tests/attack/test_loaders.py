"""Files that were made to harm whoever reads them: bombs of aliases, endless ones, huge values."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from bot.config import loads
from bot.errors import ConfigError, StartError, shown
from bot.runtime.files.folders import read_bounded
from bot.runtime.files.plain_yaml import parse
from bot.voices.folder import read_about, read_recording
from tests.long import first_ones

pytestmark = pytest.mark.timeout(120)

_MEMORY_BYTES = 4 << 30
_DEADLINE_S = 100


def aliases(levels: int, end: str) -> str:
    """Return YAML whose last value has 9 to the power of `levels` parts."""
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for number in range(levels):
        before, name = chr(ord("a") + number), chr(ord("b") + number)
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]")
    return "\n".join([*lines, end.format(chr(ord("a") + levels))]) + "\n"


BOMBS = {
    "aliases of aliases": aliases(8, "gain: *{}"),
    "aliases as keys": aliases(8, "speed: {{? *{} : 1}}"),
    "an alias of itself": "gain: &a [*a]\n",
    "merged mappings": "a: &a {x: 1}\n" + "b: {<<: [" + ", ".join(["*a"] * 999) + "]}\n",
    "deep lists": "gain: " + "[" * 9_000 + "]" * 9_000 + "\n",
    "deep mappings": "gain: " + "{a: " * 5_000 + "}" * 5_000 + "\n",
    "a number of 60,000 digits": "gain: " + "9" * 60_000 + "\n",
    "a hexadecimal number of 50,000 digits": "gain: 0x" + "f" * 50_000 + "\n",
    "a number with base 60": "gain: 1" + ":59" * 20_000 + "\n",
    "a long string": "gain: " + "x" * 60_000 + "\n",
    "a long list": "gain: [" + "1, " * 20_000 + "1]\n",
    "an unknown tag of 60,000 letters": "gain: !" + "x" * 60_000 + " 1\n",
    "a date that is none": "gain: 2024-02-30\n",
    "a binary that is none": "gain: !!binary 'ä'\n",
    "a truth that is none": "gain: !!bool maybe\n",
    "a number that is empty": "gain: !!int ''\n",
    "a number with base 60 and a fraction": "gain: 1" + ":59" * 200 + ".0\n",
    "a letter that is none": 'gain: "\\UFFFFFFFF"\n',
    "a set of lists": "gain: !!set {? [1] : null}\n",
}


def in_little_memory(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python with little memory and time, so that a bomb kills the test alone."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))

    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        preexec_fn=limit,
        capture_output=True,
        text=True,
        timeout=_DEADLINE_S,
        check=False,
    )


READ_VOICE = """
import sys
from pathlib import Path
from bot.errors import StartError
from bot.voices.folder import read_about
for folder in sys.argv[1:]:
    try:
        read_about(Path(folder), allow_unlicensed=True)
    except StartError as error:
        assert len(str(error)) < 700, len(str(error))
    else:
        sys.exit(f"{folder} was taken")
"""
READ_CONFIG = """
import sys
from bot.config import load
from bot.errors import ConfigError
from pathlib import Path
for path in sys.argv[1:]:
    try:
        load(Path(path))
    except ConfigError as error:
        assert max(map(len, str(error).splitlines())) < 1500, len(str(error))
    else:
        sys.exit(f"{path} was taken")
"""


def test_no_voice_file_is_a_bomb(tmp_path: Path) -> None:
    folders = []
    for number, text in enumerate(BOMBS.values()):
        folder = tmp_path / f"voice{number}"
        folder.mkdir()
        (folder / "voice.yaml").write_text(text, encoding="utf-8")
        folders.append(str(folder))
    done = in_little_memory(READ_VOICE, *folders)
    assert done.returncode == 0, done.stderr[-2000:]


def test_no_configuration_is_a_bomb(tmp_path: Path) -> None:
    paths = []
    for number, text in enumerate(BOMBS.values()):
        for key in ("channels", "policy"):
            path = tmp_path / f"{number}-{key}.yaml"
            path.write_text(text.replace("gain:", f"{key}:"), encoding="utf-8")
            paths.append(str(path))
    done = in_little_memory(READ_CONFIG, *paths)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("name", first_ones(BOMBS, 3))
def test_a_report_of_a_bomb_is_small(tmp_path: Path, name: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(BOMBS[name], encoding="utf-8")
    done = in_little_memory(
        "import sys; from pathlib import Path; from bot.report.archive import write\n"
        "archive = write(Path(sys.argv[1]), Path(sys.argv[2]), has_check=False)\n"
        "assert archive.path.stat().st_size < 1 << 20",
        *(str(path), str(tmp_path / "report.zip")),
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_mistake_tells_the_line_and_what_to_do() -> None:
    with pytest.raises(ConfigError, match=r"line 2: .*an alias \(\*name\) is not read; write"):
        loads("channels: &a []\nengine: *a\n")


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    voice = tmp_path / "voice"
    voice.mkdir()
    os.mkfifo(voice / "reference.wav")
    with pytest.raises(StartError, match="it is no file"):
        read_recording(voice)
    with pytest.raises(OSError, match="it is no file"):
        read_bounded(Path("/dev/zero"), 10)
    sparse = voice / "voice.yaml"
    sparse.touch()
    os.truncate(sparse, 1 << 40)
    with pytest.raises(StartError, match="longer than 64 KiB"):
        read_about(voice, allow_unlicensed=True)


def test_a_configuration_without_end_is_refused(tmp_path: Path) -> None:
    for endless in (Path("/dev/zero"), tmp_path / "sparse.yaml"):
        if not endless.exists():
            endless.touch()
            os.truncate(endless, 1 << 40)
        done = in_little_memory(READ_CONFIG, str(endless))
        assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize(
    "value",
    [
        10**5000,
        "x" * 10**6,
        ["y"] * 10**6,
        [[[[["deep"]]]]],
        {"k" * 10**5: "v" * 10**5},
        b"\0" * 10**6,
        object(),
        float("nan"),
        {1, 2, 3},
    ],
    ids=["int", "str", "list", "deep", "dict", "bytes", "object", "float", "set"],
)
def test_a_value_is_shown_on_one_short_line(value: object) -> None:
    text = shown(value)
    assert 0 < len(text) <= 60
    assert "\n" not in text


def test_a_number_without_end_is_a_short_text(tmp_path: Path) -> None:
    (tmp_path / "voice.yaml").write_text(f"licence: 0x{'f' * 50_000}\nconsent: 2024\n", "utf-8")
    about = read_about(tmp_path, allow_unlicensed=False)
    assert about.consent == "2024"
    assert 0 < len(about.licence) <= 60


def test_plain_values_are_read() -> None:
    assert parse("a: 1\nb: [x, true]\nc: {d: null}\n") == {
        "a": 1,
        "b": ["x", True],
        "c": {"d": None},
    }

"""The catalogue, and what `ishowtts model list` and `path` say."""

import re
from pathlib import Path

import pytest
from platformdirs import user_data_path

from bot.engine.f5.weights.catalogue import CATALOGUE, KnownModel, find
from bot.engine.f5.weights.installed import (
    folder_of,
    kind_of,
    list_models,
    locate,
    models_folder,
    path,
    readable_size,
)
from bot.errors import StartError


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("ISHOWTTS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def put(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"x" * 1500)
    return folder


@pytest.mark.parametrize("model", CATALOGUE, ids=lambda model: model.name)
def test_what_is_fetched_is_a_folder_that_can_be_loaded(model: KnownModel) -> None:
    names = [file.name for file in model.files]
    assert len(set(names)) == len(names)
    assert kind_of(put(folder_of(model), *names)) == model.kind
    assert all(re.fullmatch(r"([0-9a-f]{64})?", file.sha256) for file in model.files)


def test_models_lie_in_the_users_data_folder(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    assert models_folder() == home / "models"
    monkeypatch.delenv("ISHOWTTS_HOME")
    assert models_folder() == user_data_path("ishowtts", appauthor=False) / "models"


def test_the_list_says_what_is_here_and_what_the_licences_mean(
    capsys: pytest.CaptureFixture[str], home: Path, tmp_path: Path
) -> None:
    put(home / "models" / "vocos-mel-24khz", "config.yaml", "pytorch_model.bin")
    put(home / "models" / "F5TTS_Base", "vocab.txt")
    put(home / "models" / "mine", "mine.pt", "vocab.txt")
    put(home / "models" / "nothing", "readme.txt")
    elsewhere = put(tmp_path / "elsewhere", "model.safetensors", "vocab.txt")
    list_models([elsewhere])
    entries = {entry.partition(":")[0]: entry for entry in capsys.readouterr().out.split("\n\n")}
    assert list(entries) == ["bundled", *(model.name for model in CATALOGUE), "mine", "elsewhere"]
    assert "CC-BY-NC-4.0" in entries["F5TTS_v1_Base"]
    assert "do not speak with it on a stream that earns money" in entries["F5TTS_v1_Base"]
    assert "Not installed" in entries["F5TTS_v1_Base"]
    assert "ishowtts model fetch F5TTS_v1_Base" in entries["F5TTS_v1_Base"]
    assert f"Incomplete in {home / 'models' / 'F5TTS_Base'}" in entries["F5TTS_Base"]
    assert "model_1200000.safetensors missing" in entries["F5TTS_Base"]
    assert "Apache-2.0" in entries["OpenF5-TTS-Base"]
    assert f"Installed in {home / 'models' / 'vocos-mel-24khz'}." in entries["vocos-mel-24khz"]
    assert "3 kB, MIT" in entries["vocos-mel-24khz"]
    assert "licence unknown" in entries["mine"]
    assert f"Installed in {elsewhere}." in entries["elsewhere"]


def test_path_prints_the_folder_of_a_fetched_model(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    folder = put(home / "models" / "vocos-mel-24khz", "config.yaml", "pytorch_model.bin")
    path("VOCOS-mel-24khz")
    assert capsys.readouterr().out == f"{folder}\n"


def test_a_folder_with_a_model_is_a_name_of_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = put(tmp_path / "tuned", "model_5000.pt", "vocab.txt")
    assert locate(str(folder)) == folder
    monkeypatch.chdir(tmp_path)
    assert locate("tuned") == folder
    mine = put(home / "models" / "mine", "mine.pt", "vocab.txt")
    assert locate("mine") == mine


def test_a_vocoder_has_its_weights_in_either_format(tmp_path: Path) -> None:
    for weights in ("pytorch_model.bin", "model.safetensors"):
        folder = put(tmp_path / weights, "config.yaml", weights)
        assert kind_of(folder) == "vocoder"
        assert locate(str(folder)) == folder
    assert kind_of(put(tmp_path / "model", "config.yaml", "model.safetensors", "vocab.txt")) == (
        "model"
    )


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ([], r"lacks vocab\.txt and model_1250000\.safetensors\. Fetch it with: ishowtts"),
        (["vocab.txt"], r"lacks model_1250000\.safetensors\. Fetch"),
    ],
)
def test_what_is_not_installed_is_named_with_the_remedy(
    home: Path, files: list[str], complaint: str
) -> None:
    put(home / "models" / "F5TTS_v1_Base", *files)
    with pytest.raises(StartError, match=complaint):
        locate("F5TTS_v1_Base")


@pytest.mark.parametrize("files", [[], ["vocab.txt"], ["a.pt", "b.pt", "vocab.txt"], ["a.pt"]])
def test_a_folder_without_one_model_is_refused(tmp_path: Path, files: list[str]) -> None:
    folder = put(tmp_path / "folder", *files)
    with pytest.raises(StartError, match=r"holds no model\. A model is one \.safetensors"):
        locate(str(folder))
    with pytest.raises(StartError, match="holds no model"):
        list_models([folder])


def test_an_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(StartError, match=r"Did you mean F5TTS_v1_Base\?"):
        find("F5TTS_v1_Bas")
    with pytest.raises(StartError, match="Choose from F5TTS_v1_Base, F5TTS_Base, "):
        locate("parrot")


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(0, "0 bytes"), (461, "461 bytes"), (13_800, "13.8 kB"), (1_348_435_761, "1.35 GB")],
)
def test_sizes_are_readable(size_bytes: int, text: str) -> None:
    assert readable_size(size_bytes) == text

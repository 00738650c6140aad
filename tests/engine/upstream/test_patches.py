"""Patching a copy of the installed f5-tts; the copy in the environment is never touched."""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bot.engine.upstream.patches import PatchError, State, Upstream, run
from tests.engine.upstream.conftest import contents, copy_package

pytestmark = pytest.mark.parts

REPOSITORY = Path(__file__).parents[3]
PATCHES = sorted((REPOSITORY / "patches").glob("*.patch"))
NOBODY = 65534


@pytest.fixture
def read_only(site: Path) -> Iterator[Path]:
    """The same folder, for a user who may only read it."""
    for path in (site, *site.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    is_root = os.geteuid() == 0  # nothing is read-only for root
    if is_root:
        os.seteuid(NOBODY)
    yield site
    if is_root:
        os.seteuid(0)
    for path in (site, *site.rglob("*")):
        path.chmod(0o755)


def test_patch_and_revert_bring_back_every_byte(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    released = contents(site)
    assert run("verify") == 1
    assert "as released" in capsys.readouterr().out

    assert run("patch") == 0
    assert "is patched. 8 files were changed." in capsys.readouterr().out
    patched = contents(site)
    assert {path for path in released if released[path] != patched[path]} == {
        "f5_tts/api.py",
        "f5_tts/infer/utils_infer.py",
        "f5_tts/model/__init__.py",
        "f5_tts/model/cfm.py",
        "f5_tts/model/modules.py",
        "f5_tts/model/backbones/dit.py",
        "f5_tts/model/backbones/mmdit.py",
        "f5_tts/model/backbones/unett.py",
    }
    assert run("verify") == 0
    assert "is patched." in capsys.readouterr().out

    assert run("revert") == 0
    assert "8 files were changed" in capsys.readouterr().out
    assert contents(site) == released


@pytest.mark.parametrize("action", ["patch", "revert"])
def test_a_second_time_changes_nothing(site: Path, action: str) -> None:
    run(action)
    before = {path: path.stat() for path in site.rglob("*") if path.is_file()}
    assert run(action) == 0
    assert {path: path.stat() for path in site.rglob("*") if path.is_file()} == before


def test_patching_imports_neither_the_package_nor_torch(site: Path) -> None:
    script = """\
from bot.engine.upstream.patches import run
run('patch')
import sys
assert not {"f5_tts", "torch"} & set(sys.modules)
"""
    assert "is patched" in child(site, script).stdout


def test_what_was_interrupted_is_finished_or_reverted(site: Path) -> None:
    released = contents(site)
    Upstream().apply()
    patched = contents(site)
    for path in ("f5_tts/model/cfm.py", "f5_tts/infer/utils_infer.py"):
        (site / path).write_bytes(released[path])
    report = Upstream().verify()
    assert report.state is State.PARTLY
    assert "f5_tts/model/cfm.py: as released" in str(report)
    assert "f5_tts/model/modules.py: patched" in str(report)

    assert len(Upstream().apply().written) == 2
    assert contents(site) == patched
    (site / "f5_tts/model/cfm.py").write_bytes(released["f5_tts/model/cfm.py"])
    Upstream().revert()
    assert contents(site) == released


def git_apply(site: Path, *arguments: str | Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("needs the Debian package git")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    environment["GIT_CEILING_DIRECTORIES"] = str(site.parent)  # no repository around it counts
    subprocess.run(["git", "apply", *arguments], cwd=site, check=True, env=environment)


def test_git_accepts_each_patch_and_comes_to_the_same(site: Path) -> None:
    released = contents(site)
    Upstream().apply()
    patched = contents(site)
    Upstream().revert()
    for patch in PATCHES:
        git_apply(site, "--check", patch)
        git_apply(site, patch)
    assert contents(site) == patched
    for patch in reversed(PATCHES):
        git_apply(site, "--reverse", patch)
    assert contents(site) == released


def test_a_package_with_the_patches_of_an_older_release_is_brought_up_to_date(site: Path) -> None:
    released = contents(site)
    for patch in PATCHES[:2]:
        git_apply(site, patch)
    assert Upstream().verify().state is State.PARTLY
    assert Upstream().apply().state is State.PATCHED
    Upstream().revert()
    for patch in PATCHES[:2]:
        git_apply(site, patch)
    Upstream().revert()
    assert contents(site) == released


@pytest.mark.parametrize("patch", PATCHES, ids=lambda path: path.stem)
def test_each_patch_gives_its_reason_on_top(patch: Path) -> None:
    reason, _, _ = patch.read_text(encoding="utf-8").partition("diff --git ")
    title, blank, *why = reason.splitlines()
    assert title
    assert not blank
    assert len(" ".join(why)) > 100


@pytest.mark.parametrize("action", ["patch", "revert"])
@pytest.mark.parametrize("before", ["patch", "revert"])
def test_foreign_changes_are_never_touched(site: Path, before: str, action: str) -> None:
    run(before)
    path = site / "f5_tts/model/cfm.py"
    path.write_text(path.read_text() + "# mine\n")
    ours = contents(site)
    with pytest.raises(PatchError, match=r"cfm\.py is changed by something else") as error:
        run(action)
    assert "--force-reinstall" in error.value.remedy
    assert contents(site) == ours
    assert Upstream().verify().state is State.FOREIGN
    assert run("verify") == 1


def test_a_missing_file_is_named(site: Path) -> None:
    (site / "f5_tts/api.py").unlink()
    ours = contents(site)
    with pytest.raises(PatchError, match=r"api\.py is missing"):
        run("patch")
    assert contents(site) == ours
    assert Upstream().verify().state is State.MISSING


@pytest.mark.parametrize("action", ["patch", "verify", "revert"])
def test_another_version_is_refused(site: Path, action: str) -> None:
    metadata = site / "f5_tts-1.1.22.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace("Version: 1.1.22", "Version: 1.1.20", 1))
    ours = contents(site)
    with pytest.raises(PatchError, match=r"f5-tts 1\.1\.20; .* for 1\.1\.22 alone") as error:
        run(action)
    assert "f5-tts==1.1.22" in error.value.remedy
    assert contents(site) == ours


def test_a_package_without_a_version_is_refused(site: Path) -> None:
    shutil.rmtree(site / "f5_tts-1.1.22.dist-info")
    with pytest.raises(PatchError, match="of no version"):
        run("patch")


def test_a_package_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "f5_tts", raising=False)
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(PatchError, match="not installed") as error:
        run("verify")
    assert "[upstream]" in error.value.remedy


def test_a_read_only_folder_is_left_as_it_was(site: Path, request: pytest.FixtureRequest) -> None:
    upstream = Upstream()
    before = contents(site)
    request.getfixturevalue("read_only")
    with pytest.raises(PatchError, match="cannot be written: Permission denied") as error:
        upstream.apply()
    assert "the user that installed" in error.value.remedy
    assert contents(site) == before
    assert upstream.verify().state is State.RELEASED


def test_a_full_disk_leaves_everything_as_it_was(site: Path) -> None:
    before = contents(site)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))  # the first files fit
    try:
        with pytest.raises(PatchError, match="cannot be written: File too large"):
            run("patch")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert contents(site) == before


def test_a_file_linked_into_a_cache_is_replaced_not_written_through(site: Path) -> None:
    path = site / "f5_tts/model/cfm.py"
    path.chmod(0o640)
    cached = site / "cache"
    cached.hardlink_to(path)
    released = cached.read_bytes()
    run("patch")
    assert cached.read_bytes() == released
    assert path.read_bytes() != released
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_damaged_patch_is_refused(site: Path, tmp_path: Path) -> None:
    shutil.copytree(REPOSITORY / "bot", tmp_path / "bot")
    patches = tmp_path / "bot" / "resources" / "patches"  # as in a wheel
    shutil.copytree(REPOSITORY / "patches", patches)
    before = contents(site)
    script = "from bot.engine.upstream.patches import run; print(run('patch'), run('revert'))"
    command = [sys.executable, "-c", script]
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{site}"}

    def attempt() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    assert "0 0" in attempt().stdout
    patch = patches / PATCHES[1].name
    whole = patch.read_bytes()
    for damaged in (
        whole.replace(b"\n-", b"\n ", 1),
        whole.replace(b"torch.float32", b"torch.float16", 1),
        whole[:-300],
        whole.partition(b"diff --git")[0],
    ):
        patch.write_bytes(damaged)
        assert "PatchError: The patches that came with ishowtts are damaged" in attempt().stderr
        assert contents(site) == before


# What the patched package does, in child processes

NOT_FOR_INFERENCE = (
    "accelerate", "datasets", "ema_pytorch", "encodec", "huggingface_hub", "librosa",
    "matplotlib", "pydub", "torchaudio", "transformers", "vocos", "wandb",
)  # fmt: skip

BLOCK = f"""\
import sys

class Block:
    attempts = []

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {NOT_FOR_INFERENCE!r}:
            self.attempts.append(name)
            raise ImportError(name + " is blocked")

sys.meta_path.insert(0, Block())
"""

PATCHED = f"""\
{BLOCK}
import f5_tts.infer.utils_infer
import f5_tts.model as upstream
assert not Block.attempts, Block.attempts
"""

UNPATCHED = """\
from bot.engine.upstream.importing import import_upstream
upstream = import_upstream()
"""

SAMPLE = """\
import torch

ARCHITECTURE = {"dim": 128, "depth": 2, "heads": 2, "ff_mult": 2, "text_dim": 64, "conv_layers": 2}
torch.set_num_threads(1)
results = {}
torch.manual_seed(0)
cfm = upstream.CFM(
    upstream.DiT(text_num_embeds=40, mel_dim=100, **ARCHITECTURE),
    mel_spec_kwargs={"mel_spec_type": "vocos"},
).eval()
for parameter in cfm.parameters():
    fan_in = parameter[0].numel() if parameter.ndim > 1 else 100
    parameter.data.add_(torch.randn(parameter.shape) * fan_in**-0.5)
reference = torch.randn(1, 60, 100) - 3
text = torch.randint(0, 40, (1, 30))
draw = torch.randn

def noise(*shape, dtype, **kwargs):  # the same in each type
    return draw(*shape, **kwargs).to(dtype)

def sample(steps, cfg_strength, duration=300):
    torch.randn = noise
    mel, _ = cfm.sample(reference, text, duration, steps=steps, cfg_strength=cfg_strength,
                        sway_sampling_coef=-1.0, seed=5)
    torch.randn = draw
    return mel

for steps in (5, 7, 16, 20):
    for cfg_strength in (0.0, 2.0):
        results[f"mel {steps} {cfg_strength}"] = sample(steps, cfg_strength)
results["long mel"] = sample(7, 2.0, duration=800)
with torch.no_grad():
    results["rope"] = cfm.transformer.rotary_embed.forward_from_seq_len(1000)[0]
    cfm.half()
    results["half rope"] = cfm.transformer.rotary_embed.forward_from_seq_len(1000)[0]
times = []
cfm.transformer.register_forward_pre_hook(
    lambda module, args, kwargs: times.append(kwargs["time"]), with_kwargs=True
)
results["half mel"] = sample(7, 2.0, duration=800)
results["half times"] = torch.stack(times)
torch.save(results, sys.argv[1])
"""


TRAINER = """\
try:
    upstream.Trainer
except ImportError as error:
    print(error)
try:
    upstream.Nothing
except AttributeError as error:
    print(error)
"""


def child(site: Path, script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `script` where `site` comes first; show what it says when it fails."""
    path = os.pathsep.join(map(str, (site, REPOSITORY)))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, *arguments],
        env={**os.environ, "PYTHONPATH": path},
        cwd=site,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the released and the patched package compute with the same weights and noise."""
    site = tmp_path_factory.mktemp("site")
    copy_package(site)
    results = {}
    child(site, "import sys\n" + UNPATCHED + SAMPLE, site / "released.pt")
    child(site, "from bot.engine.upstream.patches import run; run('patch')")
    done = child(site, PATCHED + SAMPLE + TRAINER, site / "patched.pt")
    for name in ("released", "patched"):
        results[name] = torch.load(site / f"{name}.pt", weights_only=True)
    results["patched"]["output"] = done.stdout
    return results


@pytest.mark.long
@pytest.mark.parametrize("cfg_strength", [0.0, 2.0])
@pytest.mark.parametrize("steps", [5, 7, 16, 20])
def test_fp32_samples_are_the_same(
    sampled: dict[str, dict[str, Any]], steps: int, cfg_strength: float
) -> None:
    key = f"mel {steps} {cfg_strength}"
    expected, result = sampled["released"][key], sampled["patched"][key]
    assert float(expected[:, 60:].std()) > 0.1
    assert float((result - expected).norm() / expected.norm()) <= 1e-6


@pytest.mark.long
def test_rope_angles_stay_exact_in_half_precision(sampled: dict[str, dict[str, Any]]) -> None:
    frequencies = 10_000.0 ** -(torch.arange(0, 64, 2, dtype=torch.float64) / 64)
    exact = torch.outer(torch.arange(1000), frequencies).repeat_interleave(2, dim=-1)[None]
    patched, released = sampled["patched"], sampled["released"]
    assert torch.equal(patched["rope"], released["rope"])
    assert float((patched["half rope"] - exact).abs().max()) < 2e-4
    assert float((released["half rope"] - exact).abs().max()) > 0.3


@pytest.mark.long
def test_time_steps_stay_fp32_in_half_precision(sampled: dict[str, dict[str, Any]]) -> None:
    uniform = torch.tensor([0, 2, 4, 6, 8, 16, 24], dtype=torch.float64) / 32
    exact = 1 - torch.cos(torch.pi / 2 * uniform)  # sway coefficient -1
    patched, released = (sampled[name]["half times"] for name in ("patched", "released"))
    assert patched.dtype is torch.float32
    assert float((patched - exact).abs().max()) < 2e-7
    assert float((released.double() - exact).abs().max()) > 1e-4


@pytest.mark.long
def test_half_precision_comes_closer_to_fp32(sampled: dict[str, dict[str, Any]]) -> None:
    exact = sampled["released"]["long mel"]
    errors = {
        name: float((results["half mel"].float() - exact).norm() / exact.norm())
        for name, results in sampled.items()
    }
    assert errors["patched"] < 2e-3  # 1.0e-3 when this was written, and 2.9e-2 unpatched
    assert errors["released"] > 1e-2


@pytest.mark.long
def test_the_trainer_is_imported_when_it_is_asked_for(sampled: dict[str, dict[str, Any]]) -> None:
    missing, unknown = sampled["patched"]["output"].splitlines()
    assert missing.endswith("is blocked")
    assert "no attribute 'Nothing'" in unknown


INFER = """\
import os
import torch
from bot.engine.upstream.importing import _import_torchaudio

sys.meta_path.pop(0)
_import_torchaudio()
from f5_tts.infer import utils_infer

class Vocoder:
    def decode(self, mel):  # [1, 100, frames] to [1, samples]
        return mel.mean(dim=1).repeat_interleave(256, dim=1)

vocabulary, size = utils_infer.get_tokenizer(sys.argv[2], "custom")
torch.set_num_threads(1)
torch.manual_seed(0)
cfm = upstream.CFM(
    upstream.DiT(dim=64, depth=1, heads=1, text_num_embeds=size, text_dim=32, conv_layers=1),
    mel_spec_kwargs={"mel_spec_type": "vocos"},
    vocab_char_map=vocabulary,
).eval()
for parameter in cfm.parameters():  # upstream's initialisation has zeros
    parameter.data.add_(torch.randn(parameter.shape) * 0.1)
recording = sys.argv[1]
opened = []
sys.addaudithook(lambda event, args: event == "open" and opened.append(str(args[0])))

# Trimming needs pydub, so it is as if it had been done.
identity = utils_infer.file_identity(recording)
utils_infer._ref_audio_cache[utils_infer.hash_audio(*identity)] = recording

def speak():
    path, text = utils_infer.preprocess_ref_audio_text(recording, "Some call me nature.")
    torch.manual_seed(0)
    return utils_infer.infer_process(path, text, "Hello there.", cfm, Vocoder(), nfe_step=2)[0]

first = speak()
opened.clear()
second = speak()
assert recording not in opened, "the recording was read again"
assert (first == second).all() and first.std() > 0

samples, rate = utils_infer.load_audio(*identity)
torch.save([samples, rate], sys.argv[3])

with open(recording, "r+b") as file:  # a louder first second
    file.seek(44)
    file.write(b"\\0\\x40" * 24_000)
os.utime(recording, ns=(1, 1))  # whatever the resolution of the file system's times
identity = utils_infer.file_identity(recording)
utils_infer._ref_audio_cache[utils_infer.hash_audio(*identity)] = recording
assert (speak() != first).any(), "the old recording was used"
"""


@pytest.mark.long
def test_inference_is_quiet_and_reads_the_reference_once(site: Path, tmp_path: Path) -> None:
    examples = site / "f5_tts" / "infer" / "examples"
    recording = shutil.copy(examples / "basic" / "basic_ref_en.wav", tmp_path / "voice.wav")
    Upstream().apply()
    done = child(site, PATCHED + INFER, recording, examples / "vocab.txt", tmp_path / "samples.pt")
    assert not done.stdout
    assert not done.stderr

    samples, rate = torch.load(tmp_path / "samples.pt", weights_only=True)
    pcm = (examples / "basic" / "basic_ref_en.wav").read_bytes()[44:]
    expected = np.frombuffer(pcm, "<i2")[None] / np.float32(32_768)
    assert rate == 24_000
    assert np.array_equal(samples.numpy(), expected)

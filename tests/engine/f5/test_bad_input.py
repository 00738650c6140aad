"""Bad recordings, checkpoints and texts cost what they are, never the engine."""

import io
import wave
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from bot.engine.contract import speak_one
from bot.engine.f5.batching import runs
from bot.engine.f5.engine import F5Engine
from bot.engine.f5.mel import SAMPLE_RATE_HZ
from bot.engine.f5.model.layout import Item
from bot.engine.f5.model.runner import Runner, in_halves
from bot.engine.f5.model.sampler import Sampling
from bot.engine.f5.model.vocos import Vocos
from bot.engine.f5.text.duration import MAX_FRAMES
from bot.errors import MemoryExhaustedError, StartError, UtteranceError
from bot.messages import Samples, SpeechRequest
from tests.long import first_ones

pytestmark = pytest.mark.parts

TEXT = "Hello there, chat."


def recording(
    seconds: float, level: float = 0.1, rate_hz: int = 24_000, channels: int = 1, width: int = 2
) -> bytes:
    """Return noise as a WAV file with samples of `width` bytes."""
    noise = np.random.default_rng(0).standard_normal((round(seconds * rate_hz), channels)) * level
    scaled = noise.clip(-1, 1) * (127 if width == 1 else 32_767)
    data = (scaled + 128).astype(np.uint8) if width == 1 else scaled.astype("<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((channels, width, rate_hz, 0, "NONE", ""))
        file.writeframes(data.tobytes())
    return buffer.getvalue()


def add_voice(folders: dict[str, Any], data: bytes, transcript: str) -> None:
    folder = Path(folders["voices"]) / "other"
    folder.mkdir()
    (folder / "reference.wav").write_bytes(data)
    (folder / "transcript.txt").write_text(transcript)
    (folder / "voice.yaml").write_text("consent: noise\nlicence: CC0-1.0\n")


def make(folders: dict[str, Any]) -> F5Engine:
    return F5Engine(**folders, nfe=5, device="cpu")


async def speak(engine: F5Engine, text: str = TEXT, voice: str = "nature") -> Samples:
    request = SpeechRequest(id="m1", text=text, voice=voice)
    samples = (await speak_one(engine, request)).samples
    assert len(samples)
    assert np.isfinite(samples).all()
    return samples


@pytest.mark.parametrize(
    "form",
    [{"channels": 2}, {"width": 1}, {"rate_hz": 192_000}, {"rate_hz": 8_000, "width": 1}],
)
async def test_a_recording_of_any_form_is_a_voice(
    folders: dict[str, Any], form: dict[str, int]
) -> None:
    add_voice(folders, recording(2.0, **form), "Some call me nature")
    engine = make(folders)
    usual, other = await speak(engine), await speak(engine, voice="other")
    await engine.close()
    assert abs(len(other) - len(usual)) <= 2 * 256


@pytest.mark.parametrize(
    ("data", "transcript"),
    [
        pytest.param(recording(3, level=0.0), "Some call me nature", id="silent"),
        pytest.param(recording(0.2), "Some call me nature", id="0.2 s"),
        pytest.param(recording(300, rate_hz=8_000), "Some call me nature", id="5 minutes"),
        pytest.param(recording(3)[:-1_000], "Some call me nature", id="truncated"),
        pytest.param(b"ID3\x04" + bytes(5_000), "Some call me nature", id="not audio"),
        pytest.param(b"", "Some call me nature", id="empty"),
        pytest.param(recording(3), "Some call me nature. " * 40, id="transcript cannot match"),
        pytest.param(recording(3), " \n", id="no transcript"),
    ],
)
async def test_a_bad_recording_costs_its_voice_alone(
    data: bytes, transcript: str, folders: dict[str, Any]
) -> None:
    add_voice(folders, data, transcript)
    engine = make(folders)
    await engine.warm_up()
    with pytest.raises(UtteranceError, match="nature"):
        await speak(engine, voice="other")
    await speak(engine)
    await engine.close()


async def test_without_a_usable_voice_the_start_is_refused_until_there_is_one(
    folders: dict[str, Any],
) -> None:
    path = Path(folders["voices"]) / "nature" / "reference.wav"
    good = path.read_bytes()
    path.write_bytes(recording(3, level=0.0))
    engine = make(folders)
    with pytest.raises(StartError, match="no usable voice") as caught:
        await engine.warm_up()
    assert caught.value.remedy
    path.write_bytes(good)
    await speak(engine)
    await engine.close()


def set_nan(name: str) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        state = load_file(path)
        state[f"ema_model.transformer.{name}"].view(-1)[5] = float("nan")
        save_file(state, path)

    return damage


def take_block(path: Path) -> None:
    state = load_file(path)
    save_file({name: part for name, part in state.items() if ".ff.ff.2." not in name}, path)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1_000])


def put_nan_into_vocoder(path: Path) -> None:
    state = torch.load(path, weights_only=True)
    state["head.out.bias"][3] = float("nan")
    torch.save(state, path)


@pytest.mark.parametrize(
    ("file", "damage", "complaint"),
    [
        pytest.param("model/model.safetensors", take_block, "another architecture", id="other"),
        pytest.param("model/model.safetensors", cut, "no readable checkpoint", id="truncated"),
        pytest.param("model/model.safetensors", set_nan("proj_out.bias"), "not finite", id="NaN"),
        pytest.param(
            "model/model.safetensors",
            set_nan("transformer_blocks.1.attn_norm.linear.weight"),
            "not finite",
            id="NaN in the modulations",
        ),
        pytest.param("vocoder/pytorch_model.bin", cut, "no readable checkpoint", id="vocoder cut"),
        pytest.param(
            "vocoder/pytorch_model.bin", put_nan_into_vocoder, "not finite", id="vocoder NaN"
        ),
    ],
)
async def test_a_damaged_checkpoint_is_refused_and_the_mended_one_speaks(
    file: str, damage: Callable[[Path], None], complaint: str, folders: dict[str, Any]
) -> None:
    path = Path(folders["model"]).parent / file
    good = path.read_bytes()
    damage(path)
    engine = make(folders)
    with pytest.raises(StartError, match=complaint) as caught:
        await engine.warm_up()
    assert caught.value.remedy
    path.unlink()  # not over the bytes that may still be mapped
    path.write_bytes(good)
    await speak(engine)
    await engine.close()


@pytest.mark.parametrize("text", ["", " \t\n", "😀" * 5_000, "你好" * 30])
async def test_a_text_without_anything_to_say_costs_itself(
    text: str, folders: dict[str, Any]
) -> None:
    engine = make(folders)
    with pytest.raises(UtteranceError, match="no character"):
        await speak(engine, text)
    await speak(engine)
    await engine.close()


@pytest.mark.parametrize(
    "text", first_ones(["words " * 1_667, "x" * 10_000, "Hello there, chat. " * 527])
)
async def test_ten_thousand_characters_come_in_pieces_that_the_model_knows(
    text: str, folders: dict[str, Any]
) -> None:
    engine = make(folders)
    await engine.warm_up()
    prepared = engine._prepare(SpeechRequest(id="m1", text=text, voice="nature"))
    assert len(prepared.items) > 1
    assert all(item.frames <= MAX_FRAMES for item in prepared.items)
    for run in [*runs([prepared], budget_frames=0)][:2]:
        [samples] = engine._speak(run)
        assert not isinstance(samples, UtteranceError)
        assert 1 < len(samples) / SAMPLE_RATE_HZ < 30
    await speak(engine)
    await engine.close()


class SmallDevice:
    """Computes what fits into its memory, as a GPU does."""

    def __init__(self, frames: int) -> None:
        self._frames = frames
        self.sizes: list[int] = []
        """Items of each run that fitted."""
        self.freed = 0

    def compute(self, items: Sequence[Item]) -> list[Samples]:
        if sum(item.frames for item in items) > self._frames:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        self.sizes.append(len(items))
        return [np.full(item.frames, item.seed, np.float32) for item in items]

    def free(self) -> None:
        self.freed += 1


@pytest.mark.parametrize(
    ("memory_frames", "sizes"), [(1_000, [5]), (400, [2, 3]), (250, [2, 1, 2]), (100, [1] * 5)]
)
def test_a_batch_without_memory_is_run_in_halves_in_its_order(
    memory_frames: int, sizes: list[int], make_item: Callable[..., Item]
) -> None:
    device = SmallDevice(memory_frames)
    items = [make_item(100, seed=seed) for seed in range(5)]
    waves = in_halves(device.compute, items, device.free)
    assert [int(wave[0]) for wave in waves] == [0, 1, 2, 3, 4]
    assert device.sizes == sizes
    assert device.freed == len(sizes) - 1


def test_an_item_without_memory_is_refused_and_the_next_one_runs(
    make_item: Callable[..., Item],
) -> None:
    device = SmallDevice(200)
    with pytest.raises(MemoryExhaustedError, match="900 frames") as caught:
        in_halves(device.compute, [make_item(100), make_item(900)], device.free)
    assert caught.value.remedy
    [wave] = in_halves(device.compute, [make_item(100)], device.free)
    assert len(wave) == 100


class LeakyMemory:
    """Runs out at a step, and from there on if it leaks."""

    def __init__(self, *, at: int, leaks: bool) -> None:
        self._left = at
        self._leaks = leaks

    def __call__(self) -> None:
        self._left -= 1
        if self._left == 0 or (self._leaks and self._left < 0):
            raise torch.OutOfMemoryError("CUDA out of memory.")


def test_memory_that_runs_out_in_the_middle_costs_nothing_unless_it_stays_away(
    pairs: Callable[[str], Any], vocos_pair: tuple[Any, Vocos], make_item: Callable[..., Item]
) -> None:
    def run(*, at: int, leaks: bool = False) -> list[Samples]:
        memory = LeakyMemory(at=at, leaks=leaks)
        runner = Runner(pairs("v1").acoustic, vocos_pair[1], torch.device("cpu"), on_step=memory)
        return runner.run(items, Sampling(5))

    items = [make_item(100, seed=1), make_item(90, seed=2)]
    undisturbed, disturbed = run(at=0), run(at=7)

    for speech, other in zip(disturbed, undisturbed, strict=True):
        np.testing.assert_allclose(speech, other, atol=1e-5)
    with pytest.raises(MemoryExhaustedError, match="100 frames"):
        run(at=7, leaks=True)

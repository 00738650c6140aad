"""The model that comes with the package: upstream computes the same with it, and it speaks."""

import asyncio
import threading
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soxr
import torch

import bot
from bot.engine.contract import speak_one
from bot.engine.f5.batching import make_item
from bot.engine.f5.engine import F5Engine
from bot.engine.f5.model.layout import Item
from bot.engine.f5.model.phases import fitting
from bot.engine.f5.model.runner import Runner
from bot.engine.f5.model.sampler import Sampling
from bot.engine.f5.voice.folder import load_voice
from bot.engine.f5.voice.loudness import TARGET_LUFS
from bot.engine.f5.voice.reference import ReferenceCache
from bot.engine.f5.weights.installed import choose
from bot.engine.f5.weights.model_folder import load_front_end, load_model, load_vocoder
from bot.engine.process.progress import Progress
from bot.engine.upstream.engine import load_upstream
from bot.errors import UtteranceError
from bot.messages import Samples, SpeechRequest
from tests.engine.f5.conftest import bundled_engine
from tests.long import first_ones

pytestmark = pytest.mark.parts

CPU = torch.device("cpu")
FOLDERS, _ = choose("bundled", "bundled")
VOICES = Path(bot.__file__).parent.parent / "voices"
NAMES = sorted(path.name for path in VOICES.glob("*/"))


@pytest.fixture(scope="module")
def item() -> Item:
    _, vocabulary = load_model(FOLDERS.model, CPU, torch.float32)
    voice = load_voice(VOICES / "heart", ReferenceCache())
    front_end = load_front_end(FOLDERS.model, vocabulary)
    return make_item(front_end.prompt("Nice to meet you.", voice.reference, 1.0), voice, seed=4)


def distance(got: torch.Tensor, expected: torch.Tensor) -> float:
    return float((got - expected).norm() / expected.norm())


@pytest.mark.parametrize("cfg_strength", first_ones([0.0, 2.0]))
def test_upstream_and_vocos_compute_the_same(item: Item, cfg_strength: float) -> None:
    sampling = Sampling(steps=7, cfg_strength=cfg_strength)
    acoustic, _ = load_model(FOLDERS.model, CPU, torch.float32)
    vocoder = load_vocoder(FOLDERS.vocoder, CPU, torch.float32)
    # Upstream does not fit phases.
    runner = Runner(acoustic, vocoder._replace(fitting=fitting(0, CPU)), CPU)
    batch = runner.compute([item], sampling)
    upstream = load_upstream(FOLDERS.model, FOLDERS.vocoder, CPU, torch.float32)
    with torch.inference_mode():
        mel, _ = upstream.cfm.sample(
            cond=item.reference_mel[None],
            text=torch.tensor([item.tokens]),
            duration=item.frames,
            steps=7,
            cfg_strength=cfg_strength,
            sway_sampling_coef=-1.0,
            seed=item.seed,
        )
        # Of the same mel: in the phases of a wave, what rounding leaves of a mel counts double.
        spoken = batch.mel[item.decode_from : item.frames]
        wave = upstream.vocos.decode(spoken.T[None])[0]
    assert distance(batch.mel[: item.frames], mel[0]) < 1e-4
    assert distance(torch.from_numpy(batch.waves[0]), wave) < 1e-4


def test_what_is_shipped_is_small() -> None:
    files = [path for path in FOLDERS.model.parent.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 60e6


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> F5Engine:
    return bundled_engine(tmp_path_factory.mktemp("engine"))


async def speak(engine: F5Engine, text: str, voice: str) -> Samples:
    request = SpeechRequest(id="1", text=text, voice=voice)
    return (await speak_one(engine, request)).samples


@pytest.mark.parametrize("name", first_ones(NAMES, 2))
async def test_every_voice_speaks_equally_loud_for_as_long_as_the_words_take(
    engine: F5Engine, name: str
) -> None:
    short = await speak(engine, "No.", name)
    long = await speak(engine, "I have seen that dragon three times this week.", name)
    assert 0.2 < len(short) / 24_000 < 1.2
    assert 1.8 < len(long) / 24_000 < 5
    for wave in (short, long):
        assert np.isfinite(wave).all()
        fine = soxr.resample(wave.astype(np.float64), 24_000, 96_000, quality="VHQ")
        assert 20 * np.log10(np.abs(fine).max()) < -1  # the true peak in dBFS
    loudness = pyloudnorm.Meter(24_000).integrated_loudness(long.astype(np.float64))
    assert loudness == pytest.approx(TARGET_LUFS, abs=0.7)


@pytest.mark.parametrize("name", NAMES)
def test_a_reference_says_its_own_words_at_its_own_pace(name: str) -> None:
    _, vocabulary = load_model(FOLDERS.model, CPU, torch.float32)
    front_end = load_front_end(FOLDERS.model, vocabulary)
    reference = load_voice(VOICES / name, ReferenceCache()).reference
    words = reference.transcript.strip()
    prompt = front_end.prompt(words, reference, 1.0)
    spoken = prompt.frames - reference.frames - prompt.unheard_frames
    # Lead and tail, which are cut off the reference, and the rounding of single symbols.
    assert reference.frames <= spoken <= reference.frames * 1.15


def test_the_model_settles_in_a_pause_that_is_not_heard(item: Item) -> None:
    _, vocabulary = load_model(FOLDERS.model, CPU, torch.float32)
    reference = load_voice(VOICES / "heart", ReferenceCache()).reference
    prompt = load_front_end(FOLDERS.model, vocabulary).prompt("Nice to meet you.", reference, 1.0)
    assert item.decode_from == reference.frames + prompt.unheard_frames
    assert set(item.tokens[reference.frames : item.decode_from]) == {vocabulary["_"]}
    # What is heard begins with a twentieth of a second of it.
    assert 0.03 < prompt.words[0].start_s < 0.07


class Counting(Progress):
    """Counts steps, and can hold the computation at one."""

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0
        self.hold_at = 0
        self.is_held = threading.Event()
        self.may_go_on = threading.Event()

    def step(self) -> None:
        super().step()
        self.steps += 1
        if self.steps == self.hold_at:
            self.is_held.set()
            assert self.may_go_on.wait(timeout=120)


async def test_what_nobody_waits_for_ends_at_its_next_block(
    engine: F5Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await engine.warm_up()
    counting = Counting()
    monkeypatch.setattr(engine, "progress", counting)
    expected = await speak(engine, "Next, please.", "heart")
    whole = counting.steps  # of one piece, whatever its length
    counting.hold_at = whole + 5
    long = asyncio.create_task(speak(engine, "I have seen that dragon again.", "heart"))
    assert await asyncio.to_thread(counting.is_held.wait, timeout=120)
    long.cancel()
    await asyncio.wait([long])
    assert long.cancelled()
    following = asyncio.create_task(speak(engine, "Next, please.", "heart"))
    counting.may_go_on.set()
    np.testing.assert_array_equal(await following, expected)
    assert counting.steps == whole + 5 + whole


async def test_what_has_no_phonemes_is_refused(engine: F5Engine) -> None:
    for text in ("", " ", "...", "🎉"):
        with pytest.raises(UtteranceError):
            await speak(engine, text, "heart")


def test_there_are_voices_to_choose_from() -> None:
    assert len(NAMES) >= 6
    for name in NAMES:
        about = (VOICES / name / "voice.yaml").read_text(encoding="utf-8")
        assert "consent: synthetic" in about

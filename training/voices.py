"""Makes the voices that are shipped: invented speakers, three seconds each.

python -m training.voices VOICES --kokoro NETWORK SYMBOLS VOICES_OF_KOKORO
"""

import argparse
import wave
from pathlib import Path

import numpy as np
import torch
import yaml
from hibari import Hibari

from training.kokoro import SAMPLE_RATE_HZ, Character, Kokoro, Wave

_SPEAKERS: dict[str, tuple[Character, str]] = {
    "alto": (
        Character({"bf_emma": 0.6, "af_kore": 0.4}, {"bf_emma": 1.0}, pitch=0.94, throat=0.98),
        "The lantern by the harbor burns a little brighter tonight.",
    ),
    "baritone": (
        Character({"bm_george": 0.5, "am_michael": 0.5}, {"am_michael": 1.0}),
        "My father worked at this harbor for many years.",
    ),
    "bass": (
        Character({"am_onyx": 0.5, "am_echo": 0.5}, {"am_onyx": 1.0}, pitch=1.08, throat=0.96),
        "My father worked at this harbor for many years.",
    ),
    "bright": (
        Character({"af_jessica": 0.7, "hf_alpha": 0.3}, {"af_jessica": 1.0}, pitch=1.1),
        "There are so many colors here, I could watch this all day.",
    ),
    "calm": (
        Character({"af_sky": 0.5, "bf_emma": 0.5}, {"af_sky": 1.0}, speed=0.88),
        "Take your time, nobody here is waiting for us.",
    ),
    "captain": (
        Character({"am_fenrir": 0.5, "am_eric": 0.5}, {"am_fenrir": 1.0}),
        "All hands on deck, we leave for the islands at noon.",
    ),
    "elder": (
        Character({"am_santa": 0.5, "bm_lewis": 0.5}, {"bm_lewis": 1.0}, throat=0.97, speed=0.9),
        "I have seen many winters here, and this one is mild.",
    ),
    "giant": (
        Character({"am_onyx": 0.7, "bm_lewis": 0.3}, {"bm_lewis": 1.0}, pitch=1.05, throat=0.9),
        "There is a mountain behind my house, I sit on it.",
    ),
    "hasty": (
        Character({"af_nova": 0.6, "ff_siwis": 0.4}, {"af_nova": 1.0}, pitch=1.05, speed=1.18),
        "Did you see how fast the train went by this morning?",
    ),
    "heart": (
        Character({"af_heart": 0.8, "af_sarah": 0.2}, {"af_heart": 1.0}),
        "Thank you for stopping by, it is lovely to see you.",
    ),
    "pixie": (
        Character({"hf_alpha": 0.6, "af_jessica": 0.4}, {"hf_alpha": 1.0}, pitch=1.15, throat=1.06),
        "I hid the golden key under the third stone.",
    ),
    "scholar": (
        Character({"bm_fable": 0.7, "bm_daniel": 0.3}, {"bm_fable": 1.0}),
        "The answer is simple, though it took us years.",
    ),
    "tenor": (
        Character({"am_liam": 0.6, "am_eric": 0.4}, {"am_liam": 1.0}, pitch=1.03),
        "My brother keeps a small garden on the roof of his house.",
    ),
}
_RMS = 0.1
_EDGE_S = 0.1


def main() -> None:
    """Make them, for `python -m training.voices`."""
    parser = argparse.ArgumentParser(prog="training.voices", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--kokoro", nargs=3, type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=sorted(_SPEAKERS), help="names of voices")
    options = parser.parse_args()
    teacher = Kokoro(*options.kokoro)
    reader = Hibari()
    for name in options.only:
        who, transcript = _SPEAKERS[name]
        torch.manual_seed(1)
        [phonemes] = reader.phonemize(transcript)
        spoken = teacher.say(phonemes, who)
        edge = round(_EDGE_S * SAMPLE_RATE_HZ)
        start = max(int(spoken.ends[0]) - edge, 0)
        speech = spoken.wave[start : int(spoken.ends[-2]) + edge]
        speech = np.clip(speech * (_RMS / np.sqrt(np.mean(speech**2))), -0.99, 0.99)
        folder = options.out / name
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / "reference.wav", speech)
        (folder / "transcript.txt").write_text(transcript + "\n", encoding="utf-8")
        about = {
            "language": "en",
            "licence": "Apache-2.0",
            "source": "Synthetic: Kokoro-82M, voices mixed by training/voices.py",
            "consent": "synthetic",
        }
        (folder / "voice.yaml").write_text(yaml.safe_dump(about, sort_keys=False), encoding="utf-8")
        print(f"{name}: {len(speech) / SAMPLE_RATE_HZ:.1f} s")


def _write(path: Path, speech: Wave) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes((speech * 32767).astype("<i2").tobytes())


if __name__ == "__main__":
    main()

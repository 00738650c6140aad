"""Makes the voices that are shipped: invented speakers, three seconds each.

python -m training.voices VOICES
"""

import argparse
import wave
from pathlib import Path

import numpy as np
import yaml

from training.speakers import NAMED
from training.teacher import SAMPLE_RATE_HZ, UNIT_SAMPLES, Teacher, Wave

_TRANSCRIPTS = {
    "alto": "The lantern by the harbor burns a little brighter tonight.",
    "baritone": "Did you follow the old railway all the way down to the river?",
    "bass": "Did you hear the slow wind over the fields this morning?",
    "bright": "There are so many colors here, I could watch this all day.",
    "calm": "Take your time, nobody here is waiting for us.",
    "hasty": "Did you see how fast the train went by, it was nearly too late.",
    "heart": "Thank you for stopping by, it is lovely to see you.",
    "tenor": "My brother keeps a small garden on the roof of his house.",
}
_RMS = 0.1
_EDGE_S = 0.1


def main() -> None:
    """Make them, for `python -m training.voices`."""
    parser = argparse.ArgumentParser(prog="training.voices", description=__doc__)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    teacher = Teacher()
    for name, speaker in NAMED.items():
        [phonemes] = teacher.phonemize(_TRANSCRIPTS[name])
        sentence = teacher.say(phonemes, speaker, np.random.default_rng(1))
        edge = round(_EDGE_S * SAMPLE_RATE_HZ)
        start = max(int(sentence.units[0]) * UNIT_SAMPLES - edge, 0)
        end = len(sentence.wave) - int(sentence.units[-1]) * UNIT_SAMPLES + edge
        speech = sentence.wave[start:end]
        speech = np.clip(speech * (_RMS / np.sqrt(np.mean(speech**2))), -0.99, 0.99)
        folder = options.out / name
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / "reference.wav", speech)
        (folder / "transcript.txt").write_text(_TRANSCRIPTS[name] + "\n", encoding="utf-8")
        about = {
            "language": "en",
            "licence": "Apache-2.0",
            "source": "Synthetic: hibari-tts, changed by training/voices.py",
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

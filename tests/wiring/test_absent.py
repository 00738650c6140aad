"""Names of voices and sounds that stand for nothing are told."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from bot.config import loads
from bot.runtime.files.folders import resource
from bot.wiring.absent import absent

if TYPE_CHECKING:
    from pathlib import Path

POLICY = """
channels:
  - name: main
    outputs: [{type: device}, {type: browser, voices: [nobody, bass]}]
policy:
  voices: {pool: [alto, basss], offered: [gone], roles: {heart: vip, hart: vip}, events: {raid: x}}
  languages: {voices: {de: me, es: you}}
  tags: {voices: {prices: {bright: 1, brigt: 2}}, sounds: {roles: {horn: vip}, prices: {bell: 5}}}
  events: {sounds: {raid: horn, sub: bell}}
"""


def test_each_name_that_stands_for_nothing_is_told_where_it_stands(tmp_path: Path) -> None:
    shutil.copytree(resource("voices") / "bass", tmp_path / "voices" / "me")
    (tmp_path / "sounds").mkdir()
    shutil.copy(resource("voices") / "bass" / "reference.wav", tmp_path / "sounds" / "bell.wav")
    folders = (
        f"engine: {{f5: {{voices: {tmp_path}/voices}}}}\nsounds: {{folder: {tmp_path}/sounds}}\n"
    )
    found = [(where, str(problem)) for where, problem in absent(loads(POLICY + folders))]

    listed = "See which there are: ishowtts voice list"
    there = f"in {tmp_path}/sounds. Put horn.wav there, or set sounds.folder."
    assert [(where.removeprefix("channel main, "), told) for where, told in found] == [
        ("policy.voices.pool", "There is no voice 'basss'. Did you mean bass?"),
        ("policy.voices.offered", f"There is no voice 'gone'. {listed}"),
        ("policy.voices.roles", "There is no voice 'hart'. Did you mean heart?"),
        ("policy.voices.events", f"There is no voice 'x'. {listed}"),
        ("policy.languages.voices", f"There is no voice 'you'. {listed}"),
        ("policy.tags.voices.prices", "There is no voice 'brigt'. Did you mean bright?"),
        ("outputs[1].voices", f"There is no voice 'nobody'. {listed}"),
        ("policy.events.sounds", f"There is no sound 'horn' {there}"),
        ("policy.tags.sounds.roles", f"There is no sound 'horn' {there}"),
    ]


def test_an_engine_with_voices_of_its_own_has_none_of_ours() -> None:
    settings = loads(
        "engine: {engines: [hibari]}\nchannels: [{name: main}]\npolicy: {voices: {pool: [x]}}\n"
    )

    assert list(absent(settings)) == []

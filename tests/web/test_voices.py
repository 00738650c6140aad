"""Voices made of recordings that a browser sends, and the attacks on that."""

from __future__ import annotations

import asyncio
import base64
import io
import shutil
import struct
import wave
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import yaml

from bot.config import load
from bot.errors import StartError
from bot.runtime.files.state_folder import state_folder
from bot.voices.management import VoiceFolders
from bot.web import uploads
from tests.conftest import wait_until
from tests.long import first_ones
from tests.web.conftest import configured_daemon

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.web.conftest import Api

pytestmark = [pytest.mark.parts, pytest.mark.timeout(170)]

SHIPPED = Path(__file__).parents[2] / "voices"
GOOD = (SHIPPED / "heart" / "reference.wav").read_bytes()
WORDS = (SHIPPED / "heart" / "transcript.txt").read_text("utf-8").strip()
CONSENT = "Viewer One, 2026-01-31, in chat"
_CONFIG = """
channels:
  - name: main
    sources: [{{type: ingest}}]
    outputs: [{{type: wavefile, path: "{folder}/speech.wav", pace: fast}}]
engine:
  engines: [{engine}]
  f5: {{voices: "{folder}/voices"}}
server: {{port: 0}}
"""


@pytest.fixture
async def api(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Api]:
    engine = getattr(request, "param", "tone")
    async with configured_daemon(tmp_path, monkeypatch, _CONFIG, engine=engine) as api:
        yield api


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """Voice of one's own, there before the daemon."""
    return shutil.copytree(SHIPPED / "bass", tmp_path / "voices" / "mine")


def form(data: bytes = GOOD, /, **fields: str) -> aiohttp.FormData:
    body = aiohttp.FormData()
    for name, value in fields.items():
        body.add_field(name, value)
    body.add_field("file", data, filename="../../etc/passwd.wav", content_type="audio/wav")
    return body


async def add(api: Api, body: aiohttp.FormData, *, dry: bool = False) -> tuple[int, Any]:
    query = {"dry": "true"} if dry else {}
    async with api.http.post("/api/voices", data=body, params=query) as answer:
        return answer.status, await answer.json()


def nothing_is_left() -> bool:
    return not list(state_folder().glob("upload-*"))


async def test_a_recording_becomes_a_voice(api: Api, tmp_path: Path) -> None:
    status, judged = await add(api, form(), dry=True)
    assert status == 200
    assert judged["judged"]["speech_s"] > 2
    with wave.open(io.BytesIO(base64.b64decode(judged["sound"]))) as sound:
        assert sound.getnframes() / sound.getframerate() > 2
    assert not (tmp_path / "voices").exists()

    fields = {"name": "mine", "transcript": WORDS, "consent": CONSENT, "language": "en"}
    status, answer = await add(api, form(whole="1", **fields))

    assert (status, answer["name"]) == (201, "mine")
    about = yaml.safe_load((tmp_path / "voices" / "mine" / "voice.yaml").read_text("utf-8"))
    assert (about["consent"], about["language"]) == (CONSENT, "en")
    voices = {voice["name"]: voice for voice in (await api.get("/api/voices"))["voices"]}
    assert (voices["mine"]["is_own"], voices["mine"]["problem"]) == (True, "")
    assert voices["mine"]["transcript"].startswith(WORDS[:20])
    assert (voices["heart"]["is_own"], voices["heart"]["channels"]) == (False, ["main"])
    assert nothing_is_left()
    async with api.http.get("/api/voices/mine/sample") as sample:
        assert (await sample.read()).startswith(b"RIFF")

    assert (await add(api, form(whole="1", **fields)))[0] == 422  # it is there
    async with api.http.delete("/api/voices/mine") as removed:
        assert removed.status == 204
    assert not (tmp_path / "voices" / "mine").exists()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "mine", "transcript": WORDS}, "consent"),
        ({"name": "", "transcript": WORDS, "consent": CONSENT}, "cannot be called"),
        ({"name": "../mine", "transcript": WORDS, "consent": CONSENT}, "cannot be called"),
        ({"name": "a\0b", "transcript": WORDS, "consent": CONSENT}, "cannot be called"),
        ({"name": "/etc/x", "transcript": WORDS, "consent": CONSENT}, "cannot be called"),
        ({"name": "con", "transcript": WORDS, "consent": CONSENT}, "cannot be called"),
        ({"name": "default", "transcript": WORDS, "consent": CONSENT}, "can be called"),
        ({"name": "mine", "colour": "red"}, "colour"),
        ({"name": "mine", "transcript": "x " * 2000, "consent": CONSENT}, "transcript"),
        ({"name": "mine", "transcript": "Hi", "consent": CONSENT}, "do not belong together"),
    ],
)
async def test_what_makes_no_voice_is_told(
    api: Api, tmp_path: Path, fields: dict[str, str], said: str
) -> None:
    status, answer = await add(api, form(whole="1", **fields))

    assert status == 422
    assert said in answer["error"]
    assert not list((tmp_path / "voices").glob("*"))
    assert nothing_is_left()


async def test_a_transcript_is_judged_before_anything_is_written(api: Api) -> None:
    status, answer = await add(api, form(whole="1", transcript="Hi"), dry=True)
    assert (status, "do not belong together" in answer["error"]) == (422, True)
    assert (await add(api, form(whole="1", transcript=WORDS), dry=True))[0] == 200


@pytest.mark.skipif(find_spec("faster_whisper") is not None, reason="it would write it down")
async def test_a_voice_without_a_transcript_is_none(api: Api) -> None:
    status, answer = await add(api, form(name="mine", consent=CONSENT))
    assert (status, "The transcript is missing. " in answer["error"]) == (422, True)


def bomb() -> bytes:
    """Return a head that claims hours of sound."""
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 2**32 - 1, b"WAVE", b"fmt ", 16, 1, 1,
                       48_000, 96_000, 2, 16, b"data", 2**32 - 37)  # fmt: skip
    return head + bytes(1000)


HARMFUL = {
    "empty": b"",
    "text": b"hello there",
    "a bomb": bomb(),
    "a playlist": b"#EXTM3U\nfile:///etc/passwd\n",
    "silence": bomb()[:4] + struct.pack("<I", 96_036) + bomb()[8:40] + bytes(96_004),
    "a zip": b"PK\x03\x04" + bytes(1000),
    "cut off": GOOD[: len(GOOD) // 50],
}


@pytest.mark.parametrize("name", first_ones(HARMFUL, 2))
async def test_files_that_mean_harm_are_refused(api: Api, name: str) -> None:
    status, answer = await add(api, form(HARMFUL[name]), dry=True)

    assert status == 422
    assert answer["error"]
    assert nothing_is_left()
    await api.say("hello")


async def test_what_is_too_large_is_refused_before_it_came(api: Api) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        while True:
            yield bytes(1 << 16)

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    try:
        async with api.http.post("/api/voices", data=endless(), headers=headers) as answer:
            assert answer.status == 413
    except aiohttp.ClientConnectionError:
        pass  # closed while it still sent
    async with api.http.post(
        "/api/voices", data=b"x", headers={**headers, "Content-Length": str(100 << 20)}
    ) as answer:
        assert answer.status == 413
        assert (await answer.json())["error"] == "The file is larger than 20 MiB."
    wait_until(nothing_is_left, "folder without uploads")


async def test_one_that_stops_in_the_middle_is_let_go(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_SILENCE_S", 0.3)

    async def half() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        yield bytes(1 << 16)
        await asyncio.Event().wait()

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    async with api.http.post("/api/voices", data=half(), headers=headers) as answer:
        assert answer.status == 408
    while not nothing_is_left():
        await asyncio.sleep(0.01)
    assert (await add(api, form(), dry=True))[0] == 200


async def test_one_is_judged_at_a_time(api: Api) -> None:
    answers = await asyncio.gather(*(add(api, form(), dry=True) for _ in range(3)))

    assert sorted(status for status, _ in answers) == [200, 409, 409]
    assert nothing_is_left()


@pytest.mark.parametrize("name", ["..", "%2e%2e%2fheart", "heart%00", "nobody", "a" * 5000])
async def test_no_name_leads_out_of_the_folders(api: Api, name: str) -> None:
    for method, path in (
        ("GET", f"/api/voices/{name}/sample"),
        ("GET", f"/api/voices/{name}/speech"),
        ("DELETE", f"/api/voices/{name}"),
    ):
        async with api.http.request(method, path) as answer:
            assert answer.status in (400, 404, 405)
    async with api.http.delete("/api/voices/heart") as answer:
        assert answer.status == 404
        assert "comes with the package" in (await answer.json())["error"]
    assert (SHIPPED / "heart" / "reference.wav").exists()


async def test_a_channel_s_voice_is_chosen_and_given_back(api: Api, tmp_path: Path) -> None:
    async with api.http.put("/api/channels/main/voice", json={"voice": "bass"}) as answer:
        assert answer.status == 204
    assert load(tmp_path / "own.yaml").channels[0].voice == "bass"
    voices = {voice["name"]: voice for voice in (await api.get("/api/voices"))["voices"]}
    assert voices["bass"]["channels"] == ["main"]

    async with api.http.delete("/api/channels/main/voice") as answer:
        assert answer.status == 204
    assert load(tmp_path / "own.yaml").channels[0].voice == "heart"
    async with api.http.put("/api/channels/none/voice", json={"voice": "bass"}) as answer:
        assert answer.status == 404
    async with api.http.put("/api/channels/main/voice", json={"voice": "../x"}) as answer:
        assert answer.status == 422


@pytest.mark.parametrize("api", ["f5"], indirect=True)
async def test_a_voice_is_listened_to(api: Api) -> None:
    async with api.http.get("/api/voices/heart/speech", params={"text": "hello there"}) as answer:
        assert answer.status == 200
        first = await answer.read()
    async with api.http.get("/api/voices/heart/speech", params={"text": "hello there"}) as answer:
        assert await answer.read() == first
    with wave.open(io.BytesIO(first)) as sound:
        assert sound.getnframes() / sound.getframerate() > 0.4
    async with api.http.put("/api/channels/main/voice", json={"voice": "nobody"}) as answer:
        assert answer.status == 422


@pytest.mark.parametrize("api", ["f5"], indirect=True)
async def test_a_voice_that_was_changed_is_listened_to_anew(mine: Path, api: Api) -> None:
    async def length_s() -> float:
        path = "/api/voices/mine/speech"
        async with api.http.get(path, params={"text": "hello there, good to see you"}) as answer:
            assert answer.status == 200
            with wave.open(io.BytesIO(await answer.read())) as sound:
                return float(sound.getnframes() / sound.getframerate())

    before = await length_s()
    about = mine / "voice.yaml"
    about.write_text(f"{about.read_text('utf-8')}\nspeed: 0.5\n", "utf-8")
    async with asyncio.timeout(60):
        while await length_s() < 1.5 * before:
            await asyncio.sleep(0.05)  # until the engine has it


def test_in_a_checkout_the_voices_that_come_along_are_nobody_s(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED / "heart", tmp_path / "heart")
    shutil.copytree(SHIPPED / "heart", tmp_path / "mine")
    about = tmp_path / "mine" / "voice.yaml"
    about.write_text(about.read_text("utf-8").replace("synthetic", CONSENT), "utf-8")
    folders = VoiceFolders(shipped=tmp_path, own=tmp_path, allow_unlicensed=False)

    assert not folders.is_own(tmp_path / "heart")
    assert folders.is_own(tmp_path / "mine")
    with pytest.raises(StartError, match="comes with the package"):
        folders.find_own("heart")

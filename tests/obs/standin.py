"""A stand-in for OBS: the protocol of obs-websocket 5 over a real socket."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any, Self

from aiohttp import WSMsgType, web

from bot.config.sections.obs import ObsSettings

if TYPE_CHECKING:
    from collections.abc import Callable

_SALT, _CHALLENGE = "salt", "challenge"


def proof(password: str) -> str:
    secret = base64.b64encode(hashlib.sha256((password + _SALT).encode()).digest()).decode()
    return base64.b64encode(hashlib.sha256((secret + _CHALLENGE).encode()).digest()).decode()


class Obs:
    """OBS with one scene, a microphone and Desktop Audio."""

    def __init__(self, *, password: str | None = None, kinds: tuple[str, ...] = ()) -> None:
        self.password = password
        self.kinds = kinds or ("browser_source", "pulse_output_capture")
        self.scene = "Game"
        self.is_live = False
        self.inputs: dict[str, tuple[str, dict[str, Any]]] = {
            "Mic/Aux": ("pulse_input_capture", {}),
            "Desktop Audio": ("pulse_output_capture", {}),
        }
        self.monitoring: dict[str, str] = {}
        self.muted: set[str] = set()
        self.subscriptions = 0
        self.sockets: list[web.WebSocketResponse] = []
        self.answers: dict[str, Callable[[dict[str, Any]], object]] = {
            "GetVersion": lambda _: {"obsVersion": "29.0.2"},
            "GetStreamStatus": lambda _: {"outputActive": self.is_live},
            "GetCurrentProgramScene": lambda _: {"currentProgramSceneName": self.scene},
            "GetInputKindList": lambda _: {"inputKinds": list(self.kinds)},
            "GetInputList": lambda _: {
                "inputs": [
                    {"inputName": name, "inputKind": kind, "unversionedInputKind": kind}
                    for name, (kind, _) in self.inputs.items()
                ]
            },
            "GetSpecialInputs": lambda _: {"desktop1": "Desktop Audio", "desktop2": None},
            "GetInputMute": lambda data: {"inputMuted": data["inputName"] in self.muted},
            "CreateInput": self._create,
            "SetInputSettings": self._set,
            "SetInputAudioMonitorType": self._monitor,
        }
        self._runner: web.AppRunner | None = None
        self.settings = ObsSettings()

    def _create(self, data: dict[str, Any]) -> None:
        assert data["sceneName"] == self.scene
        self.inputs[data["inputName"]] = (data["inputKind"], data["inputSettings"])

    def _set(self, data: dict[str, Any]) -> None:
        kind, settings = self.inputs[data["inputName"]]
        self.inputs[data["inputName"]] = (kind, {**settings, **data["inputSettings"]})

    def _monitor(self, data: dict[str, Any]) -> None:
        self.monitoring[data["inputName"]] = data["monitorType"]

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.add_routes([web.get("/", self._serve)])
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        assert site._server is not None
        port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
        self.settings = ObsSettings.model_validate(
            {"enabled": True, "port": port, "password": self.password}
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("obswebsocket.json",))
        await socket.prepare(request)
        hello: dict[str, Any] = {"obsWebSocketVersion": "5.1.0", "rpcVersion": 1}
        if self.password:
            hello["authentication"] = {"salt": _SALT, "challenge": _CHALLENGE}
        await socket.send_json({"op": 0, "d": hello})
        identify = (await socket.receive_json())["d"]
        if self.password and identify.get("authentication") != proof(self.password):
            await socket.close(code=4009)
            return socket
        self.subscriptions = identify["eventSubscriptions"]
        await socket.send_json({"op": 2, "d": {"negotiatedRpcVersion": 1}})
        self.sockets.append(socket)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await self._answer(socket, json.loads(message.data)["d"])
        return socket

    async def _answer(self, socket: web.WebSocketResponse, asked: dict[str, Any]) -> None:
        kind = asked["requestType"]
        body: dict[str, Any] = {"requestType": kind, "requestId": asked["requestId"]}
        if kind in self.answers:
            data = self.answers[kind](asked.get("requestData") or {})
            body |= {"requestStatus": {"result": True, "code": 100}, "responseData": data}
        else:
            body["requestStatus"] = {"result": False, "code": 204, "comment": "unknown request"}
        await socket.send_json({"op": 7, "d": body})

    async def tell(self, kind: str, **data: object) -> None:
        """Send an event to everybody."""
        for socket in self.sockets:
            if not socket.closed:
                await socket.send_json({"op": 5, "d": {"eventType": kind, "eventData": data}})

    async def meter(self, level: float, name: str = "Mic/Aux") -> None:
        """Send a meter with this peak, as a factor."""
        inputs = [{"inputName": name, "inputLevelsMul": [[level / 2, level, level]] * 2}]
        await self.tell("InputVolumeMeters", inputs=inputs)

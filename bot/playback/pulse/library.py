"""The client library of PulseAudio, which PipeWire's pipewire-pulse understands too.

Names, structures and values are those of libpulse's headers, context.h, introspect.h, stream.h and
def.h, whose ABI has been the same since version 0.9.
"""

import ctypes
import sys
from collections.abc import Callable
from ctypes import (
    CFUNCTYPE,
    POINTER,
    c_char_p,
    c_int,
    c_size_t,
    c_uint8,
    c_uint32,
    c_uint64,
    c_void_p,
)
from functools import cache
from typing import Any, TypeAlias

INVALID_INDEX = 0xFFFFFFFF
CONTEXT_READY, CONTEXT_FAILED, CONTEXT_TERMINATED = 4, 5, 6
STREAM_READY, STREAM_FAILED, STREAM_TERMINATED = 2, 3, 4
FLOAT32 = 5 if sys.byteorder == "little" else 6
INTERPOLATE_TIMING, AUTO_TIMING_UPDATE, DONT_MOVE, ADJUST_LATENCY = 0x2, 0x8, 0x200, 0x2000
SEEK_RELATIVE = 0
NO_ENTITY = 5
SUBSCRIBE_SINKS = 0x1
EVENT_FACILITY, EVENT_SINK, EVENT_TYPE, EVENT_REMOVED = 0xF, 0x0, 0x30, 0x20

Callback: TypeAlias = Any
"""A C function made of a Python one; it must live as long as the library may call it."""


class SampleSpec(ctypes.Structure):
    """Format of a stream or sink."""

    _fields_ = (("format", c_int), ("rate", c_uint32), ("channels", c_uint8))


class _ChannelMap(ctypes.Structure):
    _fields_ = (("channels", c_uint8), ("map", c_int * 32))


class SinkInfo(ctypes.Structure):
    """The first fields of what the server tells of a sink."""

    _fields_ = (
        ("name", c_char_p),
        ("index", c_uint32),
        ("description", c_char_p),
        ("sample_spec", SampleSpec),
        ("channel_map", _ChannelMap),
        ("owner_module", c_uint32),
    )


class ServerInfo(ctypes.Structure):
    """The first fields of what the server tells of itself."""

    _fields_ = (
        ("user_name", c_char_p),
        ("host_name", c_char_p),
        ("server_version", c_char_p),
        ("server_name", c_char_p),
        ("sample_spec", SampleSpec),
        ("default_sink_name", c_char_p),
    )


class ModuleInfo(ctypes.Structure):
    """The first fields of what the server tells of a module."""

    _fields_ = (("index", c_uint32), ("name", c_char_p), ("argument", c_char_p))


class BufferAttr(ctypes.Structure):
    """Lengths of a stream's buffer, in bytes; -1 leaves one to the server."""

    _fields_ = (
        ("maxlength", c_uint32),
        ("tlength", c_uint32),
        ("prebuf", c_uint32),
        ("minreq", c_uint32),
        ("fragsize", c_uint32),
    )


NOTIFY = CFUNCTYPE(None, c_void_p, c_void_p)
"""Called with a stream and user data."""
REQUEST = CFUNCTYPE(None, c_void_p, c_size_t, c_void_p)
"""Called with a stream, the bytes that it wants, and user data."""
SUBSCRIBED = CFUNCTYPE(None, c_void_p, c_int, c_uint32, c_void_p)
ON_SINK = CFUNCTYPE(None, c_void_p, POINTER(SinkInfo), c_int, c_void_p)
ON_MODULE = CFUNCTYPE(None, c_void_p, POINTER(ModuleInfo), c_int, c_void_p)
ON_SERVER = CFUNCTYPE(None, c_void_p, POINTER(ServerInfo), c_void_p)
ON_INDEX = CFUNCTYPE(None, c_void_p, c_uint32, c_void_p)
ON_SUCCESS = CFUNCTYPE(None, c_void_p, c_int, c_void_p)

_P, _S, _I, _U = c_void_p, c_char_p, c_int, c_uint32
_SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "pa_mainloop_new": (_P, ()),
    "pa_mainloop_free": (None, (_P,)),
    "pa_mainloop_get_api": (_P, (_P,)),
    "pa_mainloop_prepare": (_I, (_P, _I)),
    "pa_mainloop_poll": (_I, (_P,)),
    "pa_mainloop_dispatch": (_I, (_P,)),
    "pa_context_new": (_P, (_P, _S)),
    "pa_context_connect": (_I, (_P, _S, _I, _P)),
    "pa_context_disconnect": (None, (_P,)),
    "pa_context_unref": (None, (_P,)),
    "pa_context_get_state": (_I, (_P,)),
    "pa_context_errno": (_I, (_P,)),
    "pa_context_subscribe": (_P, (_P, _I, ON_SUCCESS, _P)),
    "pa_context_set_subscribe_callback": (None, (_P, SUBSCRIBED, _P)),
    "pa_context_get_server_info": (_P, (_P, ON_SERVER, _P)),
    "pa_context_get_sink_info_list": (_P, (_P, ON_SINK, _P)),
    "pa_context_get_module_info_list": (_P, (_P, ON_MODULE, _P)),
    "pa_context_load_module": (_P, (_P, _S, _S, ON_INDEX, _P)),
    "pa_context_unload_module": (_P, (_P, _U, ON_SUCCESS, _P)),
    "pa_operation_unref": (None, (_P,)),
    "pa_strerror": (_S, (_I,)),
    "pa_stream_new": (_P, (_P, _S, POINTER(SampleSpec), _P)),
    "pa_stream_unref": (None, (_P,)),
    "pa_stream_connect_playback": (_I, (_P, _S, POINTER(BufferAttr), _I, _P, _P)),
    "pa_stream_disconnect": (_I, (_P,)),
    "pa_stream_get_state": (_I, (_P,)),
    "pa_stream_get_buffer_attr": (POINTER(BufferAttr), (_P,)),
    "pa_stream_get_device_index": (_U, (_P,)),
    "pa_stream_get_device_name": (_S, (_P,)),
    "pa_stream_get_latency": (_I, (_P, POINTER(c_uint64), POINTER(c_int))),
    "pa_stream_is_suspended": (_I, (_P,)),
    "pa_stream_set_buffer_attr": (_P, (_P, POINTER(BufferAttr), ON_SUCCESS, _P)),
    "pa_stream_set_moved_callback": (None, (_P, NOTIFY, _P)),
    "pa_stream_set_underflow_callback": (None, (_P, NOTIFY, _P)),
    "pa_stream_set_write_callback": (None, (_P, REQUEST, _P)),
    "pa_stream_write": (_I, (_P, _P, c_size_t, _P, ctypes.c_int64, _I)),
}


@cache
def load() -> ctypes.CDLL | None:
    """Return libpulse, or None where it is not installed."""
    try:
        library = ctypes.CDLL("libpulse.so.0")
    except OSError:
        return None
    for name, (result, arguments) in _SIGNATURES.items():
        function: Callable[..., Any] = getattr(library, name)
        function.restype, function.argtypes = result, arguments  # type: ignore[attr-defined]
    return library


def text(raw: bytes | None) -> str:
    """Return a name as the library gives it; what is not UTF-8 is shown as it can be."""
    return (raw or b"").decode(errors="replace")

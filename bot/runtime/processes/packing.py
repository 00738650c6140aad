"""MessagePack of messages, the audio in them as little-endian float32.

The engine's process imports this module, so it runs on Python 3.10.
"""

from typing import Any, TypeVar, get_origin

import msgspec
import numpy as np


def encode_array(value: Any) -> Any:  # noqa: ANN401 - msgspec's hook is untyped
    """Return audio as bytes, little-endian float32: msgspec's hook for what it does not know."""
    if isinstance(value, np.ndarray):
        return np.ascontiguousarray(value, dtype="<f4").tobytes()
    raise NotImplementedError(type(value))


def decode_array(target: Any, value: Any) -> Any:  # noqa: ANN401 - msgspec's hook is untyped
    """Return the audio that `encode_array` made bytes of; msgspec's hook for decoders."""
    # Not by equality: numpy 2.5 on Python 3.12 resolves the alias to another object than here.
    if get_origin(target) is np.ndarray:
        return np.frombuffer(value, dtype="<f4")
    raise NotImplementedError(target)


_encoder = msgspec.msgpack.Encoder(enc_hook=encode_array)


def encode(message: msgspec.Struct) -> bytes:
    """Return `message` as MessagePack, audio as little-endian float32."""
    return _encoder.encode(message)


_M = TypeVar("_M")


def decode(data: bytes, kind: type[_M]) -> _M:
    """Return the message of class `kind` that `encode` made `data` of.

    Raises:
        msgspec.ValidationError: `data` is no such message.
    """
    return msgspec.msgpack.decode(data, type=kind, dec_hook=decode_array)

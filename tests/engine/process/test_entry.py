"""Events of an engine's process: each is sent, or the process ends."""

import io
import os

import pytest

from bot.engine.process import protocol
from bot.engine.process.entry import _encode
from bot.runtime.processes import child


@pytest.mark.parametrize(
    "event",
    [
        protocol.Ready(name="x", longest_piece=9, voices=("half \ud800", "whole")),
        protocol.Logged(level="info", event="half \ud800", fields={"\ud800": "\ud800"}),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_is_no_text_is_sent_with_a_question_mark(event: protocol.Event) -> None:
    sent = protocol.decode_event(_encode(event))
    assert type(sent) is type(event)
    if isinstance(sent, protocol.Ready):
        assert sent.voices == ("half ?", "whole")


def test_a_process_that_cannot_send_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    statuses: list[int] = []
    monkeypatch.setattr(os, "_exit", statuses.append)

    def encode(message: object) -> bytes:
        raise ValueError(message)

    sender = child.Sender(io.BytesIO(), encode)
    sender("what cannot be encoded")
    sender.close()
    assert statuses == [1]

"""The vocabulary that the stages share: frozen messages with their units.

Data moves to the right only: `SourceItem` (sources) -> `Utterance` (policy, backlog) ->
`SpeechRequest` and `AudioChunk` (engine). What becomes of each message is told in `bot.outcomes`.
Every `*_at` field is a stamp of `bot.runtime.clock.now`; what leaves the daemon has Unix times.

The engine's child process imports this package too, so it stays importable on Python 3.10.
"""

from bot.messages.base import Message
from bot.messages.chat import (
    PAID_EVENTS,
    RANKS,
    BlockedTerms,
    ChatItem,
    ChatMessage,
    Chatter,
    Event,
    EventKind,
    Picture,
    Purge,
    Role,
    StreamStatus,
)
from bot.messages.orders import Answer, Command, Order, SourceItem, Verb
from bot.messages.speech import AudioChunk, Samples, SpeechRequest, WordTime
from bot.messages.utterances import Lane, Rejection, RejectReason, Segment, Utterance

__all__ = [
    "PAID_EVENTS",
    "RANKS",
    "Answer",
    "AudioChunk",
    "BlockedTerms",
    "ChatItem",
    "ChatMessage",
    "Chatter",
    "Command",
    "Event",
    "EventKind",
    "Lane",
    "Message",
    "Order",
    "Picture",
    "Purge",
    "RejectReason",
    "Rejection",
    "Role",
    "Samples",
    "Segment",
    "SourceItem",
    "SpeechRequest",
    "StreamStatus",
    "Utterance",
    "Verb",
    "WordTime",
]

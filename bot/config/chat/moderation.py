"""Section `moderation`: time and people between a message and the voice."""

from typing import Annotated

from pydantic import Field

from bot.config.chat.verbs import Rank
from bot.config.sections.base import Count, Number, Section


class GraceSettings(Section):
    """Seconds before speech, in which a message can be deleted."""

    seconds: Annotated[Number, Field(ge=0, le=60)] = 0.0
    """How long a message waits at least, while it is made; 0 speaks at once."""
    exempt: Rank = "moderator"
    """Least role of chatters whose messages do not wait."""
    exempt_regulars: bool = True
    """Whether regulars are exempt too."""


class ApprovalSettings(Section):
    """Approval: messages wait until a moderator lets them speak."""

    enabled: bool = False
    """Whether messages wait for approval."""
    exempt: Rank = "moderator"
    """Least role of chatters whose messages need none."""
    exempt_regulars: bool = True
    """Whether regulars need none."""
    after: Annotated[Count, Field(ge=0)] = 0
    """Approvals after which a chatter needs no more; 0 for never."""
    expires_s: Annotated[Number, Field(gt=0)] = 300.0
    """Seconds after which a message is dropped that nobody looked at; a paid one waits."""
    max_waiting: Annotated[Count, Field(ge=1, le=1_000)] = 50
    """Most messages that wait, besides paid ones; one more is dropped."""


class AwaySettings(Section):
    """Hold while nobody moderates."""

    after_min: Annotated[Number, Field(ge=0)] = 0.0
    """Minutes without a message or command of the streamer or a moderator, after which speech
    waits until there is one; 0 for never."""
    offline: bool = False
    """Whether speech waits while the stream is known to be offline."""


class ModerationSettings(Section):
    """Time and people between a message and the voice."""

    grace: GraceSettings = GraceSettings()
    approval: ApprovalSettings = ApprovalSettings()
    away: AwaySettings = AwaySettings()

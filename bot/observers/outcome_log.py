"""Outcomes in the log."""

import structlog

from bot.outcomes import Applied, Dropped, Failed, Outcome, Rejected, Started

log = structlog.get_logger(__name__)


class OutcomeLog:
    """A log line for what a streamer asks about: what is spoken, what is not, and why."""

    def observe(self, outcome: Outcome) -> None:
        """Log the outcome; the steps between acceptance and speech at debug level."""
        about = {
            "channel": outcome.channel,
            "chatter": outcome.chatter,
            "utterance_id": outcome.id,
        }
        match outcome:
            case Started():
                log.info("speaking", **about, text=outcome.text, engine=outcome.engine)
            case Rejected():
                log.info("not read", **about, **_why(outcome))
            case Applied():
                log.info("command applied", **about, verb=outcome.verb.value, answer=outcome.answer)
            case Dropped():
                log.info("dropped", **about, **_why(outcome))
            case Failed():
                log.warning("failed", **about, error=outcome.error)
            case _:
                log.debug(type(outcome).__name__.lower(), **about)


def _why(outcome: Rejected | Dropped) -> dict[str, str]:
    reason = {"reason": outcome.reason.value}
    return {**reason, "detail": outcome.detail} if outcome.detail else reason

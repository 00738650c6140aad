"""Faults of twitchio and aiohttp as errors of this package.

Their own texts quote addresses with tokens in them, so none of their words are passed on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import aiohttp
import twitchio

from bot.errors import IshowttsError, LogInError, TransientError

LOG_IN_AGAIN = "Log in again: ishowtts login twitch"


class RefusedError(IshowttsError):
    """Twitch understood the request and refuses it; asking again changes nothing."""


@contextmanager
def plain_errors(request: str) -> Iterator[None]:
    """Translate errors of `request`, a clause like "reading X".

    Raises:
        LogInError: the tokens are no longer valid.
        RefusedError: Twitch refuses.
        TransientError: anything that may pass.
    """
    try:
        yield
    except twitchio.HTTPException as error:
        raise _of_answer(request, error) from None
    except twitchio.MessageRejectedError as error:
        raise RefusedError(f"{request}: Twitch dropped the message ({error.code}).") from None
    except twitchio.WebsocketConnectionException:
        raise TransientError(f"{request}: no connection to Twitch.") from None
    except TimeoutError:
        raise TransientError(f"{request}: Twitch did not answer in time.") from None
    except (aiohttp.ClientError, OSError) as error:
        raise TransientError(f"{request}: {_network_reason(error)}.") from None
    except RuntimeError:  # of aiohttp: another task has closed the session
        raise TransientError(f"{request}: the connection was given up.") from None
    except (KeyError, TypeError, ValueError, AttributeError, LookupError) as error:
        # twitchio does not check answers: a proxy's page in place of JSON ends here.
        raise TransientError(
            f"{request}: Twitch's answer makes no sense ({type(error).__name__})."
        ) from None


def _of_answer(request: str, error: twitchio.HTTPException) -> IshowttsError:
    status = error.status
    path = error.route.path if error.route else ""
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return TransientError(f"{request}: Twitch answered {status}.")
    is_token = path in {"oauth2/token", "oauth2/validate"}
    if status == HTTPStatus.UNAUTHORIZED or is_token:
        if "scope" in str(error.extra).lower():
            return RefusedError(f"{request}: the log-in lacks a permission.", remedy=LOG_IN_AGAIN)
        return LogInError(f"{request}: Twitch no longer accepts the log-in.", remedy=LOG_IN_AGAIN)
    return RefusedError(f"{request}: Twitch refused with {status}.")


def _network_reason(error: Exception) -> str:
    """Return a clause without addresses, which only the class of the error is safe to give."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "the name of Twitch's server cannot be resolved"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"no connection ({error.os_error.strerror or type(error.os_error).__name__})"
    return f"the connection broke ({type(error).__name__})"

"""`ishowtts link`: makes a token, and shows the address that holds it, once."""

import argparse
import socket
import sys
from io import StringIO
from ipaddress import ip_address

import segno
from yarl import URL

from bot.cli import EXIT_OK
from bot.cli.shared import add_config_option, channel_of, load_settings
from bot.config import Settings
from bot.errors import StartError, shown
from bot.server import tokens

_ELSEWHERE = "192.0.2.1"
"""Address of documentation (RFC 5737): nothing is sent to it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_config_option(parser)
    parser.add_argument(
        "role",
        choices=("viewer", "moderator", "streamer"),
        nargs="?",
        default="moderator",
        help="viewer: the overlay for OBS; moderator: queue, chatters and commands (the default);"
        " streamer: everything",
    )
    parser.add_argument("--channel", metavar="NAME", help="channel of the overlay")
    parser.add_argument(
        "--host", metavar="NAME", help="name or address of this machine for the other one"
    )
    parser.add_argument(
        "--revoke", action="store_true", help="forget the tokens of this role instead"
    )


def run(options: argparse.Namespace) -> int:
    """Make a token and print its address, or forget those that were made."""
    settings = load_settings(options)
    path = tokens.default_path()
    if options.revoke:
        count = tokens.revoke(path, options.role)
        what = f"{options.role} token{'' if count == 1 else 's'}"
        print(f"Forgot {count} {what}; whoever holds one is refused from now on.")
        return EXIT_OK
    channel = channel_of(settings, options.channel).name
    base = base_of(settings, options.host)
    token = tokens.make(path, options.role)
    if options.role == "viewer":
        address = overlay(base, channel, token=token)
    else:
        address = base.with_fragment(f"token={token}")
    print(f"{options.role}: {address}")
    print("It is shown this once. Whoever has it may do what the role may: keep it off the stream.")
    if settings.server.is_loopback and options.host:
        print("server.host is an address of this machine alone: set it to 0.0.0.0 for others.")
    if sys.stdout.isatty():
        drawing = StringIO()
        segno.make(str(address), error="l").terminal(drawing, compact=True)
        print(drawing.getvalue())
    return EXIT_OK


def overlay(base: URL, channel: str, *, token: str = "") -> URL:
    """Return the overlay's address; `base` is that of the daemon."""
    query = {"channel": channel} | ({"token": token} if token else {})
    return base / "overlay" % query


def base_of(settings: Settings, host: str | None) -> URL:
    """Return the daemon's address for a browser on the machine that calls this one `host`.

    Raises:
        StartError: `host` is no name and no address.
    """
    url = settings.server.url()
    if host is None and not settings.server.is_loopback and _is_any(settings.server.host):
        host = _own_address()
    try:
        return url.with_host(host) if host else url
    except ValueError:
        raise StartError(
            f"{shown(host)} is no name or address of a machine.",
            remedy="Give --host without a scheme and a port, such as 192.168.1.20 or studio.local.",
        ) from None


def _is_any(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False


def _own_address() -> str:
    """Return this machine's address in its network; its name where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((_ELSEWHERE, 9))  # chooses a way, and sends nothing
        except OSError:
            return socket.gethostname()
        address: str = probe.getsockname()[0]
        return address

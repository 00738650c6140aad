"""`ishowtts obs`: sets OBS up by its WebSocket server, and shows what it has."""

import argparse
from collections.abc import Awaitable, Callable

from bot.cli import EXIT_OK
from bot.cli.link import base_of, overlay
from bot.cli.shared import add_config_option, channel_of, complete, load_settings, quiet_logs
from bot.config import Settings
from bot.errors import StartError, TransientError
from bot.obs import setting_up
from bot.obs.client import Client, connected, password_of
from bot.server import tokens


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    config = argparse.ArgumentParser(add_help=False)
    add_config_option(config)
    setup = actions.add_parser(
        "setup", parents=[config], help="make our source in the current scene, or set it anew"
    )
    setup.add_argument("--channel", metavar="NAME", help="channel of the overlay")
    setup.add_argument(
        "--sink",
        metavar="NAME",
        help="capture this output of PulseAudio or PipeWire instead of the overlay's page",
    )
    setup.add_argument(
        "--hear", action="store_true", help="let the streamer hear it too, by the monitor of OBS"
    )
    setup.add_argument(
        "--host", metavar="NAME", help="name or address of this machine for that of OBS"
    )
    setup.set_defaults(action=_setup)
    status = actions.add_parser("status", parents=[config], help="show what OBS has")
    status.set_defaults(action=_status)


def run(options: argparse.Namespace) -> int:
    """Set OBS up, or show what it has."""
    settings = load_settings(options)
    quiet_logs()
    complete(_talk(settings, lambda obs: options.action(settings, obs, options)))
    return EXIT_OK


async def _talk(settings: Settings, work: Callable[[Client], Awaitable[None]]) -> None:
    """Do `work` with a connection to OBS.

    Raises:
        ObsError: OBS refuses.
        StartError: it is not there.
    """
    try:
        async with connected(settings.obs, password_of(settings.obs)) as obs:
            await work(obs)
    except TransientError as error:
        raise StartError(f"{error}") from None


async def _setup(settings: Settings, obs: Client, options: argparse.Namespace) -> None:
    if options.sink:
        done = await setting_up.add_capture(obs, options.sink)
        what = f"capture of {options.sink}"
    else:
        done = await setting_up.add_browser(obs, _address(settings, options), is_heard=options.hear)
        what = "browser source, its sound controlled by OBS"
    verb = "Made" if done.is_new else "Set anew"
    print(f"{verb} in the scene {done.scene}: {setting_up.NAME}, the {what}.")
    for note in done.notes:
        print(note)


def _address(settings: Settings, options: argparse.Namespace) -> str:
    channel = channel_of(settings, options.channel).name
    base = base_of(settings, options.host)
    is_here = settings.server.is_loopback and tokens.token_of(settings.server) is None
    token = "" if is_here else tokens.make(tokens.default_path(), "viewer")
    return str(overlay(base, channel, token=token))


async def _status(_: Settings, obs: Client, __: argparse.Namespace) -> None:
    seen = await setting_up.look(obs)
    print(f"OBS {seen.version}, scene {seen.scene}, {'streaming' if seen.is_streaming else 'idle'}")
    for name, kind in seen.inputs:
        print(f"  {name} ({kind})")

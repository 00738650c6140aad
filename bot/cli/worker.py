"""`ishowtts worker`: speaks for a pool of streamers, on this machine's engine."""

import argparse

from bot import logs
from bot.cli import EXIT_OK
from bot.cli.shared import add_config_option, complete, load_settings
from bot.engine import import_extra


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_config_option(parser)
    parser.add_argument(
        "--engine", metavar="NAME", help="engine that speaks (default: the first of engine.engines)"
    )


def run(options: argparse.Namespace) -> int:
    """Speak until it is stopped; then finish what is under way."""
    settings = load_settings(options)
    logs.configure(settings.log)
    service = import_extra("bot.pool.service", "A worker of a pool", "nats")
    engine = options.engine or service.engine_of(settings)
    try:
        complete(service.serve(settings, engine, lambda _: None))
    finally:
        logs.finish()
    return EXIT_OK

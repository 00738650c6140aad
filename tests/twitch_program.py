"""`ishowtts` whose Twitch is a scripted one: `python -m tests.twitch_program URL SOCKETS ...`."""

import sys

import twitchio
from twitchio.eventsub import websockets

from bot.__main__ import main

if __name__ == "__main__":
    url, websockets.WSS = sys.argv[1:3]
    twitchio.http.Route.BASE, twitchio.http.Route.ID_BASE = f"{url}helix/", url
    sys.exit(main(sys.argv[3:]))

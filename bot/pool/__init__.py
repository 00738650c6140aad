"""Worker of a pool: speaks for the daemons of many streamers, on this machine's engine.

The daemon's end is `bot.engine.guests.pool`.
"""

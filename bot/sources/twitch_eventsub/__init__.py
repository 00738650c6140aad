"""Twitch with an account: events, replies, and chat that outlives every lost connection.

`source` is one channel, `connection` what all of them share: the accounts that are logged in, one
EventSub connection for each, and the sender of replies. Only `client` and `oauth` make requests.
"""

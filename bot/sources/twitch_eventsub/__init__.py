"""Twitch with an account: events, replies, and chat that outlives every lost connection.

`source` is one channel; all of them share one `connection`: the accounts that are logged in, one
EventSub socket for each, and the queues of replies and redeems. Only `client` and `oauth` make
requests.
"""

"""Pool: workers on other machines that speak, reached through NATS.

`wire` has the messages and subjects, `connection` the way to the servers, `voices` how reference
voices travel, `roster` which workers there are, `dispatch` the attempts at one text, and `engine`
what the chain sees. `bot.pool` is the worker's end.
"""

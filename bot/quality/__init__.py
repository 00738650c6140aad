"""`ishowtts quality`: a page to hear what fewer evaluations and half precision cost.

`renditions` speaks, `distances` compares, `picture` draws, `page` writes, `command` joins them.
"""

"""OBS Studio by obs-websocket 5: the client, and what its events do to the voice.

Source: https://github.com/obsproject/obs-websocket/blob/master/docs/generated/protocol.md.
"""

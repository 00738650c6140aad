"""Social Stream Ninja, which collects chat from over a hundred sites and POSTs it as JSON.

"Send all to POST server" sends one object per message to a URL, as application/json and without a
token. Fields: https://socialstream.ninja/docs/event-reference.html.
"""

from bot.sources.social_stream.payloads import is_social_stream, native_id
from bot.sources.social_stream.reading import SocialStream

__all__ = ["SocialStream", "is_social_stream", "native_id"]

"""Remembers which messages were there already, without growing."""

from collections import OrderedDict


class RecentIds:
    """The last `capacity` ids, the least recently seen forgotten first."""

    def __init__(self, capacity: int = 10_000) -> None:
        self._capacity = capacity
        self._ids: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, message_id: str) -> bool:
        """Tell whether `message_id` is remembered."""
        return message_id in self._ids

    def add(self, message_id: str) -> bool:
        """Remember `message_id`; tell whether it is new."""
        is_new = message_id not in self._ids
        self._ids[message_id] = None
        self._ids.move_to_end(message_id)
        if len(self._ids) > self._capacity:
            self._ids.popitem(last=False)
        return is_new

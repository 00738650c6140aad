"""Lanes: utterances in the order in which they are spoken, but for when they may be."""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator

from bot.messages import Lane, Utterance


class Lanes:
    """A lane for each priority; in a lane, chatters take turns, unless somebody set an order."""

    def __init__(self) -> None:
        self._queues: dict[Lane, OrderedDict[str, deque[Utterance]]] = {
            lane: OrderedDict() for lane in Lane
        }
        """In each lane, what waits of each chatter, who comes next first."""
        self._placed: dict[Lane, dict[str, Utterance]] = {lane: {} for lane in Lane}
        """What has a place that somebody gave it, before all else of its lane, by its id."""

    def __len__(self) -> int:
        """Return how many utterances there are."""
        return sum(len(queue) for queues in self._queues.values() for queue in queues.values())

    def __iter__(self) -> Iterator[Utterance]:
        """Iterate over them by lane, in it by chatter."""
        for queues in self._queues.values():
            for queue in queues.values():
                yield from queue

    def in_turn(self) -> Iterator[Utterance]:
        """Iterate over them in the order in which they would be spoken."""
        for lane, queues in self._queues.items():
            placed = self._placed[lane]
            yield from placed.values()
            rest = ([u for u in queue if u.id not in placed] for queue in queues.values())
            turns = deque(deque(queue) for queue in rest if queue)
            while turns:
                queue = turns.popleft()
                yield queue.popleft()
                if queue:
                    turns.append(queue)

    def heads(self, may: Callable[[Utterance], bool] = lambda _: True) -> Iterator[Utterance]:
        """Iterate over those that may come next: what was placed, and the next one of each chatter.

        What `may` not be spoken now is passed over. It takes no longer for a longer queue until
        that is looked at.
        """
        for lane, queues in self._queues.items():
            placed = self._placed[lane]
            yield from filter(may, placed.values())
            for queue in queues.values():
                head = next((u for u in queue if u.id not in placed and may(u)), None)
                if head is not None:
                    yield head

    def count(self, lane: Lane) -> int:
        """Return how many there are in `lane`."""
        return sum(map(len, self._queues[lane].values()))

    def count_unpaid(self, chatter: str) -> int:
        """Return how many there are of the chatter with this id that were not paid for."""
        lanes = (lane for lane in Lane if lane is not Lane.PAID)
        return sum(len(self._queues[lane].get(chatter, ())) for lane in lanes)

    def add(self, utterance: Utterance) -> None:
        """Add `utterance` behind all others of its chatter and lane."""
        self._queues[utterance.lane].setdefault(utterance.chatter.id, deque()).append(utterance)

    def remove(self, utterance: Utterance) -> None:
        """Take `utterance` out; the turn of its chatter stays."""
        queues = self._queues[utterance.lane]
        queue = queues[utterance.chatter.id]
        queue.remove(utterance)
        self._placed[utterance.lane].pop(utterance.id, None)
        if not queue:
            del queues[utterance.chatter.id]

    def take(self, utterance: Utterance) -> None:
        """Take `utterance` out; every other chatter comes before the next one of this one."""
        self.remove(utterance)
        queues, chatter = self._queues[utterance.lane], utterance.chatter.id
        if chatter in queues:
            queues.move_to_end(chatter)

    def replace(self, utterance: Utterance, other: Utterance) -> None:
        """Let `other`, of the same chatter and lane, stand in the place of `utterance`."""
        queue = self._queues[utterance.lane][utterance.chatter.id]
        queue[queue.index(utterance)] = other
        placed = self._placed[utterance.lane]
        if utterance.id in placed:
            placed[utterance.id] = other

    def move(self, name: str, before: str) -> bool:
        """Place the message of id `name` before that of id `before`; tell whether it could be.

        Both are in one lane; an empty `before` stands for its end. What is in it by then keeps the
        order that it gets, and what comes later stands behind.
        """
        found = next((u for u in self if u.id == name), None)
        if found is None or name == before:
            return False
        order = {u.id: u for u in self.in_turn() if u.lane is found.lane and u is not found}
        if before and before not in order:
            return False
        ids = list(order)
        ids.insert(ids.index(before) if before else len(ids), name)
        order[name] = found
        self._placed[found.lane] = {each: order[each] for each in ids}
        return True

    def least_important(self, newcomer: Utterance) -> Utterance:
        """Return the newest utterance of the chatter with the most of them in the last lane.

        Of several with as many it is the one whose newest came last: who waits longer is not pushed
        out for who came after.
        """
        lanes = [newcomer.lane] if newcomer.lane is Lane.PAID else reversed(Lane)
        queues = next(queues for queues in map(self._queues.__getitem__, lanes) if queues)

        def weight(queue: deque[Utterance]) -> tuple[int, bool, float]:
            return len(queue), queue[-1] is newcomer, queue[-1].received_at

        return max(queues.values(), key=weight)[-1]

"""An order in which everything comes after what it waits for."""

import heapq


def in_order(before, number):
    """The keys of `before`, each after those that `before[key]` names; of what could come next the one with the lowest
    `number(key)`. What waits for itself, by a cycle, is left out.
    """
    after, counts = {}, {}
    for key, waits in before.items():
        counts[key] = len(waits)
        for each in waits:
            after.setdefault(each, []).append(key)
    ready = [(number(key), key) for key, count in counts.items() if not count]
    heapq.heapify(ready)
    order = []
    while ready:
        _, key = heapq.heappop(ready)
        order.append(key)
        for follower in after.get(key, ()):
            counts[follower] -= 1
            if not counts[follower]:
                heapq.heappush(ready, (number(follower), follower))
    return order

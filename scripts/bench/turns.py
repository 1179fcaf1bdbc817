"""Taking turns, and the clock. Under Python 3.6 too."""

import time


def seconds(run):
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def turned(contenders, number):
    """Another order in each round: whoever comes after a heavy process has a slower start."""
    number %= len(contenders)
    return contenders[number:] + contenders[:number]


def in_turns(ways, rounds, measure):
    """What `measure` gives of each way: a list by name, an entry a round."""
    found = {name: [] for name in ways}
    for number in range(rounds):
        for name in turned(list(ways), number):
            found[name].append(measure(ways[name]))
    return found

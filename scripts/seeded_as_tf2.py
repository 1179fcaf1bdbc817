"""A provider for comparisons with numbers that TensorFlow 2.21's compat.v1 printed: funcfit.tf1 whose random nodes take
the seeds that they take there.

TensorFlow 2 gives nodes of a graph seed other second seeds than 1.x, and the numbers of programs without any seed were
recorded with seeds counted from 1. With the same seeds such programs can be held to the same numbers:

    PYTHONPATH=scripts CORPUS_SHIM=seeded_as_tf2 python corpus.py try ...
"""

import itertools
import weakref

import funcfit.tf1
from funcfit.tf1.graph import graph as graphs
from funcfit.tf1.ops import random

_DEFAULT_SEED, _MOST = 87654321, 2**31 - 1
_unseeded, _drawn = itertools.count(1), weakref.WeakKeyDictionary()


def seeds(graph, op_seed):
    """(seed, seed2) of a random node, as 2.21 gives them."""
    if graph.seed is None:
        pair = _DEFAULT_SEED, next(_unseeded) if op_seed is None else op_seed
    elif op_seed is None:
        pair = graph.seed, _drawn.get(graph, 0)
        _drawn[graph] = pair[1] + 1
    else:
        pair = graph.seed, op_seed
    pair = tuple(int(seed) % _MOST for seed in pair)
    return (0, _MOST) if pair == (0, 0) else pair


graphs.seeds = random.seeds = seeds
install = funcfit.tf1.install

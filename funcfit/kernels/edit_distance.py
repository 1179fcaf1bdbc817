"""Levenshtein distance between sequences."""

import numpy as np


def levenshtein(a, b):
    """How many insertions, deletions and substitutions make `a` into `b`.

    >>> levenshtein("kitten", "sitting")
    3
    """
    row = list(range(len(b) + 1))
    for i, x in enumerate(a):
        diagonal, row[0] = row[0], i + 1
        for j, y in enumerate(b):
            diagonal, row[j + 1] = row[j + 1], min(row[j] + 1, row[j + 1] + 1, diagonal + (x != y))
    return row[-1]


def edit_distances(hypothesis, truth, normalize):
    """Distances of the sequences along the last axis of two sparse tensors (indices, values, shape), as float32
    [...shape without it].

    With `normalize`, as parts of the truth's length: inf where the truth is empty and the hypothesis is not.
    """
    sizes = np.maximum(hypothesis[2], truth[2])[:-1]
    said, true = (_sequences(*sparse[:2]) for sparse in (hypothesis, truth))
    distances = np.zeros(tuple(sizes), np.float32)
    for at in {**said, **true}:
        a, b = said.get(at, []), true.get(at, [])
        distance = levenshtein(a, b)
        if normalize and distance:
            distance = distance / len(b) if b else np.inf
        distances[at] = distance
    return distances


def _sequences(indices, values):
    """{leading coordinates: the values there, in order}."""
    found = {}
    for row, value in zip(indices.tolist(), values.tolist()):
        found.setdefault(tuple(row[:-1]), []).append(value)
    return found

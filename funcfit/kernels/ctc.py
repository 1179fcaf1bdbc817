"""Connectionist temporal classification: the likelihood of a label sequence under frame-wise scores, and decoding.

Scores are [time, batch, classes], the last class is the blank. Graves et al. 2006, "Connectionist temporal
classification".
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from .module import AnyArray

NEVER = -1e30  # the logarithm of a probability of zero, finite so that gradients stay so

Scores = Float[AnyArray, "time batch classes"]
Labels = Int[AnyArray, "batch most"]
Lengths = Int[AnyArray, "batch"]


def ctc_loss(
    logits: Scores, labels: Labels, label_lengths: Lengths, lengths: Lengths, merge_repeated: bool = True
) -> Float[Array, "batch"]:
    """Negative log-likelihood of each row of `labels`, of which `label_lengths` entries count, in `lengths` frames.

    Inf where no path of that length gives the labels, zero where there are no frames. Without `merge_repeated` a label
    lasts for one frame.

    >>> float(ctc_loss(jnp.zeros((1, 1, 2)), np.zeros((1, 1), int), np.array([1]), np.array([1]))[0])
    0.6931...
    """
    blank = logits.shape[2] - 1
    most = labels.shape[1]
    # Labels with blanks around them: blank, first, blank, second, ..., blank.
    extended = jnp.full((labels.shape[0], 2 * most + 1), blank).at[:, 1::2].set(labels)
    is_label = np.arange(2 * most + 1) % 2 == 1
    repeats = extended == jnp.roll(extended, 2, axis=1)
    may_skip = is_label & (np.arange(2 * most + 1) > 1) & ~(repeats & merge_repeated)
    may_stay = ~is_label | merge_repeated
    log_probability = jax.nn.log_softmax(logits)
    emitted = jnp.take_along_axis(log_probability, extended[None], axis=2)

    def step(alpha, frame):
        t, scores = frame
        by_one = jnp.pad(alpha, [(0, 0), (1, 0)], constant_values=NEVER)[:, :-1]
        by_two = jnp.pad(alpha, [(0, 0), (2, 0)], constant_values=NEVER)[:, :-2]
        ways = jnp.stack([jnp.where(may_stay, alpha, NEVER), by_one, jnp.where(may_skip, by_two, NEVER)])
        following = jax.nn.logsumexp(ways, axis=0) + scores
        return jnp.where((t < lengths)[:, None], following, alpha), None

    start = jnp.where(np.arange(2 * most + 1) < 2, emitted[0], NEVER)
    alpha, _ = lax.scan(step, start, (np.arange(1, logits.shape[0]), emitted[1:]))
    ends = jnp.stack([2 * label_lengths, jnp.maximum(2 * label_lengths - 1, 0)], axis=1)
    losses = -jax.nn.logsumexp(jnp.take_along_axis(alpha, ends, axis=1), axis=1)
    return jnp.where(lengths > 0, jnp.where(losses < -NEVER / 2, losses, jnp.inf), 0)


def ctc_loss_and_gradient(
    logits: Scores, labels: Labels, label_lengths: Lengths, lengths: Lengths, merge_repeated: bool = True
) -> tuple[Float[Array, "batch"], Float[Array, "time batch classes"]]:
    """The losses and their gradients by the logits; where no path gives the labels, softmax(logits), as in TF."""
    within = jnp.arange(logits.shape[0])[:, None, None] < jnp.asarray(lengths)[None, :, None]
    logits = jnp.where(within, logits, 0)  # what comes after the end may be NaN

    def losses_of(logits):
        losses = ctc_loss(logits, labels, label_lengths, lengths, merge_repeated)
        return jnp.sum(jnp.where(jnp.isfinite(losses), losses, 0)), losses

    gradient, losses = jax.grad(losses_of, has_aux=True)(logits)
    gradient = jnp.where(jnp.isfinite(losses)[None, :, None], gradient, jax.nn.softmax(logits))
    return losses, jnp.where(within, gradient, 0)


def packed_labels(
    rows: Int[AnyArray, "labels"],
    values: Int[AnyArray, "labels"],
    keep: Bool[AnyArray, "labels"],
    batch: int,
    most: int,
) -> tuple[Int[Array, "batch most"], Int[Array, "batch"]]:
    """A list of labels, sorted by row, as a matrix of those to keep, and how many each row has."""
    kept = jnp.cumsum(keep)
    counts = jnp.zeros(batch, jnp.int32).at[rows].add(jnp.asarray(keep, jnp.int32), mode="drop")
    before = jnp.cumsum(counts) - counts
    columns = jnp.where(keep, kept - 1 - before[rows], most)
    return jnp.zeros((batch, most), jnp.int32).at[rows, columns].set(values, mode="drop"), counts


Paths = list[list[int]]


def best_paths(
    scores: Float[np.ndarray, "time batch classes"], lengths: Int[np.ndarray, "batch"], merge_repeated: bool
) -> tuple[Paths, Float[np.ndarray, "batch"]]:
    """The labels of the highest score in each frame, without blanks, and the negative sum of those scores."""
    blank = scores.shape[2] - 1
    paths, costs = [], []
    for b, length in enumerate(lengths):
        frames = scores[:length, b].argmax(1).tolist()
        path, previous = [], -1
        for label in frames:
            if label != blank and not (merge_repeated and label == previous):
                path.append(label)
            previous = label
        paths.append(path)
        costs.append(-scores[np.arange(length), b, frames].sum())
    return paths, np.array(costs, np.float32)


class _Prefix:
    """A label sequence in a beam: logarithms of its probability, in all, ended by a blank, and ended by its label.

    `was` holds (total, blank, label) of the frame before. A prefix that is not in the beam has no total.
    """

    __slots__ = ("parent", "label", "children", "total", "blank", "by_label", "was")

    def __init__(self, parent, label):
        self.parent, self.label, self.children = parent, label, {}
        self.was = (-np.inf, -np.inf, -np.inf)
        self.leave()

    def leave(self):
        self.total = self.blank = self.by_label = -np.inf

    def child(self, label):
        if label not in self.children:
            self.children[label] = _Prefix(self, label)
        return self.children[label]

    def path(self, merge_repeated):
        labels, node, previous = [], self, -1
        while node.parent is not None:
            if not (merge_repeated and node.label == previous):
                labels.append(node.label)
            previous = node.label
            node = node.parent
        return labels[::-1]


def beam_paths(
    scores: Float[np.ndarray, "time classes"], width: int, count: int, merge_repeated: bool
) -> tuple[Paths, Sequence[float]]:
    """The `count` likeliest label sequences under one example's scores, and the logarithms of their probabilities.

    Scores are log-probabilities up to a constant a frame. `merge_repeated` merges equal labels in a row of the result,
    as TF does. Unlike TF's up to 1.15, this search does not forget how likely the least of its sequences is at the
    moment when the beam is just full. Raises ValueError when the beam holds fewer sequences than are asked for.
    """
    root = _Prefix(None, -1)
    root.total = root.blank = 0.0
    beam = [root]
    for frame in scores.astype(np.float64):
        frame = frame - np.logaddexp.reduce(frame)  # TF 1.1 subtracts the largest score: its sums are no probabilities
        beam.sort(key=lambda prefix: -prefix.total)
        _stay(beam, frame)
        beam = _grow(beam, frame, width)
    if count > len(beam):
        raise ValueError("Less leaves in the beam search than requested.")
    beam.sort(key=lambda prefix: -prefix.total)
    return [prefix.path(merge_repeated) for prefix in beam[:count]], [prefix.total for prefix in beam[:count]]


def _stay(beam, frame):
    """Each prefix of the beam reads a blank or its last label once more."""
    for prefix in beam:
        prefix.was = (prefix.total, prefix.blank, prefix.by_label)
    for prefix in beam:
        if prefix.parent is not None:
            if prefix.parent.total > -np.inf:
                total, blank, _ = prefix.parent.was
                before = blank if prefix.label == prefix.parent.label else total
                prefix.by_label = np.logaddexp(prefix.by_label, before)
            prefix.by_label += frame[prefix.label]
        prefix.blank = prefix.was[0] + frame[-1]
        prefix.total = np.logaddexp(prefix.blank, prefix.by_label)


def _grow(beam, frame, width):
    """The beam with the prefixes that one more label makes, as far as they are likelier than the least likely in it."""
    kept = list(beam)

    def fits(total):
        return total > -np.inf and (len(kept) < width or total > min(kept, key=_total).total)

    for prefix in beam:
        total, blank, _ = prefix.was
        if not fits(total):
            continue
        for label, score in enumerate(frame[:-1].tolist()):
            reached = (blank if label == prefix.label else total) + score
            if not fits(reached):
                continue
            longer = prefix.child(label)
            if longer.total > -np.inf:
                continue
            longer.blank, longer.by_label, longer.total = -np.inf, reached, reached
            if len(kept) == width:
                least = min(kept, key=_total)
                least.leave()
                kept.remove(least)
            kept.append(longer)
    return kept


def _total(prefix):
    return prefix.total

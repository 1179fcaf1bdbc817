"""CTC against the sum over all paths that it stands for."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from funcfit.kernels import ctc

FRAMES, CLASSES = 4, 3
BLANK = CLASSES - 1
SCORES = np.random.default_rng(0).normal(size=(FRAMES, 2, CLASSES)).astype(np.float32)


def read(path, merge_repeated=True):
    """The labels of a path of frames."""
    kept = [a for i, a in enumerate(path) if not (merge_repeated and i and path[i - 1] == a)]
    return tuple(a for a in kept if a != BLANK)


def likelihoods(scores, merge_repeated=True):
    """{labels: probability}, all paths of the frames of one example added up."""
    p = np.asarray(jax.nn.softmax(scores))
    found = {}
    for path in itertools.product(range(CLASSES), repeat=len(scores)):
        labels = read(path, merge_repeated)
        found[labels] = found.get(labels, 0) + np.prod([p[t, a] for t, a in enumerate(path)])
    return found


@pytest.mark.parametrize("labels", [(0,), (0, 1), (1, 1), (0, 1, 0), (0, 0, 0, 0)])
@pytest.mark.parametrize("frames", [3, 4])
@pytest.mark.parametrize("merge_repeated", [True, False])
def test_the_loss_sums_over_all_paths(labels, frames, merge_repeated):
    padded = np.zeros((2, 5), int)
    padded[:, : len(labels)] = labels
    counts, lengths = np.full(2, len(labels)), np.full(2, frames)
    losses, gradient = jax.jit(ctc.ctc_loss_and_gradient, static_argnums=4)(
        SCORES, padded, counts, lengths, merge_repeated
    )
    for b in range(2):
        expected = likelihoods(SCORES[:frames, b], merge_repeated).get(labels, 0)
        np.testing.assert_allclose(losses[b], -np.log(expected) if expected else np.inf, rtol=1e-5)
    if np.isfinite(losses).all():
        step = 1e-2
        ahead, behind = SCORES.copy(), SCORES.copy()
        ahead[1, 0, 0] += step
        behind[1, 0, 0] -= step
        slope = [-np.log(likelihoods(scores[:frames, 0], merge_repeated)[labels]) for scores in (ahead, behind)]
        np.testing.assert_allclose(gradient[1, 0, 0], (slope[0] - slope[1]) / (2 * step), atol=1e-4)
    else:
        np.testing.assert_allclose(gradient[:frames], jax.nn.softmax(SCORES[:frames]), rtol=1e-6)
    assert not np.any(gradient[frames:])


def test_frames_after_the_end_count_for_nothing_even_as_nan():
    scores = SCORES.copy()
    scores[2:, 1] = np.nan
    how = (np.array([[0], [1]]), np.array([1, 1]), np.array([4, 2]))
    losses, gradient = ctc.ctc_loss_and_gradient(jnp.asarray(scores), *how)
    np.testing.assert_allclose(losses[1], -np.log(likelihoods(SCORES[:2, 1])[(1,)]), rtol=1e-5)
    assert np.isfinite(gradient).all() and not np.any(gradient[2:, 1])


def test_labels_in_a_list_become_a_matrix_of_those_to_keep():
    rows, values = np.array([0, 0, 0, 2, 2]), np.array([5, 6, 7, 8, 9])
    labels, counts = ctc.packed_labels(rows, values, np.array([True, False, True, True, True]), 3, 2)
    assert labels.tolist() == [[5, 7], [0, 0], [8, 9]]
    assert counts.tolist() == [2, 0, 2]


def test_a_wide_beam_finds_the_likeliest_labels():
    ranked = sorted(likelihoods(SCORES[:, 0]).items(), key=lambda each: -each[1])
    frames = np.asarray(jax.nn.log_softmax(SCORES[:, 0]))
    paths, totals = ctc.beam_paths(frames, 50, 4, merge_repeated=False)
    assert [tuple(path) for path in paths] == [labels for labels, _ in ranked[:4]]
    np.testing.assert_allclose(np.exp(totals - totals[0]), [p / ranked[0][1] for _, p in ranked[:4]], rtol=1e-4)


def test_a_narrow_beam_cannot_give_many_paths():
    with pytest.raises(ValueError, match="Less leaves"):
        ctc.beam_paths(SCORES[:0, 0], 3, 2, merge_repeated=True)


def test_the_best_path_takes_the_best_label_of_each_frame():
    scores = np.log(np.array([[0.8, 0.1, 0.1], [0.8, 0.1, 0.1], [0.1, 0.1, 0.8], [0.6, 0.2, 0.2]], np.float32))[:, None]
    assert ctc.best_paths(scores, np.array([4]), True)[0] == [[0, 0]]
    assert ctc.best_paths(scores, np.array([4]), False)[0] == [[0, 0, 0]]
    np.testing.assert_allclose(ctc.best_paths(scores, np.array([2]), True)[1], -2 * np.log(0.8), rtol=1e-5)

"""einsum and tensordot against NumPy's."""

import numpy as np
import pytest

import funcfit.tf1 as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


SIZES = dict(zip("abcdijk", (2, 3, 4, 5, 2, 3, 4), strict=True))


@pytest.mark.parametrize(
    "equation",
    [
        "ij,jk->ik",
        "ij,jk",
        "abi,aij->abj",
        "ij->ji",
        "ij->",
        "i,j->ij",
        "ij,ij->i",
        "abc,bad->dc",
        "ij,jk,ka->ia",
        "aij,ajk->aik",
        "a,a,a->a",
        "ij,j,j->i",
        "ij, jk -> ik",
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_einsum_is_numpys(session, equation, known):
    labels = equation.replace(" ", "").split("->")[0].split(",")
    random = np.random.RandomState(0)
    arrays = [random.rand(*(SIZES[c] for c in each)) for each in labels]
    tensors = [tf.placeholder(tf.float64, a.shape if known else [None] * a.ndim) for a in arrays]
    value = session.run(tf.einsum(equation, *tensors), dict(zip(tensors, arrays, strict=True)))
    np.testing.assert_allclose(value, np.einsum(equation, *arrays))


@pytest.mark.parametrize("equation", ["...ij,...jk->...ik", "...ij,jk->...ik", "...ij,...jk"])
def test_dots_stand_for_leading_axes(session, equation):
    a, b = np.random.rand(4, 2, 3), np.random.rand(*((3, 5) if ",jk" in equation else (4, 3, 5)))
    np.testing.assert_allclose(session.run(tf.einsum(equation, a, b)), np.einsum(equation, a, b))


@pytest.mark.parametrize("equation", ["ij,jk->ikl", "ii->i", "ij;jk", "ij,jk->ik,", "ij->ij"])
def test_equations_that_make_no_sense_are_refused(session, equation):
    with pytest.raises(ValueError):
        tf.einsum(equation, tf.ones([2, 2]), tf.ones([2, 2]))


@pytest.mark.parametrize("axes", [1, 2, [[1], [0]], [[-1], [0]], [[0, 1], [1, 0]], [[], []], [2, 0]])
@pytest.mark.parametrize("known", [True, False])
def test_tensordot_is_numpys(session, axes, known):
    a, b = np.random.rand(3, 4, 4), np.random.rand(4, 4, 5)
    if axes == [[0, 1], [1, 0]]:
        a = np.random.rand(4, 4, 3)
    x, y = (tf.placeholder(tf.float64, array.shape if known else None) for array in (a, b))
    product = tf.tensordot(x, y, axes)
    np.testing.assert_allclose(session.run(product, {x: a, y: b}), np.tensordot(a, b, axes))


def test_axes_of_tensordot_may_be_fed(session):
    a, b = np.random.rand(3, 4), np.random.rand(4, 5)
    axes = tf.placeholder(tf.int32)
    product = tf.tensordot(tf.constant(a), tf.constant(b), axes)
    np.testing.assert_allclose(session.run(product, {axes: [[1], [0]]}), a @ b)

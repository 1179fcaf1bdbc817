"""Slices by TF's specification are NumPy's slices, on specs drawn at random; gradients put things back."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from funcfit.kernels import strided_slice as kernel

MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")


def drawn_spec(random, shape):
    """A tuple that NumPy takes inside brackets: numbers, slices, None, and at most one Ellipsis."""
    kinds = [random.choice(["number", "slice"]) for _ in range(random.integers(0, len(shape) + 1))]
    left = random.integers(0, len(kinds) + 1)
    sizes = [*shape[:left], *shape[len(shape) - (len(kinds) - left) :]]
    spec = []
    for kind, size in zip(kinds, sizes):
        if kind == "number":
            spec.append(int(random.integers(-size, size)))
        else:
            start, stop = (None if random.random() < 0.3 else int(random.integers(-6, 7)) for _ in range(2))
            spec.append(slice(start, stop, random.choice([None, 1, 2, 3, -1, -2, -3])))
    if left < len(kinds) or random.random() < 0.3:
        spec.insert(left, Ellipsis)
    for _ in range(random.integers(0, 3)):
        spec.insert(random.integers(0, len(spec) + 1), None)
    return tuple(spec)


def encoded(spec):
    """A spec as `tensor[spec]` makes it."""
    numbers, masks = [], dict.fromkeys(MASKS, 0)
    for i, part in enumerate(spec):
        if isinstance(part, slice):
            masks["begin_mask"] |= (part.start is None) << i
            masks["end_mask"] |= (part.stop is None) << i
            numbers.append((part.start or 0, part.stop or 0, part.step or 1))
        elif part is Ellipsis or part is None:
            masks["new_axis_mask" if part is None else "ellipsis_mask"] |= 1 << i
            numbers.append((0, 0, 1))
        else:
            masks["shrink_axis_mask"] |= 1 << i
            numbers.append((part, part + 1, 1))
    columns = [list(column) for column in zip(*numbers)] or [[], [], []]
    return kernel.Spec(*columns, tuple(masks[m] for m in MASKS))


@pytest.mark.parametrize("seed", range(30))
def test_a_slice_its_gradient_and_its_assignment_are_numpys(seed):
    random = np.random.default_rng(seed)
    x = random.normal(size=tuple(random.integers(1, 6, random.integers(1, 5)))).astype(np.float32)
    spec = drawn_spec(random, x.shape)
    code = encoded(spec)
    expected = x[spec]
    sliced = kernel.strided_slice(x, code)
    assert sliced.shape == expected.shape
    np.testing.assert_array_equal(sliced, expected)
    assert kernel.output_sizes(x.shape, code) == list(expected.shape)
    dy = np.asarray(random.normal(size=expected.shape), np.float32)
    put_back, assigned = np.zeros_like(x), x.copy()
    put_back[spec], assigned[spec] = dy, dy
    np.testing.assert_array_equal(kernel.strided_slice_grad(x.shape, code, dy), put_back)
    np.testing.assert_array_equal(kernel.strided_slice_grad(x.shape, code, jnp.asarray(dy)), put_back)
    np.testing.assert_array_equal(kernel.strided_slice_assigned(x, code, dy), assigned)


@pytest.mark.parametrize(
    "spec", [(1,), (..., -1), np.s_[:, 2, None], (0, 1), (-2, ...), np.s_[1, 3:0:-2], np.s_[:2, 1]]
)
def test_single_picks_may_be_traced(spec):
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    whole = encoded(spec)
    unknown = [None if whole.bit(4, i) else b for i, b in enumerate(whole.begin)]
    code = kernel.Spec(
        unknown, [None if u is None else e for u, e in zip(unknown, whole.end)], whole.strides, whole.masks
    )
    assert code.is_decided()
    begin = np.array(whole.begin)
    picked = jax.jit(lambda b: kernel.strided_slice(x, code, b))(begin)
    np.testing.assert_array_equal(picked, x[spec])
    put_back = np.zeros_like(x)
    put_back[spec] = 1
    found = jax.jit(lambda b: kernel.strided_slice_grad(x.shape, code, np.ones_like(x[spec]), b))(begin)
    np.testing.assert_array_equal(found, put_back)

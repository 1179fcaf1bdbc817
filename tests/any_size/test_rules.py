"""Programs for a range of sizes give what the program for the very size gives, whatever lies behind what is real."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from funcfit.any_size import AnySize, Unfit, bound, padded, sizes_of, varying
from funcfit.kernels import rows

T = "T"  # the size that changes
CHANNELS_LAST = ("NHWC", "HWIO", "NHWC")


def convolved(x, w, strides=(1, 1)):
    return lax.conv_general_dilated(x, w, strides, "SAME", dimension_numbers=CHANNELS_LAST)


def pooled(x, window, strides, kind=lax.max, first=-np.inf):
    return lax.reduce_window(x, first, kind, window, strides, "SAME")


def summed(x, i, axis=0):
    return lax.scan(lambda c, row: (jnp.tanh(c * 0.5 + row), c), jnp.zeros(x.shape[1:]), x, reverse=i)


class Places(NamedTuple):
    """An argument of integers below a number."""

    below: int
    shape: tuple


# name: function, shapes of its arguments
CASES = {
    "mean": (jnp.mean, (T, 4)),
    "variance": (lambda x: (jnp.var(x, 0), jnp.std(x, ddof=1)), (T, 4)),
    "extremes": (lambda x: (x.max(), x.min(0), x.argmax(0), x.argmin(), (x > 0).all(0), (x > 0).any()), (T, 4)),
    "products along an axis": (lambda x: (x.prod(0), jnp.cumprod(x, 0)), (T, 3)),
    "softmax": (lambda x: (jax.nn.softmax(x), jax.nn.softmax(x, 0), jax.nn.logsumexp(x, 0)), (T, 4)),
    "running sums": (lambda x: (jnp.cumsum(x, 0), lax.cumsum(x, 0, reverse=True), lax.cummax(x, 0)), (T, 4)),
    "a gradient of weights": (
        lambda x, w: jax.grad(lambda w: jnp.mean(jnp.tanh(x @ w) ** 2))(w),
        (T, 4),
        (4, 3),
    ),
    "attention": (lambda x: jax.nn.softmax(jnp.tril(x @ x.T)) @ x, (T, 4)),
    "batched products": (lambda x, y: jnp.einsum("btd,bsd->bts", x, y), (2, T, 3), (2, T, 3)),
    "outer products": (lambda x: (x[:, None] * x[None, :]).sum(1), (T,)),
    "a concatenation": (lambda x, y: jnp.concatenate([x, y, x[:2]]), (T, 4), (3, 4)),
    "a stack": (lambda x: jnp.stack([x, x * 2], 1), (T, 2)),
    "tiles": (lambda x: (jnp.tile(x, (2, 3)), jnp.tile(jnp.arange(3.0), x.shape[0])), (T, 2)),
    "padding": (lambda x: jnp.pad(x, ((1, 2), (0, 1)), constant_values=7.0), (T, 4)),
    "padding between": (lambda x: lax.pad(x, 7.0, ((1, 2, 1), (0, -1, 0))), (T, 4)),
    "padding to a length": (lambda x: (jnp.pad(x, (0, 40 - len(x))), jnp.pad(x, (40 - len(x), 0))), (T,)),
    "a slice's gradient": (lambda x: jax.grad(lambda x: (x[-1] ** 2).sum() + (x[1:-2] ** 3).sum())(x), (T, 4)),
    "slices": (lambda x: (x[-1], x[1:] - x[:-1], x[:3:2], x[:2]), (T, 4)),
    "backwards": (lambda x: (x[::-1], x[:, ::-1]), (T, 4)),
    "rolled": (lambda x: jnp.roll(x, 1, 0), (T, 3)),
    "rows made one": (lambda x: (x.reshape(-1, 2), x.reshape(-1)), (T, 4)),
    "columns made one": (lambda x: x.reshape(-1), (3, T)),
    "one made columns": (lambda x: x.reshape(-1).reshape(3, -1, 2)[:, :, 0], (3, T, 2)),
    "in turn": (lambda x: x.transpose(1, 0, 2).reshape(-1, 2).reshape(-1, 3, 2).sum(0), (3, T, 2)),
    "axes of one entry": (lambda x: x[:, :, None] * x.reshape(3, -1, 1, 2), (3, T, 2)),
    "parts": (lambda x: jnp.split(x, 2, 1), (T, 4)),
    "rows of a table": (lambda x, i: (jnp.take(x, i, axis=0), x[i]), (6, 4), Places(6, (T,))),
    "rows by number": (lambda x, i: (jnp.take(x, i, axis=0), x.at[i].get(mode="clip")), (T, 4), Places(4, (T,))),
    "one a row": (lambda x, i: jnp.take_along_axis(x, i[:, None], 1)[:, 0], (T, 5), Places(5, (T,))),
    "rows added": (lambda x, i, v: x.at[i].add(v), (6, 4), Places(6, (T,)), (T, 4)),
    "the largest of rows": (
        lambda x, i, v: (x.at[i].max(v), x.at[i].min(v), x.at[i].mul(v)),
        (6, 4),
        Places(6, (T,)),
        (T, 4),
    ),
    "rows set": (lambda x, i, v: x.at[i].set(v[i]), (6, 4), Places(6, (T,)), (6, 4)),
    "added to some": (lambda x, i, v: (x.at[i].add(v), x.at[i].add(v, mode="clip")), (T, 4), Places(4, (3,)), (3, 4)),
    "a part set": (
        lambda x: (x.at[1:].set(x[:-1] * 2), x.at[:-1].set(x[1:] * 2), x.at[1:].add(x[:-1]), x.at[:-2].max(x[2:])),
        (T, 2),
    ),
    "written at a place": (lambda x: lax.dynamic_update_slice(x, jnp.ones((2, 3)), (x.shape[0] - 2, 0)), (T, 3)),
    "written over": (lambda x: lax.dynamic_update_slice(x, x[1:] * 2, (x[0, 0].astype(int), 0)), (T, 3)),
    "sorted": (lambda x: (jnp.sort(x, 0), jnp.argsort(x, 0), jnp.median(x, 0)), (T, 4)),
    "the largest": (lambda x: (lax.top_k(x.T, 2), lax.top_k(x, 2, axis=0), lax.top_k(x.T, len(x))), (T, 4)),
    "bits": (lambda i: lax.reduce_and(-1 - i, (0,)), Places(6, (T,))),
    "rows beyond the last": (lambda x, i: x.at[i].get(mode="promise_in_bounds"), (T, 4), Places(40, (T,))),
    "distinct numbers": (rows.distinct, Places(6, (T,))),
    "a vocabulary": (lambda i: jax.nn.one_hot(i, 5).sum(0), Places(5, (T,))),
    "images": (convolved, (T, 5, 5, 2), (3, 3, 2, 4)),
    "images' filters": (
        lambda x, w: jax.grad(lambda w: (convolved(x, w) ** 2).sum())(w),
        (T, 5, 5, 2),
        (3, 3, 2, 4),
    ),
    "wide images": (
        lambda x, w: jax.grad(lambda x, w: (convolved(x, w) ** 2).sum(), (0, 1))(x, w),
        (2, T, 5, 2),
        (3, 3, 2, 4),
    ),
    "pools": (lambda x: pooled(x, (1, 2, 1), (1, 1, 1)), (2, T, 3)),
    "sums in windows": (lambda x: pooled(x, (1, 3, 1), (1, 1, 1), lax.add, 0.0), (2, T, 3)),
    "a pool's gradient": (lambda x: jax.grad(lambda x: (pooled(x, (1, 2, 1), (1, 2, 1)) ** 2).sum())(x), (T, 6, 3)),
    "a scan": (lambda x: (summed(x, False), summed(x, True)), (T, 4)),
    "a scan's gradient": (lambda x: jax.grad(lambda x: (summed(x, False)[1] ** 2).sum())(x), (T, 4)),
    "a scan beside": (lambda x: lax.scan(lambda c, _: (c + x.sum(), c), 0.0, length=3), (T, 4)),
    "a loop": (
        lambda x: lax.while_loop(lambda s: s[0] < x.shape[0], lambda s: (s[0] + 1, s[1] + x[s[0]]), (0, jnp.zeros(4))),
        (T, 4),
    ),
    "a choice": (lambda x: lax.cond(x[0, 0] > 0, lambda x: x.sum(0), lambda x: x.max(0), x), (T, 3)),
    "numbers": (
        lambda x: [
            x * np.float32(f(len(x))) for f in (lambda n: n * n, lambda n: 1 / n**2, lambda n: n * 3 / (n * 3 - 1))
        ],
        (T,),
    ),
    "of every two": (lambda x: (x[:, None] * x).mean() / (len(x) * (len(x) - 1)), (T,)),
    "constants": (lambda x: x * np.arange(x.shape[0]) + np.full(x.shape, 1 / x.size, np.float32), (T,)),
    "constants that end otherwise": (
        lambda x: (
            x * np.pad(np.full((len(x) - 3, 1), 5, np.float32), ((1, 2), (0, 0))) * np.eye(1, len(x), len(x) - 1).T
        ),
        (T, 2),
    ),
    "from 0 to 1": (lambda x: x * jnp.linspace(0, 1, x.shape[0]), (T,)),
}


def arguments_of(specs, n):
    rng = np.random.RandomState(n)
    for spec in specs:
        shape = tuple(n if size == T else size for size in getattr(spec, "shape", spec))
        is_places = isinstance(spec, Places)
        yield rng.randint(0, spec.below, shape).astype("int32") if is_places else rng.randn(*shape).astype("float32")


def laid_in_rubbish(array, shape):
    """As the program may find it: NaN, or a number that is no place, where nothing is real."""
    whole = np.full(shape, np.nan if array.dtype == np.float32 else 10**6, array.dtype)
    whole[tuple(map(slice, array.shape))] = array
    return whole


def for_many(function, seen, arguments):
    """What `function` gives by the program for the range of sizes in which `arguments` are."""
    shapes = tuple(x.shape for x in arguments)
    axes = varying([*(tuple(x.shape for x in each) for each in seen), shapes])
    sizes = sizes_of(shapes, axes)
    most = tuple(map(bound, sizes))
    whole = AnySize(function, axes, most, 0)
    laid = map(laid_in_rubbish, arguments, padded(shapes, axes, most))
    out = jax.jit(whole)(tuple(map(np.int32, sizes)), *laid)
    structure = jax.tree.structure(out)
    return structure.unflatten(whole.cut(x, i, sizes) for i, x in enumerate(jax.tree.leaves(out)))


@pytest.mark.parametrize("n", [4, 8, 13])
@pytest.mark.parametrize("name", CASES)
def test_real_results_come_from_what_is_real(name, n):
    function, *specs = CASES[name]
    arguments = list(arguments_of(specs, n))
    out = for_many(function, [list(arguments_of(specs, m)) for m in (5, 6)], arguments)
    wanted = jax.jit(function)(*arguments)
    assert jax.tree.structure(out) == jax.tree.structure(wanted)
    for x, y in zip(jax.tree.leaves(out), jax.tree.leaves(wanted)):
        np.testing.assert_allclose(x, y, rtol=2e-5, atol=2e-5)


UNFIT = {
    "a size that is no line": (lambda x: pooled(x, (1, 2, 1), (1, 2, 1)), (2, T, 3), "an axis is 4, 3, 2 long"),
    "random bits": (lambda x: x * jax.random.normal(jax.random.key(0), x.shape), (T,), "random_bits.s shape changes"),
    "another program": (lambda x: x if len(x) > 6 else x * 2, (T,), "more operations at one size"),
    "another function": (lambda x: jnp.sin(x) if len(x) > 6 else jnp.cos(x), (T,), "another operation at another size"),
    "other results": (lambda x: list(x), (T,), "gives something else at another size"),
    "a constant for each size": (
        lambda x: x * np.random.RandomState(len(x)).randn(len(x)).astype("float32"),
        (T,),
        "changes with the size in more than its length",
    ),
    "a number for each size": (lambda x: x * np.float32(np.log(len(x))), (T,), "a number is 2.079"),
    "a remainder": (lambda x: x * (len(x) % 2), (T,), "a number is 0.0, 1.0, 0.0"),
    "an even length": (lambda x: x[: len(x) // 2 * 2].sum(), (T,), "more operations at one size"),
    "what fills up": (lambda x: jnp.concatenate([x, jnp.ones(20 - len(x))]), (T,), "longest where .* smallest"),
    "the last of a table": (lambda x: x * jnp.arange(20.0)[20 - len(x) :], (T,), "a place that comes nearer"),
    "a table's last": (lambda x: jnp.ones(20).at[20 - len(x) :].add(x), (T,), "otherwise than the whole"),
    "an error at some sizes": (lambda x: x + jnp.ones(8), (T,), "shapes"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_what_has_no_such_form_says_so(name):
    function, shape, why = UNFIT[name]
    seen = [list(arguments_of([shape], m)) for m in (5, 6)]
    with pytest.raises(Unfit, match=why):
        for_many(function, seen, list(arguments_of([shape], 7)))


def test_two_sizes_at_once():
    def function(q, k, v):
        return jax.nn.softmax(q @ k.T) @ v, (q.sum(0) / len(q)) @ k.mean(0)

    def arguments(n, m):
        rng = np.random.RandomState(0)
        return [rng.randn(*shape).astype("float32") for shape in [(n, 4), (m, 4), (m, 3)]]

    out = for_many(function, [arguments(5, 9), arguments(6, 9)], arguments(7, 21))
    for x, y in zip(out, function(*arguments(7, 21))):
        np.testing.assert_allclose(x, y, rtol=2e-5, atol=2e-5)


def test_a_product_of_two_sizes():
    def function(x):
        rows = x.reshape(-1, 3) * 2
        return jnp.mean(x), rows, rows.reshape(x.shape).sum(1), x.transpose(1, 0, 2).reshape(-1), rows[1:].sum(0)

    x, y, z = (
        np.random.RandomState(0).randn(*shape).astype("float32") for shape in [(5, 9, 3), (6, 10, 3), (7, 21, 3)]
    )
    for one, other in zip(for_many(function, [[x], [y]], [z]), function(z)):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)

"""Writes to some rows of a variable: `scatter_update` and its kin by row number, `scatter_nd_update` and its kin by
index vectors.

Rows that come several times are updated several times; `scatter_update` keeps the last. InvalidArgumentError for a
row that is not there.
"""

import jax
import jax.numpy as jnp
import numpy as np

from funcfit.errors import InvalidArgumentError
from funcfit.kernels.rows import are_there
from funcfit.tf1 import shapes
from funcfit.tf1.opdef import NUMBERS, Check, api, op

_ANY = NUMBERS + " bool"


def _scattered(node):
    """ref [rows, row...], indices [i...], updates [i..., row...], or a scalar for all."""
    ref, indices, updates = (x.shape for x in node.inputs)
    if updates.ndims != 0:
        shapes.merged_into(node, updates, indices.concatenate(ref[1:]))
    return ref


def _rows_exist(ref, indices, updates, **_):
    rows = ref.shape[0]

    def message(indices):
        where = np.argwhere((indices < 0) | (indices >= rows))[0]
        at = f"[{','.join(str(i) for i in where)}]" if indices.ndim else ""
        return f"indices{at} = {indices[tuple(where)]} is not in [0, {rows})"

    return [Check(are_there(indices, rows), InvalidArgumentError, message, [indices])]


def _by_row(T=NUMBERS):
    signature = "ref: &T, indices: Tindices, updates: T -> output_ref: &T"
    return op(
        signature,
        T=T,
        Tindices="int32 int64",
        writes=("ref",),
        writes_rows=True,
        out=_scattered,
        checks=_rows_exist,
        padding=("indices", "updates"),
        gradient=None,
    )


@api("scatter_update")
@_by_row(T=_ANY)
def ScatterUpdate(ref, indices, updates, *, use_locking=True):
    return ref.at[indices].set(updates, mode="drop")


@api("scatter_add")
@_by_row()
def ScatterAdd(ref, indices, updates, *, use_locking=False):
    return ref.at[indices].add(updates, mode="drop")


@api("scatter_sub")
@_by_row()
def ScatterSub(ref, indices, updates, *, use_locking=False):
    return ref.at[indices].add(-updates, mode="drop")


@api("scatter_mul")
@_by_row()
def ScatterMul(ref, indices, updates, *, use_locking=False):
    return ref.at[indices].multiply(updates, mode="drop")


@api("scatter_div")
@_by_row()
def ScatterDiv(ref, indices, updates, *, use_locking=False):
    """Integers are divided towards zero, as C++ does."""
    divisors = jnp.ones_like(ref).at[indices].multiply(updates, mode="drop")
    return jax.lax.div(ref, divisors)


@api("scatter_min")
@_by_row()
def ScatterMin(ref, indices, updates, *, use_locking=False):
    return ref.at[indices].min(updates, mode="drop")


@api("scatter_max")
@_by_row()
def ScatterMax(ref, indices, updates, *, use_locking=False):
    return ref.at[indices].max(updates, mode="drop")


def _scattered_nd(node):
    """ref [size_1, ..., size_k, rest...], indices [i..., k], updates [i..., rest...]."""
    ref, indices, updates = (x.shape for x in node.inputs)
    depth = indices.dims_or_none and indices.dims_or_none[-1]
    if depth is not None and ref.ndims is not None:
        shapes.merged_into(node, updates, indices[:-1].concatenate(ref[depth:]))
    return ref


def _elements_exist(ref, indices, updates, **_):
    sizes = ref.shape[: indices.shape[-1]]

    def message(indices):
        flat = indices.reshape(-1, indices.shape[-1])
        bad = int(np.argwhere(((flat < 0) | (flat >= np.array(sizes))).any(-1))[0, 0])
        at = ",".join(str(i) for i in np.unravel_index(bad, indices.shape[:-1]))
        vector, shape = ", ".join(str(i) for i in flat[bad]), ",".join(str(d) for d in ref.shape)
        return f"Invalid indices: [{at}] = [{vector}] does not index into [{shape}]"

    inside = (indices >= 0) & (indices < np.array(sizes, indices.dtype))
    return [Check(inside, InvalidArgumentError, message, [indices])]


def _by_vector(T=NUMBERS):
    signature = "ref: &T, indices: Tindices, updates: T -> output_ref: &T"
    declared = dict(writes=("ref",), writes_rows=True, out=_scattered_nd, checks=_elements_exist, gradient=None)
    return op(signature, T=T, Tindices="int32 int64", **declared)


def _at(ref, indices):
    return ref.at[tuple(indices[..., i] for i in range(indices.shape[-1]))]


@api("scatter_nd_update")
@_by_vector(T=_ANY)
def ScatterNdUpdate(ref, indices, updates, *, use_locking=True):
    return _at(ref, indices).set(updates, mode="drop")


@api("scatter_nd_add")
@_by_vector()
def ScatterNdAdd(ref, indices, updates, *, use_locking=False):
    return _at(ref, indices).add(updates, mode="drop")


@api("scatter_nd_sub")
@_by_vector()
def ScatterNdSub(ref, indices, updates, *, use_locking=False):
    return _at(ref, indices).add(-updates, mode="drop")

"""Clipping: of values, and of gradients by their norms."""

from collections.abc import Sequence

from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import colocate_with, name_scope
from funcfit.tf1.graph.node import IndexedSlices
from funcfit.tf1.opdef import api, raw, tf


@api("clip_by_value")
def clip_by_value(t, clip_value_min, clip_value_max, name=None):
    """`t` with what is below `clip_value_min` or above `clip_value_max` moved there; IndexedSlices by their values."""
    values = t.values if isinstance(t, IndexedSlices) else t
    with name_scope(name, "clip_by_value", [values, clip_value_min, clip_value_max]) as scope:
        values = convert_to_tensor(values, name="t")
        below = tf.minimum(values, clip_value_max)
        values.shape.assert_is_compatible_with(below.shape)
        clipped = tf.maximum(below, clip_value_min, name=scope)
        values.shape.assert_is_compatible_with(clipped.shape)
    return IndexedSlices(clipped, t.indices, t.dense_shape) if isinstance(t, IndexedSlices) else clipped


@api("clip_by_norm")
def clip_by_norm(t, clip_norm, axes=None, name=None):
    """`t` scaled down where its 2-norm (over `axes`) is larger than `clip_norm`; IndexedSlices by their values."""
    values = t.values if isinstance(t, IndexedSlices) else t
    with name_scope(name, "clip_by_norm", [values, clip_norm]) as scope:
        values = convert_to_tensor(values, name="t")
        inverse_norm = tf.rsqrt(tf.reduce_sum(values * values, axes, keep_dims=True))
        wanted = values * clip_norm
        values.shape.assert_is_compatible_with(wanted.shape)
        scale = tf.minimum(inverse_norm, tf.constant(1.0, dtype=values.dtype) / clip_norm)
        clipped = tf.identity(wanted * scale, name=scope)
    return IndexedSlices(clipped, t.indices, t.dense_shape) if isinstance(t, IndexedSlices) else clipped


@api("global_norm", "linalg.global_norm")
def global_norm(t_list, name=None):
    """The 2-norm of all tensors of a list taken together; Nones in it are passed over. TypeError when it is no list."""
    t_list = _listed(t_list)
    with name_scope(name, "global_norm", t_list):
        halves = []
        for values in _values(t_list):
            if values is not None:
                with colocate_with(values):
                    halves.append(raw.L2Loss(values))
        half = tf.reduce_sum(tf.stack(halves))
        return tf.sqrt(half * tf.constant(2.0, dtype=half.dtype), name="global_norm")


@api("clip_by_global_norm")
def clip_by_global_norm(t_list, clip_norm, use_norm=None, name=None):
    """(the tensors, scaled down by one factor so that their global norm is at most `clip_norm`; the norm they had).

    Nones stay None. `use_norm` is taken for the global norm when it is given. TypeError when `t_list` is no list.
    """
    t_list = _listed(t_list)
    if use_norm is None:
        use_norm = global_norm(t_list, name)
    with name_scope(name, "clip_by_global_norm", [*t_list, clip_norm]) as scope:
        inverse = 1.0 / use_norm
        scale = clip_norm * tf.minimum(inverse, tf.constant(1.0, dtype=use_norm.dtype) / clip_norm)
        clipped = []
        for i, values in enumerate(_values(t_list)):
            if values is None:
                clipped.append(None)
                continue
            with colocate_with(values):
                clipped.append(tf.identity(values * scale, name=f"{scope}_{i}"))
    return [
        IndexedSlices(c, t.indices, t.dense_shape) if isinstance(t, IndexedSlices) else c
        for c, t in zip(clipped, t_list, strict=True)
    ], use_norm


def _listed(t_list):
    if not isinstance(t_list, Sequence) or isinstance(t_list, str):
        raise TypeError("t_list should be a sequence")
    return list(t_list)


def _values(t_list):
    return [
        t if t is None else convert_to_tensor(t.values if isinstance(t, IndexedSlices) else t, name=f"t_{i}")
        for i, t in enumerate(t_list)
    ]


@api("clip_by_average_norm")
def clip_by_average_norm(t, clip_norm, name=None):
    """`t` scaled down when its 2-norm divided by the number of its elements is larger than `clip_norm`."""
    with name_scope(name, "clip_by_average_norm", [t, clip_norm]) as scope:
        t = convert_to_tensor(t, name="t")
        count = tf.cast(tf.size(t), dtypes.float32)
        inverse_norm = tf.rsqrt(tf.reduce_sum(t * t, tf.range(tf.rank(t))))
        wanted = t * clip_norm
        scale = tf.minimum(inverse_norm * count, tf.constant(1.0) / clip_norm)
        return tf.identity(wanted * scale, name=scope)

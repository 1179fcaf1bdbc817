"""Which weights fit which values: a scalar, or the same rank with each size 1 or equal: less than NumPy broadcasts."""

from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import control_dependencies, name_scope
from funcfit.tf1.opdef import raw, tf
from funcfit.tf1.shapes import constant_value

_MISFIT = "weights can not be broadcast to values."


def assert_broadcastable(weights, values):
    """A node that fails when `weights` cannot be broadcast to `values`; ValueError when that is known already."""
    with name_scope(None, "assert_broadcastable", (weights, values)) as scope:
        weights, weights_shape, weights_rank = _measured(weights, "weights")
        values, values_shape, values_rank = _measured(values, "values")
        static_weights_rank, static_values_rank = constant_value(weights_rank), constant_value(values_rank)
        if static_weights_rank is not None and static_values_rank is not None:
            if static_weights_rank == 0:
                return tf.no_op(name="static_scalar_check_success")
            if static_weights_rank != static_values_rank:
                raise ValueError(f"{_MISFIT} values.rank={static_values_rank}. weights.rank={static_weights_rank}.")
            static_weights_shape, static_values_shape = constant_value(weights_shape), constant_value(values_shape)
            if static_weights_shape is not None and static_values_shape is not None:
                _check(static_weights_shape, static_values_shape)
                return tf.no_op(name="static_dims_check_success")
        is_scalar = tf.equal(0, weights_rank, name="is_scalar")
        told = [_MISFIT, "weights.shape=", weights.name, weights_shape, "values.shape=", values.name, values_shape]
        fits = tf.cond(
            is_scalar,
            lambda: is_scalar,
            lambda: _has_valid_nonscalar_shape(weights_rank, weights_shape, values_rank, values_shape),
            name="is_valid_shape",
        )
        return tf.Assert(fits, [*told, "is_scalar=", is_scalar], name=scope)


def _measured(value, name):
    """`value` as a tensor, with its shape and its rank as tensors."""
    with name_scope(None, name, (value,)) as scope:
        value = convert_to_tensor(value, name=scope)
        return value, tf.shape(value, name="shape"), tf.rank(value, name="rank")


def _check(weights_shape, values_shape):
    for i, (weights_size, values_size) in enumerate(zip(weights_shape, values_shape)):
        if weights_size not in (1, values_size):
            raise ValueError(
                f"{_MISFIT} Mismatch at dim {i}. values.shape={values_shape} weights.shape={weights_shape}."
            )


def _has_valid_nonscalar_shape(weights_rank, weights_shape, values_rank, values_shape):
    measures = (weights_rank, weights_shape, values_rank, values_shape)
    with name_scope(None, "has_valid_nonscalar_shape", measures) as scope:
        same_rank = tf.equal(values_rank, weights_rank, name="is_same_rank")
        return tf.cond(same_rank, lambda: _has_valid_dims(weights_shape, values_shape), lambda: same_rank, name=scope)


def _has_valid_dims(weights_shape, values_shape):
    """Each size of the weights is in the set of 1 and the value's size on that axis."""
    with name_scope(None, "has_invalid_dims", (weights_shape, values_shape)) as scope:
        values_sizes = tf.expand_dims(values_shape, -1)
        valid = tf.concat([values_sizes, tf.ones_like(values_sizes)], 1)
        invalid = raw.DenseToDenseSetOperation(tf.expand_dims(weights_shape, -1), valid, set_operation="a-b")
        count = tf.size(invalid.result_values, name="num_invalid_dims")
        return tf.equal(0, count, name=scope)


def broadcast_weights(weights, values):
    """`weights` in the shape of `values`; checked as `assert_broadcastable` does."""
    with name_scope(None, "broadcast_weights", (weights, values)) as scope:
        values = convert_to_tensor(values, name="values")
        weights = convert_to_tensor(weights, dtype=values.dtype.base_dtype, name="weights")
        known = weights.shape.is_fully_defined() and values.shape.is_fully_defined()
        if known and weights.shape.is_compatible_with(values.shape):
            return weights
        with control_dependencies([assert_broadcastable(weights, values)]):
            return tf.multiply(weights, tf.ones_like(values), name=scope)

"""Rows of tables, looked up by number: whole tables, tables in parts, and weighted sums of rows."""

from funcfit.tf1.build.partitions import PartitionedVariable
from funcfit.tf1.graph.convert import convert_n_to_tensor_or_indexed_slices, convert_to_tensor
from funcfit.tf1.graph.graph import colocate_with, name_scope
from funcfit.tf1.graph.node import SparseTensor
from funcfit.tf1.opdef import api, tf


def _parts(params):
    """The tables as a list: a partitioned variable's parts, or the one table given."""
    if params is None or isinstance(params, (list, tuple)) and not params:
        raise ValueError("Need at least one param")
    if isinstance(params, (list, tuple, PartitionedVariable)):
        return list(params)
    return [params]


@api("nn.embedding_lookup")
def embedding_lookup(params, ids, partition_strategy="mod", name=None, validate_indices=True, max_norm=None):
    """The rows of `params` that `ids` [...] names: [..., *row]. Rows longer than `max_norm` are shortened to it.

    A list of tables is one table in parts: row i is in part i % n ("mod"), or the parts hold stretches of rows ("div").
    """
    params = _parts(params)
    with name_scope(name, "embedding_lookup", [*params, ids]) as scope:
        params = convert_n_to_tensor_or_indexed_slices(params, name="params")
        if len(params) == 1:
            with colocate_with(params[0]):
                rows = tf.gather(params[0], ids, validate_indices=validate_indices, name=scope)
                return _shortened(rows, params[0], max_norm)
        ids = convert_to_tensor(ids, name="ids")
        flat = tf.reshape(ids, [-1])
        order = tf.range(tf.size(flat))
        part, row = _PLACES[_known(partition_strategy)](params, flat)
        part = tf.cast(part, tf.int32)
        rows = tf.dynamic_partition(row, part, len(params))
        orders = tf.dynamic_partition(order, part, len(params))
        found = []
        for table, mine in zip(params, rows):
            with colocate_with(table):
                found.append(tf.gather(table, mine, validate_indices=validate_indices))
        stitched = tf.dynamic_stitch(orders, found, name=scope)
        element = params[0].shape[1:]
        for table in params[1:]:
            element = element.merge_with(table.shape[1:])
        if element.is_fully_defined():
            result = tf.reshape(stitched, tf.concat([tf.shape(ids), element], 0))
        else:
            with colocate_with(params[0]):
                table_shape = tf.shape(params[0])
            result = tf.reshape(stitched, tf.concat([tf.shape(ids), tf.slice(table_shape, [1], [-1])], 0))
        result.set_shape(ids.shape.concatenate(element))
        return _shortened(result, params[0], max_norm)


def _shortened(rows, table, max_norm):
    """Each row on its own, as since 1.3; before, the axes of the ids but the first counted as the row's."""
    if max_norm is None:
        return rows
    if rows.shape.ndims is None or table.shape.ndims is None:
        return tf.clip_by_norm(rows, max_norm, axes=tf.range(tf.rank(rows) - tf.rank(table) + 1, tf.rank(rows)))
    return tf.clip_by_norm(rows, max_norm, axes=list(range(rows.shape.ndims - table.shape.ndims + 1, rows.shape.ndims)))


def _known(strategy):
    if strategy not in _PLACES:
        raise ValueError("Unrecognized partition strategy: " + strategy)
    return strategy


def _by_modulus(params, flat):
    return flat % len(params), flat // len(params)


def _by_division(params, flat):
    """Parts of equal length, the first ones a row longer when the rows do not divide evenly."""
    count = len(params)
    sizes = [table.shape[0].value for table in params]
    if None not in sizes:
        total = tf.constant(sum(sizes), flat.dtype)
    else:
        for i, table in enumerate(params):
            if sizes[i] is None:
                with colocate_with(table):
                    sizes[i] = tf.shape(table)[0]
        total = tf.reduce_sum(tf.cast(tf.stack(sizes), flat.dtype))
    short = total // count
    longer = total % count
    part = tf.maximum(flat // (short + 1), (flat - longer) // short)
    in_longer = tf.cast(part < longer, flat.dtype)
    return part, in_longer * (flat % (short + 1)) + (1 - in_longer) * ((flat - longer) % short)


_PLACES = {"mod": _by_modulus, "div": _by_division}


@api("nn.embedding_lookup_sparse")
def embedding_lookup_sparse(
    params, sp_ids, sp_weights, partition_strategy="mod", name=None, combiner=None, max_norm=None
):
    """For each row of `sp_ids` the rows of `params` that it names, weighted by `sp_weights` unless None, and added up.

    `combiner` "mean" divides by the sum of the weights, "sqrtn" by the root of the sum of their squares.
    """
    combiner = "mean" if combiner is None else combiner
    if combiner not in ("mean", "sqrtn", "sum"):
        raise ValueError("combiner must be one of 'mean', 'sqrtn' or 'sum'")
    params = _parts(params)
    if not isinstance(sp_ids, SparseTensor):
        raise TypeError("sp_ids must be SparseTensor")
    if sp_weights is not None:
        if not isinstance(sp_weights, SparseTensor):
            raise TypeError("sp_weights must be either None or SparseTensor")
        for ours, theirs in (
            (sp_ids.values, sp_weights.values),
            (sp_ids.indices, sp_weights.indices),
            (sp_ids.dense_shape, sp_weights.dense_shape),
        ):
            ours.get_shape().assert_is_compatible_with(theirs.get_shape())
    with name_scope(name, "embedding_lookup_sparse", [*params, sp_ids]) as scope:
        segments = sp_ids.indices[:, 0]
        if segments.dtype != tf.int32:
            segments = tf.cast(segments, tf.int32)
        ids = sp_ids.values
        if sp_weights is None:
            ids, position = tf.unique(ids)
            rows = embedding_lookup(params, ids, partition_strategy=partition_strategy, max_norm=max_norm)
            combine = {
                "sum": tf.sparse_segment_sum,
                "mean": tf.sparse_segment_mean,
                "sqrtn": tf.sparse_segment_sqrt_n,
            }[combiner]
            return combine(rows, position, segments, name=scope)
        rows = embedding_lookup(params, ids, partition_strategy=partition_strategy, max_norm=max_norm)
        return _weighted(rows, sp_weights.values, segments, combiner, scope)


def _weighted(rows, weights, segments, combiner, scope):
    if weights.dtype != rows.dtype:
        weights = tf.cast(weights, rows.dtype)
    ones = tf.fill(tf.expand_dims(tf.rank(rows) - 1, 0), 1)
    shape = tf.concat([tf.shape(weights), ones], 0)
    given = weights.shape
    weights = tf.reshape(weights, shape)
    if rows.shape.ndims is not None:
        weights.set_shape(given.concatenate([1] * (rows.shape.ndims - 1)))
    rows *= weights
    if combiner == "sum":
        return tf.segment_sum(rows, segments, name=scope)
    rows = tf.segment_sum(rows, segments)
    if combiner == "mean":
        return tf.div(rows, tf.segment_sum(weights, segments), name=scope)
    return tf.div(rows, tf.sqrt(tf.segment_sum(tf.pow(weights, 2), segments)), name=scope)

"""How far sequences are apart."""

import numpy as np

from funcfit.errors import InvalidArgumentError
from funcfit.kernels.edit_distance import edit_distances
from funcfit.tf1 import shapes
from funcfit.tf1.graph.node import SparseTensor, SparseTensorValue, as_sparse
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import api, op, raw


def _distance_shape(node):
    ranks = [shapes.with_rank(node, i, 2)[1] for i in (0, 3)] + [shapes.with_rank(node, i, 1)[0] for i in (2, 5)]
    known = {rank for rank in ranks if rank is not None}
    if len(known) > 1:
        first, *_, last = sorted(known)
        raise shapes.misfit(node, f"Dimensions must be equal, but are {first} and {last}")
    sizes = [shapes.constant_value(node.inputs[i]) for i in (2, 5)]
    if any(s is None for s in sizes):
        return shapes.UNKNOWN
    return TensorShape(tuple(np.maximum(*sizes)[:-1].tolist()))


@op(
    "hypothesis_indices: int64, hypothesis_values: T, hypothesis_shape: int64, "
    "truth_indices: int64, truth_values: T, truth_shape: int64 -> output: float32",
    host=True,
    gradient=None,
    out=_distance_shape,
)
def EditDistance(
    hypothesis_indices,
    hypothesis_values,
    hypothesis_shape,
    truth_indices,
    truth_values,
    truth_shape,
    *,
    normalize=True,
):
    if len(hypothesis_shape) != len(truth_shape):
        text = (
            "Expected truth and hypothesis to have matching ranks, but their shapes are: "
            f"{truth_shape.tolist()} and {hypothesis_shape.tolist()}"
        )
        raise InvalidArgumentError(None, None, text)
    hypothesis = hypothesis_indices, hypothesis_values, hypothesis_shape
    return edit_distances(hypothesis, (truth_indices, truth_values, truth_shape), normalize)


@api("edit_distance")
def edit_distance(hypothesis, truth, normalize=True, name="edit_distance"):
    """Levenshtein distances of the sequences along the last axes of two SparseTensors, divided by the truth's lengths
    if `normalize`.
    """
    for what, value in (("Hypothesis", hypothesis), ("Truth", truth)):
        if not isinstance(value, (SparseTensor, SparseTensorValue)):
            raise TypeError(f"{what} must be a SparseTensor.")
    hypothesis, truth = as_sparse(hypothesis), as_sparse(truth)
    return raw.EditDistance(*hypothesis.parts, *truth.parts, normalize=normalize, name=name)

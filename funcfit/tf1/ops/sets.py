"""Sets that lie along the last axis of tensors."""

import numpy as np

from funcfit.tf1 import shapes
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import op

_OPERATIONS = {
    "a-b": np.setdiff1d,
    "b-a": lambda a, b: np.setdiff1d(b, a),
    "intersection": np.intersect1d,
    "union": np.union1d,
}


def _sparse(node):
    rank = node.inputs[0].shape.ndims
    return [TensorShape((None, rank)), shapes.UNKNOWN if rank is None else TensorShape((None,)), TensorShape((rank,))]


# How many elements there are decides shapes, so the sets themselves are part of the program (`fixed`): TF 1.1 uses this
# op type to compare shapes, which are known while tracing.
@op(
    "set1: T, set2: T -> result_indices: int64, result_values: T, result_shape: int64",
    T="int8 int16 int32 int64 uint8 uint16 string",
    fixed=("set1", "set2"),
    folds=True,
    gradient=None,
    out=_sparse,
)
def DenseToDenseSetOperation(set1, set2, *, set_operation, validate_indices=True):
    outer = set1.shape[:-1]
    found = {index: _OPERATIONS[set_operation](set1[index], set2[index]) for index in np.ndindex(*outer)}
    indices = [(*index, i) for index, values in found.items() for i in range(len(values))]
    values = np.concatenate([*found.values(), np.zeros(0, set1.dtype)]).astype(set1.dtype)
    longest = max((len(values) for values in found.values()), default=0)
    return np.array(indices, np.int64).reshape(-1, set1.ndim), values, np.array([*outer, longest], np.int64)

"""Tensors of one value: Fill, zeros, ones and what is shaped like another tensor."""

import jax.numpy as jnp
import numpy as np

from funcfit.tf1 import shapes
from funcfit.tf1.opdef import api, op


@api("fill")
@op("dims: int32, value: T -> output: T", fixed=("dims",), folds=True, at_build=True, out=shapes.from_input(0))
def Fill(dims, value):
    sizes = tuple(int(d) for d in dims)
    if isinstance(value, np.ndarray):
        return np.full(sizes, value)
    return jnp.full(sizes, value)

"""Which array library a value belongs to, for formulas that serve shape arithmetic (numpy) and computation (jax.numpy)
alike.
"""

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

# What a kernel may be handed: an array that is traced or on the device, or one of NumPy's, such as a constant, which
# jax.numpy takes wherever it takes its own.
if TYPE_CHECKING:
    AnyArray = jax.Array
else:
    AnyArray = jax.Array | np.ndarray


def numpy_or_jax(*arrays):
    """numpy when every array is numpy's (or a Python number), else jax.numpy."""
    return np if all(isinstance(x, (np.ndarray, np.generic, int, float, bool, complex)) for x in arrays) else jnp

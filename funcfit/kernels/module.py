"""Which array library a value belongs to, for formulas that serve shape arithmetic (numpy) and computation (jax.numpy)
alike.
"""

import jax.numpy as jnp
import numpy as np


def numpy_or_jax(*arrays):
    """numpy when every array is numpy's (or a Python number), else jax.numpy."""
    return np if all(isinstance(x, (np.ndarray, np.generic, int, float, bool, complex)) for x in arrays) else jnp

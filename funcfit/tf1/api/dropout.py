"""Dropout (Srivastava et al. 2014): elements left out at random while a network trains."""

import numbers

from funcfit.tf1 import shapes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import api, tf


@api("nn.dropout")
def dropout(x, keep_prob=None, noise_shape=None, seed=None, name=None, rate=None):
    """x with each element kept with probability `keep_prob` (1 - `rate`) and divided by it, and zero otherwise.

    Where `noise_shape` has a one, elements along that axis share their fate. A `keep_prob` of 1 gives x itself.
    """
    if keep_prob is None and rate is None:
        raise ValueError("You must provide a rate to dropout.")
    if keep_prob is not None and rate is not None:
        raise ValueError("Only one of `keep_prob` and `rate` may be given.")
    with name_scope(name, "dropout", [x]):
        x = convert_to_tensor(x, name="x")
        if not (x.dtype.is_floating or x.dtype.is_complex):
            raise ValueError(
                f"x has to be a floating point tensor since it's going to be scaled. Got a {x.dtype} tensor instead."
            )
        if rate is not None:
            if isinstance(rate, numbers.Real) and not 0 <= rate < 1:
                raise ValueError(f"rate must be a scalar tensor or a float in the range [0, 1), got {rate:g}")
            keep_prob = 1 - rate
        if isinstance(keep_prob, numbers.Real) and not 0 < keep_prob <= 1:
            raise ValueError(f"keep_prob must be a scalar tensor or a float in the range (0, 1], got {keep_prob:g}")
        keep_prob = convert_to_tensor(keep_prob, dtype=x.dtype, name="keep_prob")
        keep_prob.shape.assert_is_compatible_with(TensorShape(()))
        if shapes.constant_value(keep_prob) == 1:
            return x
        noise_shape = tf.shape(x) if noise_shape is None else noise_shape
        # Uniform in [keep_prob, 1 + keep_prob): its floor is one with probability keep_prob.
        kept = tf.floor(keep_prob + tf.random_uniform(noise_shape, seed=seed, dtype=x.dtype))
        result = tf.div(x, keep_prob) * kept
        result.set_shape(x.shape)
        return result

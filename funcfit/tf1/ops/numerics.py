"""Guards against NaN and infinity."""

import jax.numpy as jnp
import numpy as np

from funcfit.errors import InvalidArgumentError
from funcfit.tf1 import shapes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import colocate_with, control_dependencies, get_default_graph, name_scope
from funcfit.tf1.opdef import FLOATS, Check, api, op, tf


def _finite(tensor, *, message):
    def problem(values):
        found = [word for word, test in (("Inf", np.isinf), ("NaN", np.isnan)) if test(values).any()]
        return f"{message} : Tensor had {' and '.join(found)} values"

    return [Check(jnp.isfinite(tensor), InvalidArgumentError, problem, [tensor])]


@api("check_numerics", "debugging.check_numerics")
@op("tensor: T -> output: T", T=FLOATS + " bfloat16", out=shapes.same, checks=_finite)
def CheckNumerics(tensor, *, message):
    """`tensor` itself; a run that finds a NaN or an infinity in it fails with InvalidArgumentError."""
    return tensor


@CheckNumerics.gradient
def _(node, dy):
    return [tf.check_numerics(dy, "Not a number (NaN) or infinity (Inf) values detected in gradient.")]


@api("verify_tensor_all_finite", "debugging.assert_all_finite")
def verify_tensor_all_finite(t=None, msg=None, name=None, x=None, message=None):
    """`t` as it is after a check that all its elements are finite; the error of a run shows `msg`."""
    t, msg = x if t is None else t, message if msg is None else msg
    with name_scope(name, "VerifyFinite", [t]):
        t = convert_to_tensor(t, name="t")
        with colocate_with(t):
            checked = tf.check_numerics(t, message=msg)
            return tf.contrib.framework.with_dependencies([checked], t)


@api("add_check_numerics_ops")
def add_check_numerics_ops():
    """A node that checks all float tensors of the default graph, each after those it is made of.

    ValueError when the graph has conditionals or loops.
    """
    last = []
    for node in get_default_graph().get_operations():
        if node._control_flow_context is not None:
            raise ValueError(
                "`tf.add_check_numerics_ops() is not compatible with TensorFlow control flow operations such as "
                "`tf.cond()` or `tf.while_loop()`."
            )
        for x in node.outputs:
            if x.dtype.name in FLOATS.split():
                with control_dependencies(last):
                    last = [tf.check_numerics(x, message=f"{node.name}:{x.value_index}")]
    return tf.group(*last)

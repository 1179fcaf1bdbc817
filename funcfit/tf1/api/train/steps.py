"""The global step: the variable that counts the steps of a training run."""

from funcfit.tf1.build.initializers import Zeros
from funcfit.tf1.build.variable_scope import get_variable
from funcfit.tf1.build.variables import Variable
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.graph import get_default_graph
from funcfit.tf1.graph.keys import GraphKeys
from funcfit.tf1.graph.node import Tensor
from funcfit.tf1.opdef import api, tf


@api("train.global_step")
def global_step(sess, global_step_tensor):
    """The step as an int, read in the session `sess`."""
    return int(sess.run(global_step_tensor))


@api("train.get_global_step", "contrib.framework.get_global_step")
def get_global_step(graph=None):
    """The graph's global step, from its collection or by the name `global_step`; None when there is none, or more
    than one.
    """
    graph = graph or get_default_graph()
    steps = graph.get_collection(GraphKeys.GLOBAL_STEP)
    if len(steps) > 1:
        tf.logging.error("Multiple tensors in global_step collection.")
        return None
    if steps:
        step = steps[0]
    else:
        try:
            step = graph.get_tensor_by_name("global_step:0")
        except KeyError:
            return None
    assert_global_step(step)
    return step


@api("train.create_global_step", "contrib.framework.create_global_step")
def create_global_step(graph=None):
    """An int64 variable `global_step` that starts at zero; ValueError when the graph has one."""
    graph = graph or get_default_graph()
    if get_global_step(graph) is not None:
        raise ValueError('"global_step" already exists.')
    with graph.as_default(), graph.name_scope(None):
        return get_variable(
            GraphKeys.GLOBAL_STEP,
            shape=[],
            dtype=dtypes.int64,
            initializer=Zeros(),
            trainable=False,
            collections=[GraphKeys.GLOBAL_VARIABLES, GraphKeys.GLOBAL_STEP],
        )


@api("train.get_or_create_global_step", "contrib.framework.get_or_create_global_step")
def get_or_create_global_step(graph=None):
    graph = graph or get_default_graph()
    step = get_global_step(graph)
    return create_global_step(graph) if step is None else step


@api("train.assert_global_step", "contrib.framework.assert_global_step")
def assert_global_step(global_step_tensor):
    """TypeError unless it is a variable or tensor, integer and scalar."""
    step = global_step_tensor
    if not isinstance(step, (Variable, Tensor)):
        raise TypeError(f'Existing "global_step" must be a Variable or Tensor: {step}.')
    if not step.dtype.base_dtype.is_integer:
        raise TypeError(f'Existing "global_step" does not have integer type: {step.dtype}')
    if step.get_shape().ndims != 0 and step.get_shape().is_fully_defined():
        raise TypeError(f'Existing "global_step" is not scalar: {step.get_shape()}')

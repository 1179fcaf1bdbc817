"""Nodes that pass a value on: Identity and its kin.

They are aliases: what they show is the cell behind them, when there is one.
"""

from funcfit.tf1 import shapes
from funcfit.tf1.graph.convert import convert_to_tensor_or_indexed_slices
from funcfit.tf1.graph.graph import control_dependencies, get_default_graph, name_scope
from funcfit.tf1.graph.node import IndexedSlices, Operation, SparseTensor, Tensor
from funcfit.tf1.opdef import api, op, raw


@api("identity")
@op("input: T -> output: T", out=shapes.same, alias=True, folds=True)
def Identity(input):
    return input


@Identity.gradient
def _(node, dy):
    return [dy]


@op("input: &T -> output: &T", out=shapes.same, alias=True)
def RefIdentity(input):
    return input


@RefIdentity.gradient
def _(node, dy):
    return [dy]


@api("stop_gradient")
@op("input: T -> output: T", out=shapes.same, alias=True, folds=True, gradient=None)
def StopGradient(input):
    return input


@api("guarantee_const")
@op("input: T -> output: T", out=shapes.same, folds=True, gradient="unregistered")
def GuaranteeConst(input):
    """`input`, of which the program promises that it never changes. Nothing is made of the promise."""
    return input


@op("input: T -> output: T", out=shapes.same, alias=True, folds=True)
def PreventGradient(input, *, message=""):
    return input


@PreventGradient.gradient
def _(node, dy):
    raise LookupError(f"Gradient explicitly disabled. Reason: {node.attrs['message']!r}")


@op("->")
def NoOp():
    return ()


@api("no_op")
def no_op(name=None):
    """A node that does nothing; it is there to hang control dependencies on."""
    return raw.NoOp(name=name)


@op("->")
def ControlTrigger():
    return ()


@api("identity_n")
@op("input: list(T) -> output: list(T)", out=shapes.like_inputs)
def IdentityN(input):
    return tuple(input)


@IdentityN.gradient
def _(node, *dys):
    return list(dys)


@api("group")
def group(*inputs, name=None, **kwargs):
    """A node that is done when all `inputs` (tensors, nodes, variables, lists of them) are."""
    if kwargs:
        raise ValueError(f"Unknown keyword arguments: {', '.join(kwargs)}")
    inputs = [_element(x) for x in _flat(inputs)]
    with name_scope(name, "group_deps", inputs) as scope:
        by_device = {}
        for x in inputs:
            by_device.setdefault(x.device, []).append(x)
        if not inputs:
            return raw.NoOp(name=scope)
        if len(by_device) == 1:
            return _no_op_after(inputs[0].device, inputs, scope)
        gates = [_no_op_after(device, by_device[device], None) for device in sorted(by_device)]
        with control_dependencies(gates):
            return raw.NoOp(name=scope)


def _no_op_after(device, waits, name):
    graph = get_default_graph()
    with graph.control_dependencies(waits):
        if not device:
            return raw.NoOp(name=name)
        with graph.device(device):
            return raw.NoOp(name=name)


def _flat(values):
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _flat(value)
        else:
            yield value


def _element(value):
    """The Tensor, Operation or IndexedSlices that `value` is or stands for."""
    stands_for = getattr(value, "_as_graph_element", None)
    value = value if stands_for is None else stands_for()
    if not isinstance(value, (Tensor, Operation, IndexedSlices, SparseTensor)):
        raise TypeError(f"tf.group() expected Tensor objects not {value!r} of type {type(value).__name__}")
    return value


@api("contrib.framework.with_dependencies", "contrib.ops.with_dependencies")
def with_dependencies(dependencies, output_tensor, name=None):
    """`output_tensor` (a tensor or IndexedSlices), ready only when `dependencies` are."""
    with name_scope(name, "control_dependency", [*dependencies, output_tensor]) as scope:
        graph = get_default_graph()
        with graph.colocate_with(output_tensor), graph.control_dependencies(dependencies):
            x = convert_to_tensor_or_indexed_slices(output_tensor)
            if isinstance(x, IndexedSlices):
                return IndexedSlices(_passed_on(x.values, scope), x.indices, x.dense_shape)
            return _passed_on(x, scope)


def _passed_on(x, name):
    return raw.RefIdentity(x, name=name) if x.dtype._is_ref_dtype else raw.Identity(x, name=name)


@api("tuple")
def tuple_(tensors, name=None, control_inputs=None):
    """The same tensors, each of them ready only when all are (and `control_inputs` too).

    None stays None; ValueError when all are None.
    """
    with name_scope(name, "tuple", [t for t in tensors if t is not None]):
        waits = [t.op for t in tensors if t is not None]
        for c in control_inputs or ():
            if not isinstance(c, (Tensor, Operation)):
                raise TypeError(f"Control input must be Operation or Tensor: {c}")
            waits.append(c.op if isinstance(c, Tensor) else c)
        waits = sorted(set(waits), key=lambda node: node._id)
        if not waits:
            raise ValueError(f"Must have at least one Tensor: {tensors}")
        gate = group(*waits)
        return [None if t is None else with_dependencies([gate], t) for t in tensors]

"""Nodes and the tensors between them: `Operation`, `Tensor`, `IndexedSlices`, `SparseTensor`.

A node is made by `Graph.add_node` and says what is to be computed; nothing is computed here. Its `card` (an OpDef)
tells how.
"""

import linecache
import sys

import numpy as np

from funcfit.tf1.graph import dtypes, stacks
from funcfit.tf1.graph.shape import TensorShape, as_shape

_OURS = __name__.partition(".")[0] + "."


def user_frames():
    """The calls that led here, innermost first, without the library's own: (code, line number) pairs."""
    frame, found = sys._getframe(2), []
    while frame is not None:
        if not frame.f_globals.get("__name__", "").startswith(_OURS):
            found.append((frame.f_code, frame.f_lineno))
        frame = frame.f_back
    return tuple(found)


class Operation:
    """A node of a graph: an op type, its inputs and attrs, and the tensors it puts out.

    Changes after it was made: inputs and control inputs (control flow rewires them), device, attrs, control flow
    context.
    """

    __slots__ = (
        "graph",
        "name",
        "type",
        "card",
        "attrs",
        "outputs",
        "_inputs",
        "_control_inputs",
        "_id",
        "_device",
        "_frames",
        "_control_flow_context",
        "_original_op",
        "_opt",
        "__weakref__",
    )

    def __init__(self, graph, name, card, type, inputs, control_inputs, attrs, dtypes):
        self.graph, self.name, self.card, self.type, self.attrs = graph, name, card, type, attrs
        self._inputs = list(inputs)
        self._control_inputs = list(control_inputs)
        self.outputs = [Tensor(self, index, dtype) for index, dtype in enumerate(dtypes)]
        self._device = ""
        self._frames = user_frames()
        self._original_op = graph._default_original_op
        self._control_flow_context = context = graph._control_flow_context
        for x in self._inputs:
            made_in = x.op._control_flow_context
            if made_in is not None and made_in is not context:
                made_in.CheckUse(x, self)
            x._consumers.append(self)
        if context is not None:
            context.AddOp(self)  # may add nodes, which then come before this one in the listing
        self._id = graph._next_id()

    inputs = property(lambda self: InputList(self._inputs))
    control_inputs = property(lambda self: list(self._control_inputs))
    device = property(lambda self: self._device)
    op_def = property(lambda self: self.card)

    def values(self):
        return tuple(self.outputs)

    def get_attr(self, name):
        """The attr's value as Python has it; ValueError when the node has no such attr."""
        try:
            value = self.attrs[name]
        except KeyError:
            raise ValueError(f"No attr named '{name}' in {self!r}") from None
        return value.encode() if isinstance(value, str) else value

    def _set_attr(self, name, value):
        self.graph.rewired += 1
        self.attrs[name] = value

    def _set_device(self, device):
        self._device = stacks.device_string(device)

    def colocation_groups(self):
        """The `loc:@name` groups this node belongs to; its own when none was asked for."""
        groups = [g for g in self.attrs.get("_class", ()) if g.startswith(b"loc:@")]
        return groups or [b"loc:@" + self.name.encode()]

    def run(self, feed_dict=None, session=None):
        """Runs this node in `session`, or in the default session; ValueError when there is none."""
        stacks.session_for(self.graph, session, "run", "operation").run(self, feed_dict)

    @property
    def traceback(self):
        """The user's calls that made this node, outermost first: (file, line, function, source line) tuples."""
        return [
            (code.co_filename, line, code.co_name, linecache.getline(code.co_filename, line).strip())
            for code, line in reversed(self._frames)
        ]

    @property
    def traceback_with_start_lines(self):
        """`traceback`, with the line at which each function starts as a fifth element."""
        starts = [code.co_firstlineno for code, _ in reversed(self._frames)]
        return [(*frame, start) for frame, start in zip(self.traceback, starts)]

    def made_at(self):
        """`file:line` of the user's program that made this node, or an empty string."""
        return f"{self._frames[0][0].co_filename}:{self._frames[0][1]}" if self._frames else ""

    def _get_control_flow_context(self):
        return self._control_flow_context

    def _set_control_flow_context(self, context):
        self._control_flow_context = context

    def _update_input(self, index, tensor):
        self.graph.rewired += 1
        self._inputs[index]._consumers.remove(self)
        self._inputs[index] = tensor
        tensor._consumers.append(self)

    def _add_control_inputs(self, nodes):
        self.graph.rewired += 1
        for node in nodes:
            if not isinstance(node, Operation):
                raise TypeError(f"op must be an Operation: {node}")
            if node.graph is not self.graph:
                raise ValueError(f"{node!r} must be from the same graph as {self!r}.")
            self._control_inputs.append(node)

    def _add_control_input(self, node):
        self._add_control_inputs([node])

    def __str__(self):
        return str(self.node_def)

    def __repr__(self):
        return f"<tf.Operation '{self.name}' type={self.type}>"

    @property
    def node_def(self):
        """What GraphDef says of this node, as text: name, op, inputs, attrs."""
        return NodeDef(self)


class NodeDef:
    """The node as TF's NodeDef names its parts; `str` gives the text form."""

    def __init__(self, node):
        self.name, self.op, self.device, self.attr = node.name, node.type, node.device, dict(node.attrs)
        data = [x.name.removesuffix(":0") for x in node.inputs]
        self.input = data + sorted("^" + c.name for c in node.control_inputs)

    def __str__(self):
        lines = [f'name: "{self.name}"', f'op: "{self.op}"', *(f'input: "{x}"' for x in self.input)]
        if self.device:
            lines.append(f'device: "{self.device}"')
        for key in sorted(self.attr):
            lines += ["attr {", f'  key: "{key}"', "  value {", f"    {_attr_text(self.attr[key])}", "  }", "}"]
        return "\n".join(lines) + "\n"


def _attr_text(value):
    if isinstance(value, dtypes.DType):
        name = {"float16": "half", "float32": "float", "float64": "double"}.get(
            value.base_dtype.name, value.base_dtype.name
        )
        return "type: DT_" + name.upper() + ("_REF" if value._is_ref_dtype else "")
    if isinstance(value, bool):
        return f"b: {str(value).lower()}"
    if isinstance(value, int):
        return f"i: {value}"
    if isinstance(value, float):
        return f"f: {value}"
    if isinstance(value, (bytes, str)):
        return f's: "{value.decode() if isinstance(value, bytes) else value}"'
    if isinstance(value, TensorShape):
        return f"shape: {value}"
    if isinstance(value, np.ndarray):
        return f"tensor: {value.dtype} {list(value.shape)} {np.array2string(value, threshold=20)}"
    if isinstance(value, (list, tuple)):
        return "list { " + " ".join(_attr_text(each) for each in value) + " }"
    return str(value)


class InputList:
    """The inputs of a node: reads like a list, cannot be changed."""

    __slots__ = ("_tensors",)

    def __init__(self, tensors):
        self._tensors = tensors

    def __len__(self):
        return len(self._tensors)

    def __iter__(self):
        return iter(self._tensors)

    def __getitem__(self, index):
        return self._tensors[index]

    def __bool__(self):
        return bool(self._tensors)

    def __eq__(self, other):
        return list(self) == list(other)

    def __add__(self, other):
        return list(self) + list(other)

    def __radd__(self, other):
        return list(other) + list(self)

    def __repr__(self):
        return repr(self._tensors)


class TensorLike:
    """What stands for a tensor without being one: Tensor, IndexedSlices, SparseTensor, Variable-like classes."""

    __slots__ = ()


class Tensor(TensorLike):
    """One output of a node. It has a dtype, a static shape as far as it is known, and no value outside a session.

    Operators (`a + b`, `a[1:]`) are added by the op cards that implement them.
    """

    __slots__ = ("op", "value_index", "dtype", "_static", "_consumers", "__dict__", "__weakref__")
    __array_priority__ = 100

    OVERLOADABLE_OPERATORS = frozenset(
        "__add__ __radd__ __sub__ __rsub__ __mul__ __rmul__ __div__ __rdiv__ __truediv__ __rtruediv__ __floordiv__ "
        "__rfloordiv__ __mod__ __rmod__ __lt__ __le__ __gt__ __ge__ __and__ __rand__ __or__ __ror__ __xor__ __rxor__ "
        "__getitem__ __pow__ __rpow__ __invert__ __neg__ __abs__ __matmul__ __rmatmul__".split()
    )

    def __init__(self, op, value_index, dtype):
        self.op, self.value_index, self.dtype = op, value_index, dtype
        self._static = TensorShape(None)
        self._consumers = []

    graph = property(lambda self: self.op.graph)
    name = property(lambda self: f"{self.op.name}:{self.value_index}")
    device = property(lambda self: self.op.device)
    shape = property(lambda self: self._static)

    def get_shape(self):
        return self._static

    def set_shape(self, shape):
        """Adds what `shape` knows to the static shape; ValueError when they disagree."""
        self._static = self._static.merge_with(shape)

    def _shape_as_list(self):
        return None if self._static.dims_or_none is None else list(self._static.dims_or_none)

    def consumers(self):
        return list(self._consumers)

    def eval(self, feed_dict=None, session=None):
        """This tensor's value in `session`, or in the default session; ValueError when there is none."""
        return stacks.session_for(self.graph, session, "eval", "tensor").run(self, feed_dict)

    __hash__ = object.__hash__

    def __eq__(self, other):
        return self is other

    def __iter__(self):
        raise TypeError(
            "'Tensor' object is not iterable. `Tensor` objects are not iterable in a graph: use tf.unstack, or "
            "tf.map_fn."
        )

    def __bool__(self):
        raise TypeError(
            "Using a `tf.Tensor` as a Python `bool` is not allowed. Use `if t is not None:` instead of `if t:` to "
            "test if a "
            "tensor is defined, and use TensorFlow ops such as tf.cond to execute subgraphs conditioned on the value "
            "of a tensor."
        )

    __nonzero__ = __bool__

    def __array__(self, *_, **__):
        # NumPy would otherwise wrap the tensor in an object array, and the mistake would show far away.
        raise NotImplementedError(f"Cannot convert a symbolic Tensor ({self.name}) to a numpy array.")

    def __copy__(self):
        return self

    def __str__(self):
        shape = f", shape={self._static}" if self._static.dims_or_none is not None else ""
        device = f", device={self.device}" if self.device else ""
        return f'Tensor("{self.name}"{shape}, dtype={self.dtype.name}{device})'

    def __repr__(self):
        return f"<tf.Tensor '{self.name}' shape={self._static} dtype={self.dtype.name}>"

    @staticmethod
    def _override_operator(operator, func):
        if operator not in Tensor.OVERLOADABLE_OPERATORS:
            raise ValueError(f"Overriding {operator} is disallowed")
        setattr(Tensor, operator, func)


class IndexedSlices(TensorLike):
    """Rows of a larger tensor: `values[i]` is row `indices[i]` of a tensor of shape `dense_shape`; rows not named are
    zero.

    Gradients of gathers come so, and optimizers apply them as scatters.
    """

    def __init__(self, values, indices, dense_shape=None):
        self._values, self._indices, self._dense_shape = values, indices, dense_shape

    values = property(lambda self: self._values)
    indices = property(lambda self: self._indices)
    dense_shape = property(lambda self: self._dense_shape)
    name = property(lambda self: self._values.name)
    device = property(lambda self: self._values.device)
    op = property(lambda self: self._values.op)
    dtype = property(lambda self: self._values.dtype)
    graph = property(lambda self: self._values.graph)

    def __neg__(self):
        return IndexedSlices(-self._values, self._indices, self._dense_shape)

    def __str__(self):
        dense = "" if self._dense_shape is None else f", dense_shape={self._dense_shape}"
        return f"IndexedSlices(indices={self._indices}, values={self._values}{dense})"


class SparseTensorValue(tuple):
    """The value of a SparseTensor: (indices, values, dense_shape), as a run gives it and a feed takes it."""

    __slots__ = ()
    _fields = ("indices", "values", "dense_shape")

    def __new__(cls, indices, values, dense_shape):
        return tuple.__new__(cls, (indices, values, dense_shape))

    indices = property(lambda self: self[0])
    values = property(lambda self: self[1])
    dense_shape = property(lambda self: self[2])

    def __repr__(self):
        return f"SparseTensorValue(indices={self[0]!r}, values={self[1]!r}, dense_shape={self[2]!r})"


class SparseTensor(TensorLike):
    """Three tensors for a tensor that is mostly zero: indices [n, rank] int64, values [n], dense_shape [rank] int64."""

    def __init__(self, indices, values, dense_shape=None, shape=None):
        dense_shape = shape if dense_shape is None else dense_shape  # `shape` before 1.0
        self._indices, self._values, self._dense_shape = self.as_tensors(indices, values, dense_shape)
        row = as_shape(self._indices.shape).with_rank(2)
        row[0].merge_with(self._values.shape.with_rank(1)[0])
        row[1].merge_with(self._dense_shape.shape.with_rank(1)[0])

    as_tensors = staticmethod(lambda *parts: parts)  # graph.py sets this: parts that are not tensors are converted

    @classmethod
    def from_value(cls, value):
        """The SparseTensor of a SparseTensorValue (or of a SparseTensor); TypeError for anything else."""
        if not isinstance(value, (SparseTensor, SparseTensorValue)):
            raise TypeError(f"Neither a SparseTensor nor SparseTensorValue: {value}.")
        return cls(value.indices, value.values, value.dense_shape)

    def get_shape(self):
        """The static shape of the dense tensor, as far as `dense_shape` is known while the graph is built."""
        return self.static_shape(self._dense_shape)

    static_shape = staticmethod(lambda dense_shape: TensorShape(None))  # shapes.py sets this

    indices = property(lambda self: self._indices)
    values = property(lambda self: self._values)
    dense_shape = property(lambda self: self._dense_shape)
    shape = dense_shape
    op = property(lambda self: self._values.op)
    dtype = property(lambda self: self._values.dtype)
    graph = property(lambda self: self._values.graph)

    @property
    def parts(self):
        """(indices, values, dense_shape), the order in which ops take them."""
        return self._indices, self._values, self._dense_shape

    def eval(self, feed_dict=None, session=None):
        return stacks.session_for(self.graph, session, "eval", "tensor").run(self, feed_dict)

    def __str__(self):
        return f"SparseTensor(indices={self._indices}, values={self._values}, dense_shape={self._dense_shape})"


def as_sparse(value):
    """`value` as a SparseTensor; TypeError when it is neither one nor a SparseTensorValue."""
    if isinstance(value, SparseTensorValue):
        return SparseTensor.from_value(value)
    if not isinstance(value, SparseTensor):
        raise TypeError("Input must be a SparseTensor.")
    return value

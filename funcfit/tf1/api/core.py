"""The public names of the graph floor and of the errors: tf.Graph, tf.Tensor, tf.float32, tf.name_scope, tf.errors."""

import funcfit.errors as errors
from funcfit.tf1 import shapes
from funcfit.tf1.graph import convert, dtypes, graph, keys, node, shape, stacks
from funcfit.tf1.opdef import api, place

place("newaxis", None)
# Programs ask for the release to know which names and arguments there are: all up to 1.15. Nodes are 1.1.0's.
place("VERSION", "1.15.5")
place("__version__", "1.15.5")
place("GIT_VERSION", "funcfit")
place("COMPILER_VERSION", "XLA")

for _dtype in dtypes.ALL:
    place(_dtype.name, _dtype)
    place(f"dtypes.{_dtype.name}", _dtype)
    if not _dtype.is_quantized:
        place(_dtype._as_ref.name, _dtype._as_ref)
for _alias, _dtype in {"half": dtypes.float16, "double": dtypes.float64}.items():
    place(_alias, _dtype)
api("DType", "dtypes.DType")(dtypes.DType)
api("as_dtype", "dtypes.as_dtype")(dtypes.as_dtype)

for _value in (
    graph.Graph,
    node.Operation,
    node.NodeDef,
    node.Tensor,
    node.IndexedSlices,
    node.SparseTensor,
    node.SparseTensorValue,
    shape.TensorShape,
    shape.Dimension,
    keys.GraphKeys,
):
    place(_value.__name__, _value)
for _function in (
    graph.get_default_graph,
    graph.name_scope,
    graph.control_dependencies,
    graph.device,
    graph.colocate_with,
    graph.container,
    keys.add_to_collection,
    keys.add_to_collections,
    keys.get_collection,
    keys.get_collection_ref,
    convert.convert_to_tensor,
    convert.convert_to_tensor_or_indexed_slices,
    convert.register_tensor_conversion_function,
):
    place(_function.__name__, _function)
api("contrib.util.constant_value", "get_static_value")(shapes.constant_value)


@api("convert_n_to_tensor")
def convert_n_to_tensor(values, dtype=None, name=None, preferred_dtype=None):
    return convert.convert_n_to_tensor(values, dtype, name, preferred_dtype)


@api("reset_default_graph")
def reset_default_graph():
    """Forgets the thread's default graph: what is built next is in a new one. AssertionError inside `with
    graph.as_default()`.
    """
    stacks.graphs.reset()


@api("get_default_session")
def get_default_session():
    """The innermost session made default in this thread, or None."""
    return stacks.sessions.top()


@api("set_random_seed", "random.set_random_seed")
def set_random_seed(seed):
    """The graph-level seed of the default graph: what random nodes without a seed of their own draw from, in the order
    they are made.
    """
    graph.get_default_graph().seed = seed


@api("get_seed", "random.get_seed")
def get_seed(op_seed):
    """(seed, seed2) for a random node made now: as TF 1.x pairs the graph's seed with the node's own.

    With a graph seed alone seed2 is the graph's last node number, so that each random node draws its own stream.
    """
    return graph.seeds(graph.get_default_graph(), op_seed)


@api("op_scope")
def op_scope(values, name, default_name=None):
    """The order of arguments that name_scope had before 1.0."""
    return graph.name_scope(name, default_name=default_name, values=values)


for _name in (
    "OpError CancelledError UnknownError InvalidArgumentError DeadlineExceededError NotFoundError AlreadyExistsError "
    "PermissionDeniedError "
    "ResourceExhaustedError FailedPreconditionError AbortedError OutOfRangeError UnimplementedError InternalError "
    "UnavailableError DataLossError "
    "UnauthenticatedError"
).split():
    _class = getattr(errors, _name)
    place(f"errors.{_name}", _class)
    if _name != "OpError":
        constant = (
            "".join("_" + c if c.isupper() else c.upper() for c in _name.removesuffix("Error")).strip("_").upper()
        )
        place(f"errors.{constant}", _class.code)
place("OpError", errors.OpError)
place("errors.OK", 0)


@api("errors.exception_type_from_error_code")
def exception_type_from_error_code(error_code):
    return errors.BY_CODE[error_code]


@api("errors.error_code_from_exception_type")
def error_code_from_exception_type(cls):
    return cls.code

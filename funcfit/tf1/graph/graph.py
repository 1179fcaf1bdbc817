"""`Graph`: the nodes of a program in the order they were made, with the scopes that are open while it is built.

Changes: nodes are added (never removed), collections grow, the scope stacks move with with-blocks, `finalize` ends
additions. Names, scopes, control dependencies and colocation follow TensorFlow 1.1.0 (python/framework/ops.py).
"""

import contextlib
import re
import threading
import types

from funcfit.tf1.graph import dtypes, stacks
from funcfit.tf1.graph.convert import convert_to_tensor, convert_to_tensor_or_indexed_slices
from funcfit.tf1.graph.device import merge_device
from funcfit.tf1.graph.node import IndexedSlices, Operation, SparseTensor, Tensor

_OP_NAME = re.compile(r"^[A-Za-z0-9.][A-Za-z0-9_.\\\-/]*$")
_SCOPE_NAME = re.compile(r"^[A-Za-z0-9_.\\\-/]*$")


class Graph:
    """A program as nodes. Thread-safe for building; one graph can have many sessions."""

    def __init__(self):
        self._lock = threading.RLock()
        self._nodes_by_id = {}
        self._nodes_by_name = {}
        self._last_number = 0
        self._names_in_use = {}
        self._name_stack = ""
        self._controllers = []
        self._colocation_stack = []
        self._device_stack = []
        self._container = ""
        self._default_original_op = None
        self._control_flow_context = None
        self._gradient_override = {}
        self._kernel_labels = {}
        self._attr_scope_map = {}
        self._collections = {}
        self._seed = None
        self._finalized = False
        self._unfeedable = set()
        self._unfetchable = set()
        self.rewired = 0  # how often a node that was there has changed what it depends on
        self.programs_left = {}  # what closed sessions have compiled (run/session.py)
        self.graph_def_versions = types.SimpleNamespace(producer=21, min_consumer=0)  # 1.1's; kept, without effect

    # -- nodes --

    def add_node(self, card, inputs, attrs, dtypes, name, type=None):
        """A new node of `card`, named `name` (taken as it is when it ends in '/'), with the open scopes applied."""
        self._check_not_finalized()
        for x in inputs:
            if x.op.graph is not self:
                raise ValueError(f"{x} must be from the same graph as {self._first_of_mine(inputs)}.")
        with self._lock:
            name = name[:-1] if name[-1:] in ("/", b"/") else self.unique_name(name)
            type = type or card.name
            for key, value in self._attr_scope_map.items():
                attrs.setdefault(key, value)
            if type in self._kernel_labels:
                attrs["_kernel"] = self._kernel_labels[type].encode()
            if type in self._gradient_override:
                attrs["_gradient_op_type"] = self._gradient_override[type].encode()
            node = Operation(self, name, card, type, inputs, self._control_inputs_for(inputs), attrs, dtypes)
            if card is not None:
                card.set_shapes(node)
            if name in self._nodes_by_name:
                raise ValueError(f"cannot add op with name {name} as that name is already used")
            self._nodes_by_id[node._id] = self._nodes_by_name[name] = node
            for controller in self._controllers:
                controller.seen.add(node)
            if self._device_stack:
                self._apply_devices(node)
            if self._colocation_stack:
                self._colocate(node)
            if self._container and attrs.get("container") == "":
                attrs["container"] = self._container
        return node

    def create_op(
        self,
        op_type,
        inputs,
        dtypes,
        input_types=None,
        name=None,
        attrs=None,
        op_def=None,
        compute_shapes=True,
        compute_device=True,
    ):
        """TF's lower-level way to add a node; `dtypes` are the outputs'. The op type needs a card only to be run."""
        for x in inputs:
            if not isinstance(x, Tensor):
                raise TypeError(f"Input #{list(inputs).index(x)} is not a tensor: {x}")
        card = op_def if op_def is not None else Graph.card_named(op_type)
        return self.add_node(
            card,
            inputs,
            dict(attrs or {}),
            [_as_dtype(d) for d in dtypes],
            op_type if name is None else name,
            type=op_type,
        )

    card_named = staticmethod(lambda op_type: None)  # the registry of cards sets this: op type -> card, or None

    def _first_of_mine(self, inputs):
        return next((x for x in inputs if x.op.graph is self), self)

    def _next_id(self):
        self._last_number += 1
        return self._last_number

    _last_id = property(lambda self: self._last_number)
    version = property(lambda self: self._last_number)

    def _check_not_finalized(self):
        if self._finalized:
            raise RuntimeError("Graph is finalized and cannot be modified.")

    finalized = property(lambda self: self._finalized)

    def finalize(self):
        """Makes the graph read-only: adding a node is a RuntimeError from here on."""
        self._finalized = True

    def _unsafe_unfinalize(self):
        self._finalized = False

    @property
    def seed(self):
        """The graph-level random seed, or None."""
        return self._seed

    @seed.setter
    def seed(self, seed):
        self._seed = seed

    building_function = False

    # -- look-up --

    def get_operations(self):
        """All nodes, in the order they were made."""
        return list(self._nodes_by_id.values())

    def get_operation_by_name(self, name):
        if not isinstance(name, str):
            raise TypeError(f"Operation names are strings (or similar), not {type(name).__name__}.")
        return self.as_graph_element(name, allow_tensor=False)

    def get_tensor_by_name(self, name):
        if not isinstance(name, str):
            raise TypeError(f"Tensor names are strings (or similar), not {type(name).__name__}.")
        return self.as_graph_element(name, allow_operation=False)

    def as_graph_element(self, obj, allow_tensor=True, allow_operation=True):
        """The Tensor or Operation of this graph that `obj` is, names ('x' or 'x:0') or stands for.

        ValueError for another graph's element or a malformed name, KeyError for a name that is not there, TypeError for
        what can be neither.
        """
        kinds = " or ".join(["Tensor"] * allow_tensor + ["Operation"] * allow_operation)
        if not kinds:
            raise ValueError("allow_tensor and allow_operation can't both be False.")
        stands_for = getattr(obj, "_as_graph_element", None)
        if stands_for is not None:
            obj = stands_for()
        if isinstance(obj, bytes):
            obj = obj.decode()
        if isinstance(obj, str):
            return self._element_named(obj, allow_tensor, allow_operation, kinds)
        if isinstance(obj, Tensor) and allow_tensor or isinstance(obj, Operation) and allow_operation:
            if obj.graph is not self:
                raise ValueError(
                    f"{type(obj).__name__} {obj if isinstance(obj, Tensor) else repr(obj)} is not an element of this "
                    "graph."
                )
            return obj
        raise TypeError(f"Can not convert a {type(obj).__name__} into a {kinds}.")

    def _element_named(self, name, allow_tensor, allow_operation, kinds):
        if ":" in name:
            if not allow_tensor:
                raise ValueError(f"Name {name!r} appears to refer to a Tensor, not a {kinds}.")
            node_name, _, index = name.partition(":")
            if not index.isdigit():
                raise ValueError(
                    f"The name {name!r} looks a like a Tensor name, but is not a valid one. "
                    'Tensor names must be of the form "<op_name>:<output_index>".'
                )
            if node_name not in self._nodes_by_name:
                raise KeyError(
                    f"The name {name!r} refers to a Tensor which does not exist. The operation, {node_name!r}, does "
                    "not exist in the graph."
                )
            outputs = self._nodes_by_name[node_name].outputs
            if int(index) >= len(outputs):
                raise KeyError(
                    f"The name {name!r} refers to a Tensor which does not exist. The operation, {node_name!r}, "
                    f"exists but only has {len(outputs)} outputs."
                )
            return outputs[int(index)]
        if allow_operation:
            if name not in self._nodes_by_name:
                raise KeyError(f"The name {name!r} refers to an Operation not in the graph.")
            return self._nodes_by_name[name]
        what = "refers to an Operation" if name in self._nodes_by_name else "looks like an (invalid) Operation name"
        raise ValueError(
            f'The name {name!r} {what}, not a {kinds}. Tensor names must be of the form "<op_name>:<output_index>".'
        )

    def as_default(self):
        """A with-block in which this graph is the thread's default."""
        return stacks.graphs.as_default(self)

    # -- names --

    def unique_name(self, name, mark_as_used=True):
        """`name` inside the open name scope, with `_1`, `_2`, ... when it is taken. Case matters, as in TF 1.1."""
        if isinstance(name, bytes):
            name = name.decode()
        if not isinstance(name, str):
            raise TypeError(f"Expected a string as a name, not {name!r}")
        if self._name_stack:
            name = f"{self._name_stack}/{name}"
        elif not _OP_NAME.match(name):
            raise ValueError(f"'{name}' is not a valid {'node' if name else 'scope'} name")
        taken = self._names_in_use
        count = taken.get(name, 0)
        if mark_as_used:
            taken[name] = count + 1
        if count:
            base = name
            while name in taken:
                name = f"{base}_{count}"
                count += 1
            if mark_as_used:
                taken[base] = count
                taken[name] = 1
        return name

    def get_name_scope(self):
        """The open name scope, 'a/b'; empty at the top."""
        return self._name_stack

    @contextlib.contextmanager
    def name_scope(self, name):
        """Names made inside start with `name/`; a name ending in '/' enters that scope again, None or '' the top. Gives
        the prefix.
        """
        if name:
            if not isinstance(name, str):
                raise TypeError(f"Expected a string as a scope name, not {name!r}")
            if not (_SCOPE_NAME if self._name_stack else _OP_NAME).match(name):
                raise ValueError(f"'{name}' is not a valid scope name")
        outer = self._name_stack
        if not name:
            inner = ""
        elif name.endswith("/"):
            inner = name[:-1]
        else:
            inner = self.unique_name(name)
        self._name_stack = inner
        try:
            yield inner + "/" if name else ""
        finally:
            self._name_stack = outer

    # -- scopes that mark nodes --

    @contextlib.contextmanager
    def control_dependencies(self, control_inputs):
        """Nodes made inside run after `control_inputs`; None clears what outer blocks asked for, and control flow with
        it.
        """
        if control_inputs is None:
            outer, outer_context = self._controllers, self._control_flow_context
            self._controllers, self._control_flow_context = [Controller([])], None
            try:
                yield
            finally:
                self._controllers, self._control_flow_context = outer, outer_context
            return
        before = {}  # for its order
        for c in control_inputs:
            if isinstance(c, IndexedSlices):
                c = c.op
            c = self.as_graph_element(c)
            before[c.op if isinstance(c, Tensor) else c] = None
        controller = Controller(list(before))
        self._controllers.append(controller)
        try:
            yield controller
        finally:
            self._controllers.remove(controller)

    def _control_inputs_for(self, inputs):
        if not self._controllers:
            return []
        found, sources = {}, {x.op for x in inputs}
        for controller in self._controllers:
            # An input made inside the block has waited already, so that waiting again would say nothing new.
            if controller.seen.isdisjoint(sources):
                found.update((c, None) for c in controller.before if c not in sources)
        return list(found)

    def _current_control_dependencies(self):
        return {node for controller in self._controllers for node in controller.before}

    @contextlib.contextmanager
    def colocate_with(self, op, ignore_existing=False):
        """Nodes made inside carry `op`'s colocation group (`_class`); device scopes do not reach inside."""
        if op is None and not ignore_existing:
            raise ValueError("Trying to reset colocation (op is None) but ignore_existing is not True")
        if op is not None and not isinstance(op, Operation):
            op = convert_to_tensor_or_indexed_slices(op, as_ref=True).op
        devices, groups = self._device_stack, self._colocation_stack
        self._device_stack = []
        self._colocation_stack = ([] if ignore_existing else groups) + ([op] if op is not None else [])
        try:
            yield
        finally:
            self._device_stack, self._colocation_stack = devices, groups

    def _colocate(self, node):
        groups = set()
        for other in self._colocation_stack:
            groups.update(other.colocation_groups())
            if other.device:
                node._set_device(other.device)
        node.attrs["_class"] = sorted(groups)

    @contextlib.contextmanager
    def device(self, device_name_or_function):
        """Keeps a device name on the nodes made inside, or what a function gives for each. It changes nothing about
        where they run.

        None forgets the outer blocks' devices. ValueError for a name that is none.
        """
        outer, device = self._device_stack, device_name_or_function
        if device is not None and not callable(device):
            device = merge_device(device)
        self._device_stack = [*outer, device] if device is not None else []
        try:
            yield
        finally:
            self._device_stack = outer

    def _apply_devices(self, node):
        for device in reversed(self._device_stack):
            node._set_device(device(node))

    @contextlib.contextmanager
    def container(self, container_name):
        outer, self._container = self._container, container_name
        try:
            yield container_name
        finally:
            self._container = outer

    @contextlib.contextmanager
    def _mapping_scope(self, attribute, additions):
        outer = getattr(self, attribute)
        setattr(self, attribute, {**outer, **additions})
        try:
            yield
        finally:
            setattr(self, attribute, outer)

    def gradient_override_map(self, op_type_map):
        """Nodes made inside, of op type K, are differentiated by the gradient registered as `op_type_map[K]`."""
        if not isinstance(op_type_map, dict):
            raise TypeError("op_type_map must be a dictionary mapping strings to strings")
        for key, value in op_type_map.items():
            if not isinstance(key, str) or not isinstance(value, str):
                raise TypeError("op_type_map must be a dictionary mapping strings to strings")
        return self._mapping_scope("_gradient_override", op_type_map)

    def _kernel_label_map(self, op_to_kernel_label_map):
        return self._mapping_scope("_kernel_labels", op_to_kernel_label_map)

    def _attr_scope(self, attr_map):
        return self._mapping_scope("_attr_scope_map", attr_map)

    @contextlib.contextmanager
    def _original_op(self, op):
        outer, self._default_original_op = self._default_original_op, op
        try:
            yield
        finally:
            self._default_original_op = outer

    def _get_control_flow_context(self):
        return self._control_flow_context

    def _set_control_flow_context(self, context):
        self._control_flow_context = context

    # -- collections --

    def add_to_collection(self, name, value):
        self._check_not_finalized()
        self._collections.setdefault(name, []).append(value)

    def add_to_collections(self, names, value):
        """Adds to each collection of `names` once, however often it is named."""
        for name in (names,) if isinstance(names, str) else dict.fromkeys(names):
            self.add_to_collection(name, value)

    def get_collection_ref(self, name):
        """The list itself: a change to it changes the collection."""
        return self._collections.setdefault(name, [])

    def get_collection(self, name, scope=None):
        """A copy of the collection; with `scope`, only items with a name that the regular expression matches at its
        start.
        """
        items = self._collections.get(name, [])
        if scope is None:
            return list(items)
        pattern = re.compile(scope)
        return [item for item in items if hasattr(item, "name") and pattern.match(item.name)]

    def get_all_collection_keys(self):
        return [key for key in self._collections if isinstance(key, str)]

    collections = property(get_all_collection_keys)

    def clear_collection(self, name):
        self._check_not_finalized()
        self._collections.pop(name, None)

    # -- what may be fed and fetched --

    def prevent_feeding(self, tensor):
        self._unfeedable.add(tensor)

    def is_feedable(self, tensor):
        return tensor not in self._unfeedable

    def prevent_fetching(self, op):
        self._unfetchable.add(op)

    def is_fetchable(self, tensor_or_op):
        return (
            tensor_or_op.op if isinstance(tensor_or_op, (Tensor, SparseTensor)) else tensor_or_op
        ) not in self._unfetchable


class Controller:
    """One `control_dependencies` block: the nodes to wait for, and the nodes made inside it."""

    def __init__(self, before):
        self.before, self.seen = before, set()

    control_inputs = property(lambda self: self.before)


_as_dtype = dtypes.as_dtype
stacks.GraphStack.new_graph = Graph


def get_default_graph():
    """The innermost graph made default with `as_default`, else the thread's own."""
    return stacks.graphs.top()


@contextlib.contextmanager
def name_scope(name, default_name=None, values=None):
    """A name scope in the graph of `values` (the default graph without them), which is the default graph inside.

    Named `name`, else `default_name`; ValueError when both are missing and there are values. Gives the prefix,
    'scope/'.
    """
    chosen = default_name if name is None else name
    if chosen is None and values is not None:
        raise ValueError(f"At least one of name ({name}) and default_name ({default_name}) must be provided.")
    graph = graph_of(values or ())
    with graph.as_default(), graph.name_scope(chosen) as scope:
        yield scope


def _sparse_parts(indices, values, dense_shape):
    """What a SparseTensor is made of, as tensors; a variable among them stays a reference."""
    with name_scope(None, "SparseTensor", [indices, values, dense_shape]):
        return (
            convert_to_tensor(indices, name="indices", dtype=dtypes.int64),
            convert_to_tensor(values, name="values", as_ref=True),
            convert_to_tensor(dense_shape, name="dense_shape", dtype=dtypes.int64),
        )


SparseTensor.as_tensors = staticmethod(_sparse_parts)


def graph_of(values):
    """The one graph that the graph elements among `values` belong to, else the default graph; ValueError when they
    differ.
    """
    default = stacks.graphs.top()
    if stacks.graphs.items and default.building_function:
        return default
    first = None
    for value in values:
        if isinstance(value, (list, tuple)):
            continue
        element = value if isinstance(value, (Tensor, Operation, IndexedSlices, SparseTensor)) else None
        if element is None and hasattr(value, "_as_graph_element"):
            element = value._as_graph_element()
        if element is None:
            continue
        if first is None:
            first = element
        elif element.graph is not first.graph:
            raise ValueError(f"{element} must be from the same graph as {first}.")
    return default if first is None else first.graph


def control_dependencies(control_inputs):
    """Nodes made in the with-block, in the default graph, run after `control_inputs`."""
    return get_default_graph().control_dependencies(control_inputs)


def device(device_name_or_function):
    """Keeps a device name on the nodes made in the with-block; it changes nothing about where they run."""
    return get_default_graph().device(device_name_or_function)


def colocate_with(op, ignore_existing=False):
    return get_default_graph().colocate_with(op, ignore_existing)


def container(container_name):
    return get_default_graph().container(container_name)


DEFAULT_GRAPH_SEED = 87654321


def seeds(graph, op_seed):
    """(seed, seed2) for a random node made next in `graph`; (None, None) when neither graph nor node has one."""
    if graph.seed is not None:
        pair = graph.seed, graph._last_id if op_seed is None else op_seed
    elif op_seed is not None:
        pair = DEFAULT_GRAPH_SEED, op_seed
    else:
        return None, None
    pair = tuple(int(s) % (2**31 - 1) for s in pair)
    return (0, 2**31 - 1) if pair == (0, 0) else pair  # both zero means "no seed" to the kernels

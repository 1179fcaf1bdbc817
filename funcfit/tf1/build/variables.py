"""`Variable`: a cell with an initializer and a read, and the collections that say which variables there are."""

from funcfit.tf1.graph import dtypes, stacks
from funcfit.tf1.graph.convert import (
    convert_to_tensor,
    register_dense_tensor_like_type,
    register_tensor_conversion_function,
)
from funcfit.tf1.graph.graph import colocate_with, get_default_graph, name_scope
from funcfit.tf1.graph.keys import GraphKeys, add_to_collections, get_collection
from funcfit.tf1.graph.node import IndexedSlices, Tensor
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import api, raw, tf
from funcfit.tf1.ops.index import sliced


@api("Variable", "python.ops.resource_variable_ops.ResourceVariable")
class Variable:
    """A tensor that keeps its value between runs of a session, once its initializer has run.

    Used in an expression it is read. Never changes after it is made, but for its static shape (`set_shape`).
    """

    __array_priority__ = 100

    def __init__(
        self,
        initial_value=None,
        trainable=True,
        collections=None,
        validate_shape=True,
        caching_device=None,
        name=None,
        variable_def=None,
        dtype=None,
        expected_shape=None,
        import_scope=None,
        constraint=None,
        use_resource=None,
        synchronization=None,
        aggregation=None,
        shape=None,
    ):
        if initial_value is None:
            raise ValueError("initial_value must be specified.")
        if constraint is not None and not callable(constraint):
            raise ValueError("The `constraint` argument must be a callable.")
        collections = [GraphKeys.GLOBAL_VARIABLES] if collections is None else collections
        if not isinstance(collections, (list, tuple, set)):
            raise ValueError(
                f"collections argument to Variable constructor must be a list, tuple, or set. Got {collections} of "
                f"type {type(collections)}"
            )
        trainable = trainable is None or bool(trainable)
        if trainable and GraphKeys.TRAINABLE_VARIABLES not in collections:
            collections = [*collections, GraphKeys.TRAINABLE_VARIABLES]
        self._trainable, self._constraint, self._caching_device, self._save_slice_info = (
            trainable,
            constraint,
            caching_device,
            None,
        )
        graph = get_default_graph()
        called = callable(initial_value)
        with graph.control_dependencies(None), name_scope(name, "Variable", [] if called else [initial_value]) as scope:
            # What an initializer makes, and the cell with it, is colocated with the variable (1.1 variables.py).
            with graph._attr_scope({"_class": [f"loc:@{scope[:-1]}".encode()]} if called else {}):
                if called:
                    with name_scope("Initializer"), graph.device(None):
                        self._initial_value = convert_to_tensor(initial_value(), name="initial_value", dtype=dtype)
                else:
                    self._initial_value = convert_to_tensor(initial_value, name="initial_value", dtype=dtype)
                static = self._initial_value.shape if validate_shape else TensorShape(None)
                self._variable = raw.VariableV2(shape=static, dtype=self._initial_value.dtype.base_dtype, name=scope)
            if validate_shape and not static.is_fully_defined():
                raise ValueError(f"initial_value must have a shape specified: {self._initial_value}")
            self._initializer_op = tf.assign(self._variable, self._initial_value, validate_shape=validate_shape).op
            where = (
                graph.device(caching_device) if caching_device is not None else graph.colocate_with(self._variable.op)
            )
            with where:
                self._snapshot = tf.identity(self._variable, name="read")
        add_to_collections(collections, self)

    name = property(lambda self: self._variable.name)
    initializer = property(lambda self: self._initializer_op)
    initial_value = property(lambda self: self._initial_value)
    device = property(lambda self: self._variable.device)
    dtype = property(lambda self: self._variable.dtype)
    op = property(lambda self: self._variable.op)
    graph = property(lambda self: self._variable.graph)
    shape = property(lambda self: self._variable.shape)
    trainable = property(lambda self: self._trainable)
    constraint = property(lambda self: self._constraint)

    def get_shape(self):
        return self._variable.shape

    def set_shape(self, shape):
        self._variable.set_shape(shape)
        self._snapshot.set_shape(shape)

    def _as_graph_element(self):
        return self._variable

    def _AsTensor(self):
        return self._snapshot

    def _ref(self):
        """The cell itself, as what writes to it takes it."""
        return self._variable

    def value(self):
        """The read made with the variable. It shows the cell as its consumer sees it: writes before the consumer
        count.
        """
        return self._snapshot

    def read_value(self):
        """A new read, under the control dependencies open now."""
        return tf.identity(self._variable, name="read")

    def eval(self, session=None):
        return self._variable.eval(session=session)

    def initialized_value(self):
        """The value, or the initial value when the variable is not initialized yet: for initializers that use other
        variables.
        """
        with get_default_graph().control_dependencies(None):
            return tf.cond(tf.is_variable_initialized(self), self.read_value, lambda: self.initial_value)

    def load(self, value, session=None):
        """Gives the variable `value` in `session`, without a node; ValueError when there is no session."""
        session = session or stacks.sessions.top()
        if session is None:
            raise ValueError("Either session argument should be provided or default session should be established")
        session.run(self._initializer_op, {self._initializer_op.inputs[1]: value})

    def assign(self, value, use_locking=False, name=None, read_value=True):
        return _read_or_op(tf.assign(self._variable, value, use_locking=use_locking, name=name), read_value)

    def assign_add(self, delta, use_locking=False, name=None, read_value=True):
        return _read_or_op(tf.assign_add(self._variable, delta, use_locking=use_locking, name=name), read_value)

    def assign_sub(self, delta, use_locking=False, name=None, read_value=True):
        return _read_or_op(tf.assign_sub(self._variable, delta, use_locking=use_locking, name=name), read_value)

    def count_up_to(self, limit):
        """Adds one and gives the value before; OutOfRangeError at `limit`."""
        return tf.count_up_to(self._variable, limit=limit)

    def _scatter(self, scatter, sparse_delta, use_locking, name):
        if not isinstance(sparse_delta, IndexedSlices):
            raise ValueError(f"sparse_delta is not IndexedSlices: {sparse_delta}")
        return scatter(self._variable, sparse_delta.indices, sparse_delta.values, use_locking=use_locking, name=name)

    def scatter_sub(self, sparse_delta, use_locking=False, name=None):
        """Takes the rows of IndexedSlices off this variable's; so with the other `scatter_` methods."""
        return self._scatter(tf.scatter_sub, sparse_delta, use_locking, name)

    def scatter_add(self, sparse_delta, use_locking=False, name=None):
        return self._scatter(tf.scatter_add, sparse_delta, use_locking, name)

    def scatter_update(self, sparse_delta, use_locking=False, name=None):
        return self._scatter(tf.scatter_update, sparse_delta, use_locking, name)

    def scatter_max(self, sparse_delta, use_locking=False, name=None):
        return self._scatter(tf.scatter_max, sparse_delta, use_locking, name)

    def scatter_min(self, sparse_delta, use_locking=False, name=None):
        return self._scatter(tf.scatter_min, sparse_delta, use_locking, name)

    def scatter_mul(self, sparse_delta, use_locking=False, name=None):
        return self._scatter(tf.scatter_mul, sparse_delta, use_locking, name)

    def scatter_div(self, sparse_delta, use_locking=False, name=None):
        return self._scatter(tf.scatter_div, sparse_delta, use_locking, name)

    def scatter_nd_sub(self, indices, updates, name=None):
        return tf.scatter_nd_sub(self._variable, indices, updates, use_locking=True, name=name)

    def scatter_nd_add(self, indices, updates, name=None):
        return tf.scatter_nd_add(self._variable, indices, updates, use_locking=True, name=name)

    def scatter_nd_update(self, indices, updates, name=None):
        return tf.scatter_nd_update(self._variable, indices, updates, use_locking=True, name=name)

    class SaveSliceInfo:
        """Which part of a partitioned variable a variable is."""

        def __init__(
            self,
            full_name=None,
            full_shape=None,
            var_offset=None,
            var_shape=None,
            save_slice_info_def=None,
            import_scope=None,
        ):
            self.full_name, self.full_shape, self.var_offset, self.var_shape = (
                full_name,
                full_shape,
                var_offset,
                var_shape,
            )

        @property
        def spec(self):
            """The part as checkpoints spell it: "4 2 0,2:0,2" is rows 0 and 1 of a 4 by 2 matrix."""
            return (
                " ".join(str(size) for size in self.full_shape)
                + " "
                + ":".join(f"{o},{s}" for o, s in zip(self.var_offset, self.var_shape))
            )

    def _set_save_slice_info(self, save_slice_info):
        self._save_slice_info = save_slice_info

    def _get_save_slice_info(self):
        return self._save_slice_info

    def __iter__(self):
        raise TypeError("'Variable' object is not iterable.")

    __hash__ = object.__hash__

    def __eq__(self, other):
        return self is other

    def __repr__(self):
        return f"<tf.Variable '{self.name}' shape={self.shape} dtype={self.dtype.name}>"

    def __getitem__(self, spec):
        """A part of the variable's value; its `assign(value)` writes to that part of the variable."""
        return sliced(self._AsTensor(), spec, var=self._variable)

    @staticmethod
    def _OverloadAllOperators():
        for operator in Tensor.OVERLOADABLE_OPERATORS - {"__getitem__"}:
            Variable._OverloadOperator(operator)

    @staticmethod
    def _OverloadOperator(operator):
        def run(self, *args):
            return getattr(Tensor, operator)(self._AsTensor(), *args)

        run.__name__ = operator
        setattr(Variable, operator, run)


def _read_or_op(assigned, read_value):
    return assigned if read_value else assigned.op


def _converted(variable, dtype=None, name=None, as_ref=False):
    if dtype is not None and not dtypes.as_dtype(dtype).is_compatible_with(variable.dtype):
        raise ValueError(
            f"Incompatible type conversion requested to type '{dtypes.as_dtype(dtype).name}' for variable of type "
            f"'{variable.dtype.name}'"
        )
    return variable._ref() if as_ref else variable.value()


Variable._OverloadAllOperators()
register_tensor_conversion_function(Variable, _converted)
register_dense_tensor_like_type(Variable)


@api("global_variables", "all_variables")
def global_variables(scope=None):
    """The variables of the default graph that are shared between machines: all but local ones."""
    return get_collection(GraphKeys.GLOBAL_VARIABLES, scope)


@api("local_variables")
def local_variables(scope=None):
    return get_collection(GraphKeys.LOCAL_VARIABLES, scope)


@api("model_variables")
def model_variables(scope=None):
    return get_collection(GraphKeys.MODEL_VARIABLES, scope)


@api("trainable_variables")
def trainable_variables(scope=None):
    """The variables that optimizers change unless they are told which."""
    return get_collection(GraphKeys.TRAINABLE_VARIABLES, scope)


@api("moving_average_variables")
def moving_average_variables(scope=None):
    return get_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, scope)


@api("variables_initializer", "initialize_variables", "initializers.variables")
def variables_initializer(var_list, name="init"):
    """A node that runs the initializers of all of `var_list`."""
    if var_list:
        return tf.group(*[v.initializer for v in var_list], name=name)
    return tf.group(name=name)


@api("global_variables_initializer", "initialize_all_variables", "initializers.global_variables")
def global_variables_initializer():
    return variables_initializer(global_variables())


@api("local_variables_initializer", "initialize_local_variables", "initializers.local_variables")
def local_variables_initializer():
    return variables_initializer(local_variables())


@api("assert_variables_initialized")
def assert_variables_initialized(var_list=None):
    """A tensor that fails to run while a variable holds nothing. None when there are no variables."""
    var_list = _all_when_none(var_list)
    ranks = []
    for variable in var_list:
        with colocate_with(variable.op):
            ranks.append(raw.Rank(variable))
    if not ranks:
        return None
    return ranks[0] if len(ranks) == 1 else tf.stack(ranks)


@api("report_uninitialized_variables")
def report_uninitialized_variables(var_list=None, name="report_uninitialized_variables"):
    """The names of the variables that hold nothing yet, as a vector of strings."""
    var_list = _all_when_none(var_list)
    with name_scope(name):
        if not var_list:
            return tf.constant([], dtype=dtypes.string)
        empty = tf.logical_not(tf.stack([tf.is_variable_initialized(v) for v in var_list]))
        return tf.boolean_mask(tf.constant([v.op.name for v in var_list]), empty)


def _all_when_none(var_list):
    """`var_list`, or all global and local variables, or else the cells of the graph that are in no collection."""
    if var_list is not None:
        return var_list
    found = global_variables() + local_variables()
    return found or [
        node.outputs[0] for node in get_default_graph().get_operations() if node.card is not None and node.card.cell
    ]

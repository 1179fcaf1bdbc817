"""`Variable`: a cell with an initializer and a read, and the collections that say which variables there are."""

from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor, register_tensor_conversion_function
from funcfit.tf1.graph.graph import get_default_graph, name_scope
from funcfit.tf1.graph.keys import GraphKeys, add_to_collections, get_collection
from funcfit.tf1.graph.node import Tensor
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import api, raw, tf


@api("Variable")
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
            raise ValueError(f"collections argument to Variable constructor must be a list, tuple, or set. Got {collections} of type {type(collections)}")
        if trainable and GraphKeys.TRAINABLE_VARIABLES not in collections:
            collections = [*collections, GraphKeys.TRAINABLE_VARIABLES]
        self._trainable, self._constraint, self._caching_device, self._save_slice_info = bool(trainable), constraint, caching_device, None
        graph = get_default_graph()
        called = callable(initial_value)
        with graph.control_dependencies(None), name_scope(name, "Variable", [] if called else [initial_value]) as scope:
            if called:
                with graph._attr_scope({"_class": [f"loc:@{scope[:-1]}".encode()]}), name_scope("Initializer"), graph.device(None):
                    self._initial_value = convert_to_tensor(initial_value(), name="initial_value", dtype=dtype)
            else:
                self._initial_value = convert_to_tensor(initial_value, name="initial_value", dtype=dtype)
            static = self._initial_value.shape if validate_shape else TensorShape(None)
            self._variable = raw.VariableV2(shape=static, dtype=self._initial_value.dtype.base_dtype, name=scope)
            if validate_shape and not static.is_fully_defined():
                raise ValueError(f"initial_value must have a shape specified: {self._initial_value}")
            self._initializer_op = tf.assign(self._variable, self._initial_value, validate_shape=validate_shape).op
            where = graph.device(caching_device) if caching_device is not None else graph.colocate_with(self._variable.op)
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
        """The read made with the variable. It shows the cell as its consumer sees it: writes before the consumer count."""
        return self._snapshot

    def read_value(self):
        """A new read, under the control dependencies open now."""
        return tf.identity(self._variable, name="read")

    def eval(self, session=None):
        return self._variable.eval(session=session)

    def initialized_value(self):
        """The value, or the initial value when the variable is not initialized yet: for initializers that use other variables."""
        with get_default_graph().control_dependencies(None):
            return tf.cond(tf.is_variable_initialized(self), self.read_value, lambda: self.initial_value)

    def assign(self, value, use_locking=False, name=None, read_value=True):
        return tf.assign(self._variable, value, use_locking=use_locking, name=name)

    def assign_add(self, delta, use_locking=False, name=None, read_value=True):
        return tf.assign_add(self._variable, delta, use_locking=use_locking, name=name)

    def assign_sub(self, delta, use_locking=False, name=None, read_value=True):
        return tf.assign_sub(self._variable, delta, use_locking=use_locking, name=name)

    def __iter__(self):
        raise TypeError("'Variable' object is not iterable.")

    def __hash__(self):
        return id(self)

    def __eq__(self, other):
        return self is other

    def __repr__(self):
        return f"<tf.Variable '{self.name}' shape={self.shape} dtype={self.dtype.name}>"

    @staticmethod
    def _OverloadAllOperators():
        for operator in Tensor.OVERLOADABLE_OPERATORS:
            Variable._OverloadOperator(operator)

    @staticmethod
    def _OverloadOperator(operator):
        def run(self, *args):
            return getattr(Tensor, operator)(self._AsTensor(), *args)

        run.__name__ = operator
        setattr(Variable, operator, run)


def _converted(variable, dtype=None, name=None, as_ref=False):
    if dtype is not None and not dtypes.as_dtype(dtype).is_compatible_with(variable.dtype):
        raise ValueError(f"Incompatible type conversion requested to type '{dtypes.as_dtype(dtype).name}' for variable of type '{variable.dtype.name}'")
    return variable._ref() if as_ref else variable.value()


Variable._OverloadAllOperators()
register_tensor_conversion_function(Variable, _converted)


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


@api("variables_initializer", "initialize_variables")
def variables_initializer(var_list, name="init"):
    """A node that runs the initializers of all of `var_list`."""
    if var_list:
        return tf.group(*[v.initializer for v in var_list], name=name)
    return tf.group(name=name)


@api("global_variables_initializer", "initialize_all_variables")
def global_variables_initializer():
    return variables_initializer(global_variables())


@api("local_variables_initializer", "initialize_local_variables")
def local_variables_initializer():
    return variables_initializer(local_variables())

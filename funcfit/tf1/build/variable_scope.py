"""`get_variable` and the scopes that name, share, regularize and partition what it makes.

A graph has one `VariableStore`, which knows its variables by full name, and one open `VariableScope`, which holds the
defaults that `variable_scope` blocks set. Both live in the graph's collections, as TF keeps them.
"""

import contextlib
import enum
import functools

from funcfit.tf1.build.variable_store import VariableStore
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import get_default_graph, graph_of, name_scope
from funcfit.tf1.graph.keys import GraphKeys, get_collection, get_collection_ref
from funcfit.tf1.opdef import api, place

_STORE_KEY = ("__variable_store",)
_SCOPE_KEY = ("__varscope",)


class _ReuseMode(enum.Enum):
    AUTO_REUSE = 1


AUTO_REUSE = _ReuseMode.AUTO_REUSE
place("AUTO_REUSE", AUTO_REUSE)


@api("no_regularizer")
def no_regularizer(_):
    """Keeps a scope's regularizer away from a variable."""
    return None


@api("VariableScope")
class VariableScope:
    """A prefix for variable names and the defaults of `get_variable` below it. Changes: by the `set_` methods and
    `reuse_variables`.
    """

    def __init__(
        self,
        reuse,
        name="",
        initializer=None,
        regularizer=None,
        caching_device=None,
        partitioner=None,
        custom_getter=None,
        name_scope="",
        dtype=dtypes.float32,
        use_resource=None,
        constraint=None,
    ):
        self._name, self._reuse, self._name_scope, self._dtype = name, reuse, name_scope, dtype
        self._initializer, self._regularizer, self._partitioner = initializer, regularizer, partitioner
        self._caching_device, self._custom_getter, self._use_resource, self._constraint = (
            caching_device,
            custom_getter,
            use_resource,
            constraint,
        )

    name = property(lambda self: self._name)
    original_name_scope = property(lambda self: self._name_scope)
    reuse = property(lambda self: self._reuse)
    initializer = property(lambda self: self._initializer)
    dtype = property(lambda self: self._dtype)
    use_resource = property(lambda self: self._use_resource)
    regularizer = property(lambda self: self._regularizer)
    caching_device = property(lambda self: self._caching_device)
    partitioner = property(lambda self: self._partitioner)
    custom_getter = property(lambda self: self._custom_getter)
    constraint = property(lambda self: self._constraint)

    def reuse_variables(self):
        """From here on `get_variable` in this scope finds variables and makes none."""
        self._reuse = True

    def set_initializer(self, initializer):
        self._initializer = initializer

    def set_dtype(self, dtype):
        self._dtype = dtype

    def set_use_resource(self, use_resource):
        self._use_resource = use_resource

    def set_regularizer(self, regularizer):
        self._regularizer = regularizer

    def set_caching_device(self, caching_device):
        self._caching_device = caching_device

    def set_partitioner(self, partitioner):
        self._partitioner = partitioner

    def set_custom_getter(self, custom_getter):
        self._custom_getter = custom_getter

    def get_collection(self, name):
        """The items of the default graph's collection whose names start with this scope's."""
        return get_collection(name, self._name + "/" if self._name else "")

    def trainable_variables(self):
        return self.get_collection(GraphKeys.TRAINABLE_VARIABLES)

    def global_variables(self):
        return self.get_collection(GraphKeys.GLOBAL_VARIABLES)

    def local_variables(self):
        return self.get_collection(GraphKeys.LOCAL_VARIABLES)

    def get_variable(
        self,
        var_store,
        name,
        shape=None,
        dtype=None,
        initializer=None,
        regularizer=None,
        reuse=None,
        trainable=None,
        collections=None,
        caching_device=None,
        partitioner=None,
        validate_shape=True,
        use_resource=None,
        custom_getter=None,
        constraint=None,
        synchronization=None,
        aggregation=None,
    ):
        """The variable `name` below this scope in `var_store`; what is not given here comes from the scope."""
        full_name = f"{self.name}/{name}" if self.name else name
        with name_scope(None):
            if dtype is not None and initializer is not None and not callable(initializer):
                came = convert_to_tensor(initializer).dtype.base_dtype
                if came != dtype:
                    raise ValueError(f"Initializer type '{came}' and explicit dtype '{dtype}' don't match.")
            return var_store.get_variable(
                full_name,
                shape=shape,
                dtype=self._dtype if dtype is None else dtype,
                initializer=self._initializer if initializer is None else initializer,
                regularizer=self._regularizer if regularizer is None else regularizer,
                reuse=self._reuse if reuse is None else reuse,
                trainable=trainable is None or trainable,
                collections=collections,
                caching_device=self._caching_device if caching_device is None else caching_device,
                partitioner=self._partitioner if partitioner is None else partitioner,
                validate_shape=validate_shape,
                use_resource=self._use_resource if use_resource is None else use_resource,
                custom_getter=self._custom_getter if custom_getter is None else custom_getter,
                constraint=self._constraint if constraint is None else constraint,
            )


@api("get_variable_scope")
def get_variable_scope():
    """The scope that is open in the default graph."""
    scopes = get_collection_ref(_SCOPE_KEY)
    if not scopes:
        scopes.append(VariableScope(False))
    return scopes[0]


@api("python.ops.variable_scope._get_default_variable_store")
def variable_store():
    """The default graph's variables by name."""
    stores = get_collection_ref(_STORE_KEY)
    if not stores:
        stores.append(VariableStore())
    return stores[0]


@api("get_variable")
def get_variable(
    name,
    shape=None,
    dtype=None,
    initializer=None,
    regularizer=None,
    trainable=None,
    collections=None,
    caching_device=None,
    partitioner=None,
    validate_shape=True,
    use_resource=None,
    custom_getter=None,
    constraint=None,
    synchronization=None,
    aggregation=None,
):
    """The variable called `name` in the open variable scope: made, or with the scope's reuse found.

    `initializer` is a callable of (shape, dtype), or a tensor or value (then without `shape`). With `partitioner`, a
    PartitionedVariable. ValueError when it exists and reuse is off, is missing and reuse is on, or has another shape
    or dtype.
    """
    return get_variable_scope().get_variable(
        variable_store(),
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=trainable,
        collections=collections,
        caching_device=caching_device,
        partitioner=partitioner,
        validate_shape=validate_shape,
        use_resource=use_resource,
        custom_getter=custom_getter,
        constraint=constraint,
    )


@api("get_local_variable")
@functools.wraps(get_variable)
def get_local_variable(*args, **kwargs):
    kwargs["trainable"] = False
    kwargs["collections"] = [*(kwargs.get("collections") or ()), GraphKeys.LOCAL_VARIABLES]
    return get_variable(*args, **kwargs)


@api("python.ops.variable_scope._pure_variable_scope")
class pure_variable_scope:
    """A variable scope without a name scope. Can be entered again, and then is the same scope.

    A string goes below the open scope and inherits from it; a VariableScope is entered as it is, wherever one stands.
    """

    def __init__(self, name_or_scope, reuse=None, old_name_scope=None, custom_getter=None, **overrides):
        self._name_or_scope, self._reuse, self._old_name_scope = name_or_scope, reuse, old_name_scope
        self._custom_getter, self._overrides = (
            custom_getter,
            {key: value for key, value in overrides.items() if value is not None},
        )
        self._scope, self._outer = None, []

    def __enter__(self):
        slot, store = get_collection_ref(_SCOPE_KEY), variable_store()
        outer = get_variable_scope()
        if self._scope is None or isinstance(self._name_or_scope, str):
            self._scope = self._made(outer)
        store.open_variable_scope(self._scope.name)
        reenters = isinstance(self._name_or_scope, VariableScope)
        self._outer.append((outer, store.scopes_opened, dict(store.variable_scopes_count) if reenters else None))
        slot[0] = self._scope
        return self._scope

    def __exit__(self, *_):
        store = variable_store()
        outer, opened, counts = self._outer.pop()
        if counts is not None:
            store.variable_scopes_count = counts
        elif store.scopes_opened > opened:
            store.close_variable_subscopes(self._scope.name)
        get_collection_ref(_SCOPE_KEY)[0] = outer

    def _made(self, outer):
        given = isinstance(self._name_or_scope, VariableScope)
        base = self._name_or_scope if given else outer
        if given:
            name, prefix = base.name, base.original_name_scope
        else:
            name = f"{outer.name}/{self._name_or_scope}" if outer.name else self._name_or_scope
            prefix = self._name_or_scope if self._old_name_scope is None else self._old_name_scope
        arguments = dict(
            initializer=base.initializer,
            regularizer=base.regularizer,
            caching_device=base.caching_device,
            partitioner=base.partitioner,
            custom_getter=base.custom_getter,
            dtype=base.dtype,
            use_resource=base.use_resource,
            constraint=base.constraint,
        )
        arguments.update(self._overrides)
        if self._custom_getter is not None:
            arguments["custom_getter"] = _around(self._custom_getter, base.custom_getter)
        return VariableScope(self._reuse or base.reuse, name=name, name_scope=prefix, **arguments)


def _around(custom_getter, inner):
    """A getter that calls `custom_getter` with `inner` between it and the store."""
    if inner is None:
        return custom_getter

    def both(getter, *args, **kwargs):
        return custom_getter(functools.partial(inner, getter), *args, **kwargs)

    return both


@api("python.ops.variable_scope._get_unique_variable_scope")
def unique_scope_name(prefix):
    """`prefix`, numbered when the open scope has opened a scope of that name before."""
    store, open_scope = variable_store(), get_variable_scope()
    name = f"{open_scope.name}/{prefix}" if open_scope.name else prefix
    if not store.variable_scope_count(name):
        return prefix
    number = 1
    while store.variable_scope_count(f"{name}_{number}"):
        number += 1
    return f"{prefix}_{number}"


@api("variable_scope")
class variable_scope:
    """A with-block in which `get_variable` puts `name_or_scope/` before names and nodes stand in a name scope of that
    name.

    Without `name_or_scope` the block is named `default_name`, made unique. `reuse` True finds variables, None
    inherits, AUTO_REUSE finds or makes.
    """

    def __init__(
        self,
        name_or_scope,
        default_name=None,
        values=None,
        initializer=None,
        regularizer=None,
        caching_device=None,
        partitioner=None,
        custom_getter=None,
        reuse=None,
        dtype=None,
        use_resource=None,
        constraint=None,
        auxiliary_name_scope=True,
    ):
        if default_name is None and name_or_scope is None:
            raise TypeError("If default_name is None then name_or_scope is required")
        if reuse not in (True, False, None, AUTO_REUSE):
            raise ValueError("The reuse parameter must be True or False or None.")
        if not isinstance(auxiliary_name_scope, bool):
            raise TypeError(f"The auxiliary_name_scope must be `True` or `False`, while get {auxiliary_name_scope}")
        self._name_or_scope, self._default_name = name_or_scope, default_name
        self._graph = graph_of(values or ())
        self._reuse = reuse or None  # False means the same as None: no scope takes reuse away
        self._auxiliary_name_scope = auxiliary_name_scope
        self._arguments = dict(
            initializer=initializer,
            regularizer=regularizer,
            caching_device=caching_device,
            partitioner=partitioner,
            custom_getter=custom_getter,
            dtype=dtype,
            use_resource=use_resource,
            constraint=constraint,
        )
        self._pure = None
        self._open = []

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            if not get_default_graph().building_function:
                stack.enter_context(self._graph.as_default())
            scope = stack.enter_context(self._entered(stack))
            self._open.append(stack.pop_all())
        return scope

    def __exit__(self, *exception):
        return self._open.pop().__exit__(*exception)

    def _entered(self, stack):
        """The pure scope, after its name scope has been entered."""
        name_or_scope = self._name_or_scope
        if name_or_scope is not None and not isinstance(name_or_scope, (str, VariableScope)):
            raise TypeError("VariableScope: name_or_scope must be a string or VariableScope.")
        if name_or_scope is None and self._reuse:
            raise ValueError("reuse=True cannot be used without a name_or_scope")
        if name_or_scope is None:
            prefix = self._default_name
        else:
            prefix = name_or_scope if isinstance(name_or_scope, str) else name_or_scope.name.split("/")[-1]
        scope_name = None
        if not self._auxiliary_name_scope:
            here = get_default_graph()._name_stack
            scope_name = stack.enter_context(name_scope(here + "/" if here else None))
        elif prefix:
            scope_name = stack.enter_context(name_scope(prefix))
        if self._pure is None:
            name = unique_scope_name(self._default_name) if name_or_scope is None else name_or_scope
            self._pure = pure_variable_scope(name, reuse=self._reuse, old_name_scope=scope_name, **self._arguments)
        return self._pure


@api("variable_op_scope")
def variable_op_scope(values, name_or_scope, default_name=None, *args, **kwargs):
    """`variable_scope` with the order of arguments that it had before 1.0."""
    return variable_scope(name_or_scope, default_name, values, *args, **kwargs)


@api("create_partitioned_variables")
def create_partitioned_variables(
    shape, slicing, initializer, dtype=dtypes.float32, trainable=True, collections=None, name=None, reuse=None
):
    """The parts of a variable of `shape`, cut into `slicing[i]` along axis i: a list of variables."""
    if len(shape) != len(slicing):
        raise ValueError(
            f"The 'shape' and 'slicing' of a partitioned Variable must have the length: shape: {shape}, slicing: "
            f"{slicing}"
        )
    if len(shape) < 1:
        raise ValueError(f"A partitioned Variable must have rank at least 1: shape: {shape}")
    with variable_scope(name, "PartitionedVariable", reuse=reuse) as scope:
        if scope.custom_getter is not None:
            raise ValueError(
                "Private access to _get_partitioned_variable is not allowed when a custom getter is set.  Current "
                f"custom getter: {scope.custom_getter}.  "
                "Consider instead using get_variable with a non-empty partitioner parameter."
            )
        found = variable_store().get_variable(
            scope.name,
            shape=shape,
            dtype=dtype,
            initializer=scope.initializer if initializer is None else initializer,
            regularizer=scope.regularizer,
            reuse=scope.reuse,
            trainable=trainable,
            collections=collections,
            caching_device=scope.caching_device,
            partitioner=lambda **_: slicing,
        )
    return list(found)

"""Op cards: the registry of op types (`raw`) and of public names (`tf`), and the decorators that fill it.

    @api("matmul", "linalg.matmul")
    @op("a: T, b: T -> product: T", T=NUMBERS, out=shapes.matmul)
    def MatMul(a, b, *, transpose_a=False, transpose_b=False):
        return jnp.matmul(...)                  # the lowering: arrays to arrays

    @MatMul.gradient
    def _(node, dy): ...                        # gives one gradient an input, made of nodes; None where nothing flows

The signature names inputs and outputs and says how dtypes are tied together, as TF's REGISTER_OP does: `x: T` a tensor
whose dtype is the type attr T, `x: float32` a tensor of that dtype, `xs: N*T` N tensors of one dtype (`N*&T`: cells),
`xs: list(T)` any tensors (T is then a list of dtypes), `x: &T` a variable's cell, `axis: Tidx=int32` a dtype preferred
when Python values are converted. The lowering's keyword-only arguments are the op's attrs, with their defaults.
"""

import contextlib
import inspect
import types
from collections import namedtuple

from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_n_to_tensor, convert_to_tensor
from funcfit.tf1.graph.graph import Graph, graph_of
from funcfit.tf1.graph.node import Tensor
from funcfit.tf1.graph.shape import TensorShape, as_shape

FLOATS = "float16 float32 float64"
COMPLEX = "complex64 complex128"
REAL = "float32 float64 int32 int64 uint8 int16 int8 uint16 float16"
NUMBERS = "float32 float64 int64 int32 uint8 uint16 int16 int8 complex64 complex128 qint8 quint8 qint32 float16"
INDICES = "int32 int64"


class Argument:
    """One input or output of a signature."""

    __slots__ = ("name", "ref", "dtype", "type_attr", "number", "type_list", "preferred")

    def __init__(self, text):
        self.name, _, kind = (part.strip() for part in text.partition(":"))
        kind, _, preferred = (part.strip() for part in kind.partition("="))
        self.preferred = dtypes.as_dtype(preferred) if preferred else None
        self.ref = kind.startswith("&")
        kind = kind.removeprefix("&")
        self.number = self.type_list = self.dtype = self.type_attr = None
        if kind.startswith("list("):
            self.type_list = kind[5:-1]
            return
        number, star, element = kind.partition("*")
        if star:
            self.number, kind = number, element
            self.ref |= kind.startswith("&")
            kind = kind.removeprefix("&")
        if kind in dtypes._BY_KEY:
            self.dtype = dtypes.as_dtype(kind)
        else:
            self.type_attr = kind

    is_list = property(lambda self: self.number is not None or self.type_list is not None)


def _arguments(text):
    return tuple(Argument(part) for part in text.split(",") if part.strip())


class OpDef:
    """An op type: how it is called, what its outputs look like, how it runs, how it is differentiated.

    Calling it adds a node to the graph and gives its output tensor (a list or a named tuple when there are more, the
    node itself when there are none). `.lower` is the decorated function, `.gradient` attaches a rule. What the
    declarations mean:

    out       shape rule: node -> shape, or a list with one shape an output
    writes    names of the inputs whose cells the node writes; `lower` returns their new values first, then the outputs
              that are not `&`
    writes_rows
              of the cells that it writes it changes a part, in place: copying them would cost more than the update
    blind     names of the inputs whose cells may hold nothing yet: `lower` gets an `Empty` for them
    cell      the node is a variable: it has a value in every session's state
    keeps     (attrs, entropy) -> initial value of a private cell; `lower` takes it first and returns (outputs, new
              value)
    makes     the first output refers to a value that lives as long as the run (a TensorArray, a stack): `lower` gives
              it first, then the other outputs. A pair (input, attr): nodes with the same value behind that input and
              the same attr share one, which `lower` takes first (an `Empty` before there is one)
    alias     the output is the first input's cell, seen anew: reads see later writes (docs/design.md)
    fixed     names of the inputs whose values decide the program (shapes, axes): `lower` gets them as numpy arrays. Or
              node -> positions in `node.inputs`, where it depends on the node which they are
    folds     given numpy arrays `lower` gives numpy arrays: shape arithmetic, done while tracing; "shape": it gives
              them from the shapes of its inputs alone, whose values nobody needs (Shape, Size, Rank). With `keeps`: if
              the private cell is one too
    at_build  the value is also worked out when the graph is built, for static shapes (the op types for which TF 1.1
              does so)
    knows     node -> what the graph tells of its inputs before it runs: `lower` and `checks` get it as the keyword
              `known`
    checks    the lowering's arguments -> list of `Check`s that hold when the arguments are good
    host      runs outside jit, on numpy arrays; "unless known": only where the values of its fixed inputs are not known
              while tracing, or come from feeds, so that each of them would compile a program of its own
    padding   names of the inputs that may together have more rows than there are, past those the row number NO_ROW
              (run/padding.py): what the node puts out has as many then, what it writes does not show them
    later     attrs that TF 1.1 does not have: the node holds them only where they differ from their defaults (one that
              an input's dtype settles: from the dtype that the signature prefers)
    gradient  what the node's gradient is without a rule: "default", `jax.vjp` of the lowering as one node; None, where
              TF says NotDifferentiable: nothing flows; "unregistered", where TF 1.1 has no entry: LookupError
    T=...     any other name is a type attr, and the value the dtypes it allows, in words: T=FLOATS
    """

    def __init__(
        self,
        lower,
        signature,
        *,
        out=None,
        writes=(),
        writes_rows=False,
        blind=(),
        cell=False,
        keeps=None,
        makes=False,
        alias=False,
        fixed=(),
        folds=False,
        at_build=False,
        knows=None,
        checks=None,
        host=False,
        padding=(),
        later=(),
        gradient="default",
        **allowed,
    ):
        self.name, self.lower, self.__doc__ = lower.__name__, lower, lower.__doc__
        self.__name__ = self.name
        inputs, _, outputs = signature.partition("->")
        self.inputs, self.outputs = _arguments(inputs), _arguments(outputs)
        self.out, self.writes, self.blind, self.cell, self.keeps, self.alias = out, writes, blind, cell, keeps, alias
        self.writes_rows = writes_rows
        self.makes = makes
        self.fixed, self.folds, self.at_build, self.checks, self.host = fixed, folds, at_build, checks, host
        self.padding, self.padded_lower, self.later, self.knows = padding, None, later, knows
        self.allowed = {attr: [dtypes.as_dtype(name) for name in names.split()] for attr, names in allowed.items()}
        code, defaults = lower.__code__, lower.__kwdefaults__ or {}
        keyword_only = code.co_varnames[code.co_argcount :][: code.co_kwonlyargcount]
        names = [name for name in keyword_only if knows is None or name != "known"]
        self.attrs = {n: defaults.get(n, inspect.Parameter.empty) for n in names}  # attr -> default, or Parameter.empty
        self._lowering_attrs = tuple(self.attrs)
        inferred = {a.type_attr or a.type_list for a in self.inputs} | {a.number for a in self.inputs}
        for argument in self.outputs:
            for attr in (argument.type_attr, argument.number, argument.type_list):
                if attr is not None and attr not in inferred:
                    self.attrs.setdefault(attr, inspect.Parameter.empty)
        self.attrs = {name: default for name, default in self.attrs.items() if name not in inferred}
        self._result = namedtuple(self.name, [a.name for a in self.outputs]) if len(self.outputs) > 1 else None
        self.rule = gradient
        self.type_attrs = {a.type_attr for a in self.inputs + self.outputs if a.type_attr}
        empty = inspect.Parameter.empty
        required = [*(a.name for a in self.inputs), *(n for n, d in self.attrs.items() if d is empty)]
        self._order = (*required, *(n for n, d in self.attrs.items() if d is not empty), "name")

    @property
    def __signature__(self):
        kind, defaults = inspect.Parameter.POSITIONAL_OR_KEYWORD, {**self.attrs, "name": None}
        empty = inspect.Parameter.empty
        return inspect.Signature([inspect.Parameter(n, kind, default=defaults.get(n, empty)) for n in self._order])

    # -- declarations that follow the card --

    def gradient(self, rule):
        """Attaches the rule `(node, *output_gradients) -> input gradients`."""
        self.rule = rule
        return rule

    def padded(self, lower):
        """Attaches the lowering of a host card inside jit: it gives as many rows as there could be (run/padding.py)."""
        self.padded_lower = lower
        return lower

    # -- building --

    def __call__(self, *args, **kwargs):
        given = kwargs
        if args:
            if len(args) > len(self._order):
                raise TypeError(f"{self.name} takes at most {len(self._order)} arguments ({len(args)} given)")
            for key, value in zip(self._order, args):
                if key in given:
                    raise TypeError(f"{self.name} got multiple values for argument '{key}'")
                given[key] = value
        name = given.pop("name", None)
        values = []
        for argument in self.inputs:
            key = argument.name
            if key not in given and key + "_" in given:
                key += "_"
            if key not in given:
                raise TypeError(f"{self.name} needs an argument '{argument.name}'")
            values.append(given.pop(key))
        graph = graph_of(
            [
                v
                for value, a in zip(values, self.inputs)
                for v in (value if a.is_list and isinstance(value, (list, tuple)) else (value,))
            ]
        )
        with graph.as_default(), graph.name_scope(name or self.name) as scope:
            attrs, inputs = {}, []
            source = {}
            for argument, value in zip(self.inputs, values):
                take = self._take_list if argument.is_list else self._take_one
                inputs += take(argument, value, attrs, source)
            self._take_attrs(given, attrs)
            with contextlib.ExitStack() as beside:
                for argument, x in zip(self.inputs, inputs):
                    if argument.ref:  # what writes to a cell stands beside it (1.1 op_def_library.py)
                        beside.enter_context(graph.colocate_with(x.op))
                output_dtypes = self.output_dtypes(attrs)
                for argument in self.inputs:
                    if argument.type_attr in self.later and attrs.get(argument.type_attr) is argument.preferred:
                        del attrs[argument.type_attr]
                node = graph.add_node(self, inputs, attrs, output_dtypes, scope)
        return self._packed(node)

    def _take_one(self, argument, value, attrs, source):
        wanted = argument.dtype or attrs.get(argument.type_attr)
        if type(value) is not Tensor or wanted is not None and value.dtype.base_dtype is not wanted or argument.ref:
            value = self._converted(argument, value, wanted, attrs, source)
        if argument.type_attr is not None and wanted is None:
            self._settle(argument, value.dtype.base_dtype, attrs, source)
        return [value]

    def _converted(self, argument, value, wanted, attrs, source):
        try:
            converted = convert_to_tensor(
                value, wanted, argument.name, preferred_dtype=argument.preferred, as_ref=argument.ref
            )
        except TypeError:
            if wanted is None:
                raise
            raise TypeError(
                f"Expected {wanted.name} passed to parameter '{argument.name}' of op '{self.name}', got {value!r} of "
                f"type '{type(value).__name__}' instead."
            ) from None
        except ValueError:
            try:
                came = convert_to_tensor(value).dtype.base_dtype.name
            except (ValueError, TypeError) as error:
                raise ValueError(f"Tried to convert '{argument.name}' to a tensor and failed. Error: {error}") from None
            tied = (
                f"type {wanted.name} of argument '{source[argument.type_attr]}'"
                if argument.type_attr in source
                else f"expected type of {wanted.name if wanted else '?'}"
            )
            raise TypeError(
                f"Input '{argument.name}' of '{self.name}' Op has type {came} that does not match {tied}."
            ) from None
        if argument.ref and not converted.dtype._is_ref_dtype:
            raise TypeError(
                f"'{self.name}' Op requires that input '{argument.name}' be a mutable tensor (e.g.: a tf.Variable)"
            )
        return converted

    def _take_list(self, argument, values, attrs, source):
        if not isinstance(values, (list, tuple)) and not hasattr(values, "__iter__") or isinstance(values, Tensor):
            raise TypeError(f"Expected list for '{argument.name}' argument to '{self.name}' Op, not {values}.")
        values = list(values)
        wanted = argument.dtype or attrs.get(argument.type_attr)
        if wanted is None and argument.number is not None:
            wanted = next(
                (v.dtype.base_dtype for v in values if hasattr(v, "dtype") and isinstance(v.dtype, dtypes.DType)), None
            )
        try:
            tensors = convert_n_to_tensor(
                values, wanted, argument.name, preferred_dtype=argument.preferred, as_ref=argument.ref
            )
            if argument.number is not None and len({t.dtype.base_dtype for t in tensors}) > 1:
                raise TypeError
        except (TypeError, ValueError):
            raise TypeError(self._list_mismatch(argument, values, wanted, attrs)) from None
        if argument.ref and not all(t.dtype._is_ref_dtype for t in tensors):
            raise TypeError(
                f"'{self.name}' Op requires that input '{argument.name}' be a mutable tensor (e.g.: a tf.Variable)"
            )
        if argument.number is not None:
            if attrs.setdefault(argument.number, len(tensors)) != len(tensors):
                raise ValueError(
                    f"List argument '{argument.name}' to '{self.name}' Op with length {len(tensors)} must match "
                    f"length {attrs[argument.number]} of argument '{source[argument.number]}'."
                )
            source.setdefault(argument.number, argument.name)
            if argument.type_attr is not None and wanted is None and not tensors:
                raise TypeError(
                    f"Don't know how to infer type variable from empty input list passed to input '{argument.name}' "
                    f"of '{self.name}' Op."
                )
            if argument.type_attr is not None and argument.type_attr not in attrs:
                self._settle(argument, tensors[0].dtype.base_dtype if tensors else wanted, attrs, source)
        else:
            for t in tensors:
                self._check_allowed(argument.type_list, t.dtype.base_dtype, argument.name)
            attrs[argument.type_list] = [t.dtype.base_dtype for t in tensors]
        return tensors

    def _list_mismatch(self, argument, values, wanted, attrs):
        came = []
        for value in values:
            try:
                came.append(convert_to_tensor(value).dtype.base_dtype.name)
            except (TypeError, ValueError):
                came.append("<NOT CONVERTIBLE TO TENSOR>")
        start = f"Tensors in list passed to '{argument.name}' of '{self.name}' Op have types [{', '.join(came)}]"
        if argument.dtype is not None:
            return f"{start} that do not match expected type {wanted.name}."
        if argument.type_attr in attrs:
            return f"{start} that do not match type {wanted.name} inferred from earlier arguments."
        return f"{start} that don't all match." if argument.number else f"{start} that are invalid."

    def _settle(self, argument, dtype, attrs, source):
        self._check_allowed(argument.type_attr, dtype, argument.name)
        attrs[argument.type_attr], source[argument.type_attr] = dtype, argument.name

    def _check_allowed(self, attr, dtype, parameter):
        allowed = self.allowed.get(attr)
        if allowed is not None and dtype not in allowed:
            raise TypeError(
                f"Value passed to parameter '{parameter}' has DataType {dtype.name} not in list of allowed values: "
                f"{', '.join(d.name for d in allowed)}"
            )

    def _take_attrs(self, given, attrs):
        for key, default in self.attrs.items():
            if key in given:
                value = given.pop(key)
            else:
                value = given.pop(key + "_", default)
            if value is None and default is not inspect.Parameter.empty:
                value = default
            if value is inspect.Parameter.empty:
                raise TypeError(f"{self.name} needs an argument '{key}'")
            value = self._attr(key, value, default)
            if key not in self.later or value != default:
                attrs[key] = value
        if given:
            raise TypeError(f"{self.name} got unexpected keyword arguments: {', '.join(sorted(given))}")

    def _attr(self, key, value, default):
        """The value as the attr's type wants it: dtypes as DType, shapes as TensorShape, ints as int."""
        if key in self.type_attrs or isinstance(default, dtypes.DType):
            value = dtypes.as_dtype(value).base_dtype
            self._check_allowed(key, value, key)
        elif isinstance(default, TensorShape):
            value = as_shape(value)
        elif isinstance(default, bool):
            if not isinstance(value, bool) and type(value).__name__ not in ("bool_", "bool"):
                raise TypeError(f"Expected bool for argument '{key}' not {value!r}.")
            value = bool(value)
        elif isinstance(default, int):
            try:
                value = int(value)
            except (TypeError, ValueError):
                raise TypeError(f"Expected int for argument '{key}' not {value!r}.") from None
        elif isinstance(default, float):
            try:
                value = float(value)
            except (TypeError, ValueError):
                raise TypeError(f"Expected float for argument '{key}' not {value!r}.") from None
        elif isinstance(value, bytes) and key in self.attrs:
            value = value.decode()
        elif isinstance(default, str):
            if not isinstance(value, str):
                raise TypeError(f"Expected string for argument '{key}' not {value!r}.")
        return value

    def completed(self, attrs):
        """The attrs of a node of which some are given, each as its type wants it, the others as they are by default."""
        attrs = {key: self._attr(key, value, self.attrs.get(key)) for key, value in attrs.items()}
        defaults = self.attrs | {a.type_attr: a.preferred for a in self.inputs if a.preferred is not None}
        for key, default in defaults.items():
            if key not in attrs and key not in self.later and default is not inspect.Parameter.empty:
                attrs[key] = default
        wanted = [a for x in (*self.inputs, *self.outputs) for a in (x.type_attr, x.type_list, x.number) if a]
        for key in (*self.attrs, *wanted):
            if key not in attrs and key not in self.later:
                raise ValueError(f"NodeDef missing attr '{key}' from Op<name={self.name}>")
        return attrs

    def input_dtypes(self, attrs):
        """The dtypes of a node's inputs, which its attrs tell."""
        return self._dtypes(self.inputs, attrs)

    def output_dtypes(self, attrs):
        return self._dtypes(self.outputs, attrs)

    def _dtypes(self, arguments, attrs):
        found = []
        for argument in arguments:
            if argument.type_list is not None:
                found += [dtypes.as_dtype(d) for d in attrs[argument.type_list]]
                continue
            attr = argument.type_attr
            dtype = argument.dtype or attrs.get(attr) or argument.preferred or self.attrs[attr]
            if argument.ref:
                dtype = dtype._as_ref
            found += [dtype] * (attrs[argument.number] if argument.number is not None else 1)
        return found

    def _packed(self, node):
        if not self.outputs:
            return node
        if self._result is None:
            return node.outputs if self.outputs[0].is_list else node.outputs[0]
        parts, start = [], 0
        for argument in self.outputs:
            if argument.is_list:
                count = (
                    node.attrs[argument.number] if argument.number is not None else len(node.attrs[argument.type_list])
                )
                parts.append(node.outputs[start : start + count])
                start += count
            else:
                parts.append(node.outputs[start])
                start += 1
        return self._result(*parts)

    def set_shapes(self, node):
        """Static shapes of a new node's outputs, by the card's rule; a rule's ValueError is the user's."""
        if self.out is None:
            return
        shapes = self.out(node)
        if isinstance(shapes, TensorShape):
            node.outputs[0]._static = shapes
        elif shapes is not None:
            for tensor, shape in zip(node.outputs, shapes):
                tensor._static = shape

    # -- running --

    def bound(self, node, padded=False):
        """The lowering with the node's attrs filled in: arrays to arrays. List inputs are taken as one list."""
        return self._bind(self.padded_lower if padded else self.lower, node)

    def bound_checks(self, node):
        """`checks` in the same way: it gets what the lowering gets."""
        return self._bind(self.checks, node)

    def _bind(self, function, node):
        attrs = {key: node.attrs[key] if key in node.attrs else self.attrs[key] for key in self._lowering_attrs}
        if self.knows is not None:
            attrs["known"] = self.knows(node)
        if not any(a.is_list for a in self.inputs):
            return lambda *values: function(*values, **attrs)
        counts = self.input_counts(node)

        def lower(*values):
            extra = len(values) - sum(1 if c is None else c for c in counts)  # a private cell comes first
            grouped, start = list(values[:extra]), extra
            for count in counts:
                grouped.append(values[start] if count is None else list(values[start : start + count]))
                start += 1 if count is None else count
            return function(*grouped, **attrs)

        return lower

    def input_counts(self, node):
        """How many tensors each input takes: None for one that is not a list."""
        return [
            node.attrs[a.number]
            if a.number is not None
            else len(node.attrs[a.type_list])
            if a.type_list is not None
            else None
            for a in self.inputs
        ]

    def input_positions(self, node, names):
        """The positions in `node.inputs` of the inputs called `names`."""
        positions, start = {}, 0
        for argument, count in zip(self.inputs, self.input_counts(node)):
            positions[argument.name] = range(start, start + (1 if count is None else count))
            start = positions[argument.name].stop
        return [p for name in names for p in positions[name]]

    def fixed_positions(self, node):
        """The positions in `node.inputs` of the inputs whose values decide the program."""
        if callable(self.fixed):
            return self.fixed(node)
        return self.input_positions(node, self.fixed) if self.fixed else ()

    def __repr__(self):
        return f"<op card {self.name}>"


class Empty:
    """Stands for the value of a cell that holds nothing yet: `shape` is what is known of its shape to be."""

    def __init__(self, shape):
        self.shape = shape


class Check:
    """A condition on a node's inputs that a run verifies: `ok` a boolean array, and how to say that it does not hold.

    `error` is an OpError class; `message(*values)` makes the sentence from the values of `values` at the time.
    """

    def __init__(self, ok, error, message, values=()):
        self.ok, self.error, self.message, self.values = ok, error, message, tuple(values)


class Raw:
    """The registry of op types: `raw.MatMul` is its card."""

    def __init__(self):
        self._cards = {}

    def __getattr__(self, name):
        try:
            return self._cards[name]
        except KeyError:
            raise AttributeError(f"there is no op type {name!r}") from None

    def __contains__(self, name):
        return name in self._cards

    def __iter__(self):
        return iter(self._cards.values())

    def get(self, name):
        return self._cards.get(name)


class Namespace(types.ModuleType):
    """A level of the registry of public names, as a module: `tf.nn` holds `relu`. Names are added with `api`."""

    def __init__(self, path=""):
        super().__init__(f"tensorflow.{path}" if path else "tensorflow")
        self.__path__ = []  # a package to the import system: `import tensorflow.nn` finds the namespace

    def __getattr__(self, name):
        raise AttributeError(
            f"{self.__name__.replace('tensorflow', 'tf', 1)} has no {name!r}: funcfit.tf1 does not provide it"
        )

    def __repr__(self):
        return f"<namespace {self.__name__.replace('tensorflow', 'tf', 1)}>"


raw = Raw()
tf = Namespace()
Graph.card_named = staticmethod(raw.get)


def op(signature, **declarations):
    """Makes a function the lowering of an op type and gives its card. The module's docstring tells the signature's
    form.
    """

    def register(lower):
        card = OpDef(lower, signature, **declarations)
        if card.name in raw:
            raise ValueError(f"there are two cards for op type {card.name}")
        raw._cards[card.name] = card
        return card

    return register


def also(card, *names):
    """Other releases' op types with the same meaning (AddV2 for Add): they load and run as `card` does."""
    for name in names:
        raw._cards[name] = card


def api(*names):
    """Gives a function, class, card or value its public names: `@api("nn.relu")`.

    The first of them is its `__name__` too, when it is a card or comes from a factory or is called `abs_` and the like.
    """

    def register(value):
        for name in names:
            place(name, value)
        made = inspect.isfunction(value) and ("<locals>" in value.__qualname__ or value.__name__.endswith("_"))
        if made or isinstance(value, OpDef) and value.__name__ == value.name:
            value.__name__ = names[0].rpartition(".")[2]
        return value

    return register


def place(name, value):
    """Puts `value` at the public name `name`, making the namespaces on the way."""
    space = tf
    *path, last = name.split(".")
    for depth, part in enumerate(path):
        if part not in space.__dict__:
            space.__dict__[part] = Namespace(".".join(path[: depth + 1]))
        space = space.__dict__[part]
    if last in space.__dict__:
        raise ValueError(f"the public name tf.{name} is given twice")
    space.__dict__[last] = value


place("raw_ops", raw)

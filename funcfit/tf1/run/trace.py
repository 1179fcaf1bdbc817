"""A stage as a pure function of arrays.

    function(cells written, cells read, large constants, taken, fed) -> new values of cells, given values, checks

While it is traced, the values of nodes live in a `Scope`: numpy arrays for what is known (constants, shapes, shape
arithmetic), JAX tracers for the rest. The same code runs a host stage, where everything is a numpy array.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from funcfit.errors import FailedPreconditionError, InvalidArgumentError, OpError
from funcfit.kernels.module import numpy_or_jax
from funcfit.tf1 import shapes
from funcfit.tf1.graph.borders import is_enter, is_merge, possible
from funcfit.tf1.graph.handles import is_popped
from funcfit.tf1.graph.node import Operation, Tensor
from funcfit.tf1.opdef import Empty
from funcfit.tf1.run.cells import View, is_idle


class Undecided(Exception):
    """The program cannot be compiled before the value of `tensor` is known; the session plans again with that value
    static.
    """

    def __init__(self, tensor):
        super().__init__(tensor.name)
        self.tensor = tensor


class Scope:
    """Values by key, with an outer scope behind; `checks` are those of the nodes that ran in this scope, `counters`
    what is known of numbers that count turns: id of a value -> (the value, its first, its last, its step), `choices`
    what nodes like comparisons have made of known numbers: (node, its inputs).
    """

    def __init__(self, made, outer=None):
        self.made, self.outer, self.values, self.checks = made, outer, {}, []
        self.counters, self.choices = ({}, []) if outer is None else (outer.counters, outer.choices)
        self.by_turn = None  # on the host: runs a loop turn by turn
        self.numpy = outer is not None and outer.numpy  # nothing is traced: all values are NumPy arrays

    def get(self, key):
        scope = self
        while scope is not None:
            if key in scope.values:
                return scope.values[key]
            scope = scope.outer
        return None

    def __contains__(self, key):
        return key in self.values or self.outer is not None and key in self.outer


RUNNERS = {}  # kind of step -> the function that runs one; loops come in by run/turns.py


def run_steps(steps, scope):
    for step in steps:
        RUNNERS[type(step)](step, scope)


def value_of(tensor, version, scope):
    """The value of one use of `tensor`; a view of its cell as of `version` when it shows one. FailedPreconditionError
    for an empty cell.
    """
    views = []  # on the way down to what is there
    while (value := _value_there(tensor, version, scope)) is _A_VIEW:
        views.append(tensor)
        tensor = tensor.op._inputs[0]
    for view in reversed(views):
        value = scope.values[view, version] = _viewed(view, value, scope)
    return value


_A_VIEW = object()


def _value_there(tensor, version, scope):
    """As `value_of`, but `_A_VIEW` for what is to be worked out from the tensor that it is a view of."""
    cell = scope.made.cells.behind(tensor)
    if cell is not None and is_merge(tensor.op):
        return _merged_value(tensor, version, scope)
    if tensor in scope and (cell is None or not is_enter(tensor.op)):  # a window shows more than what entered
        return scope.get(tensor)
    if cell is None:
        if tensor.op.type == "Const":
            return tensor.op.attrs["value"]
        raise Undecided(tensor)  # a tensor of a branch that did not run
    if (tensor, version) in scope:
        return scope.get((tensor, version))
    card = tensor.op.card
    if card.cell or not card.alias or is_enter(tensor.op):
        return cell_value(cell, version, scope)
    return _A_VIEW


def _viewed(tensor, value, scope):
    """What `tensor` shows of `value`, which it is a view of."""
    uses = scope.made.uses.get(tensor.op, {})
    rest = [value_of(x, uses.get(i), scope) for i, x in enumerate(tensor.op._inputs) if i]
    lowered = tensor.op.card.bound(tensor.op)(value, *rest)
    return lowered[tensor.value_index] if len(tensor.op.outputs) > 1 else lowered


def _merged_value(tensor, version, scope):
    """What a Merge of aliases shows: the value it took, or, where an alias was taken, its cell as of `version`."""
    merge = tensor.op
    if (tensor, version) not in scope:
        taken, index = scope.get(tensor), scope.get(merge.outputs[1])
        for i in scope.made.cells.seen_through(merge):
            if scope.made.uses[merge].get(i) is not version:
                view = value_of(merge._inputs[i], version, scope)
                known = is_known(index)
                taken = (view if index == i else taken) if known else jnp.where(index == i, view, taken)
        scope.values[tensor, version] = taken
    return scope.get((tensor, version))


def cell_value(cell, version, scope):
    """A cell as the write `version` left it; as it was before, when that write is in a branch that did not run."""
    while (cell, version) not in scope:
        if version is None:
            raise empty(cell)
        version = scope.made.previous[cell, version]
    return scope.get((cell, version))


def empty(cell):
    """The error of a read of a cell that holds nothing."""
    return FailedPreconditionError(None, cell, f"Attempting to use uninitialized value {cell.name}")


# Nodes whose results say little about the numbers that they come from: two sizes apart they may be the same, and yet
# be another in between.
COMPARES = {"Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual", "Maximum", "Minimum"}
ROUNDS = {"Mod", "FloorMod", "TruncateMod", "FloorDiv", "TruncateDiv", "Div", "Floor", "Ceil", "Round", "Rint", "Cast"}


def run_node(node, scope):
    """Lowers one node: its outputs, and the new values of the cells it writes, go into `scope`."""
    card, made = node.card, scope.made
    if is_idle(node, made.cells):
        return
    if is_merge(node):
        _pass_on(node, scope)
        return
    blind = card.input_positions(node, card.blind) if card.blind else ()
    uses = made.uses[node]
    inputs = []
    for i, x in enumerate(node._inputs):
        if i not in uses and x in scope.values:
            inputs.append(scope.values[x])
            continue
        try:
            inputs.append(value_of(x, uses.get(i), scope))
        except FailedPreconditionError:
            if i not in blind:
                raise
            inputs.append(Empty(x.shape))
    for i in card.fixed_positions(node):
        if not is_known(inputs[i]):
            raise Undecided(node._inputs[i])
    if card.checks is not None:
        _check(node, inputs, scope)
    if (node.type in COMPARES or node.type in ROUNDS) and not scope.numpy and all(map(is_known, inputs)):
        scope.choices.append((node, inputs))
    lower = card.bound(node, padded=node in made.padded)
    try:
        if card.keeps is not None:
            lowered, kept = lower(cell_value(node, made.previous[node, node], scope), *inputs)
            scope.values[node, node] = kept
        elif card.makes:
            lowered = _made_or_found(node, lower, inputs, scope)
        else:
            lowered = lower(*inputs)
    except OpError as error:
        if error.op is None:
            error._op = node
        raise
    except (TypeError, ValueError) as error:
        if card.host:
            raise
        # JAX refuses shapes that the graph did not know.
        raise InvalidArgumentError(None, node, shapes.refusal(node, inputs) or str(error)) from error
    if not isinstance(lowered, (tuple, list)):
        lowered = (lowered,)
    written = () if card.keeps is not None else made.cells.written(node)
    for cell, new in zip(written, lowered):
        scope.values[cell, node] = new if scope.numpy else as_arrays(new)
    outputs = node.outputs[1:] if card.makes else [x for x in node.outputs if not (written and x.dtype._is_ref_dtype)]
    for x, value in zip(outputs, lowered[len(written) :]):
        if is_popped(x):
            scope.values[made.cells.behind(x), None] = value
        else:
            scope.values[x] = _as_declared(value, x)


RUNNERS[Operation] = run_node


def _made_or_found(node, lower, inputs, scope):
    if node.card.makes is True:
        return lower(*inputs)
    (cell,) = scope.made.cells.written(node)
    try:
        found = cell_value(cell, scope.made.previous[cell, node], scope)
    except FailedPreconditionError:
        found = Empty(None)
    return lower(found, *inputs)


def _pass_on(merge, scope):
    """A Merge outside every conditional: all its inputs but one are in branches that are never alive."""
    i = next(i for i, x in enumerate(merge._inputs) if possible(scope.made.contexts.outer(x)))
    scope.values[merge.outputs[0]] = value_of(merge._inputs[i], scope.made.uses[merge].get(i), scope)
    scope.values[merge.outputs[1]] = np.int32(i)


def _as_declared(value, tensor):
    """The lowering's result in the dtype that the graph promises (NumPy and JAX widen or narrow in places where TF does
    not).
    """
    if value is None:
        return None
    dtype = tensor.dtype.as_numpy_dtype
    if is_known(value):
        return value if value.dtype == dtype else np.asarray(value, dtype)
    if isinstance(value, jax.Array):
        return value if value.dtype == dtype else value.astype(dtype)
    return np.asarray(value, dtype)


def _check(node, inputs, scope):
    grouped = node.card.bound_checks(node)
    if _hold_in_all_turns(grouped, inputs, scope):
        return
    for check in grouped(*inputs):
        if numpy_or_jax(check.ok) is np and np.all(check.ok):
            continue
        if numpy_or_jax(check.ok, *check.values) is np and scope.outer is None:  # else this may not come to run
            raise check.error(None, node, check.message(*(np.asarray(v) for v in check.values)))
        scope.checks.append((node, check))


def _hold_in_all_turns(checks, inputs, scope):
    """True when what is checked is a number that counts turns, and what is asked of it (a range) holds for its first
    and its last value.
    """
    known = {i: scope.counters[id(x)] for i, x in enumerate(inputs) if id(x) in scope.counters}
    if not known:
        return False
    for end in (1, 2):
        ends = [known[i][end] if i in known else x for i, x in enumerate(inputs)]
        if not all(isinstance(c.ok, (bool, np.ndarray, np.generic)) and np.all(c.ok) for c in checks(*ends)):
            return False
    return True


def as_arrays(value):
    """A value that can leave a function that JAX traces: an array, or a list of the run as it is."""
    return value if hasattr(value, "tree_flatten") else jnp.asarray(value)


def is_known(value):
    return isinstance(value, (np.ndarray, np.generic))


class Noted(NamedTuple):
    """What is known of a stage once it is traced: the (node, check) pairs of what it checks, and its `choices`."""

    checks: list[Any]
    choices: list[Any]


def stage_function(made, stage, absent, static):
    """The stage as a function to be jitted; `absent` are the cells that hold nothing, `static` maps keys to their known
    values.

    It takes the values of the cells it writes, of those it reads and of large constants, then what it takes and what is
    fed, and gives a tuple: the new values of the cells, what the stage gives, and (which checks held, the values they
    saw), if there are any checks. Beside it comes the dict that it fills, while traced, with what is `Noted`, by the
    shapes of the arguments.
    """
    found = {}
    cells = [(cell, None) for cell in (*stage.writes, *stage.reads) if cell not in absent]
    others = [node.outputs[0] for node in stage.constants]
    others += [key for key in stage.takes if key not in static] + stage.feeds
    steps = [step for step in stage.steps if step not in stage.constants]
    last = {cell: node for node in stage.nodes for cell in made.writes(node)}

    def function(*arguments):
        scope = Scope(made)
        scope.values.update(static)
        scope.values.update(zip(cells, arguments))
        _current_versions(made, stage, scope)
        scope.values.update(zip(others, arguments[len(cells) :]))
        with np.errstate(all="ignore"):  # TF divides constants by zero in silence
            run_steps(steps, scope)
        found[shapes_of(arguments)] = Noted(scope.checks, scope.choices)
        new = [jnp.asarray(cell_value(cell, last[cell], scope)) for cell in stage.writes]
        given = [as_arrays(given_value(key, made, scope)) for key in stage.gives]
        if not scope.checks:
            return (*new, *given)
        held = jnp.stack([jnp.all(c.ok) for _, c in scope.checks])
        return *new, *given, (held, [list(c.values) for _, c in scope.checks])

    return function, found


def shapes_of(arguments):
    return tuple([getattr(x, "shape", None) for x in arguments])  # a list of the run has none


def cells_written_by_rows(made, stage):
    """The cells of which the stage writes some rows only (scatters, sparse updates), in place."""
    return {cell for node in stage.nodes if node.card.writes_rows for cell in made.writes(node)}


def _current_versions(made, stage, scope):
    """A cell that an earlier stage wrote comes from the state as that stage left it."""
    mine = set(stage.nodes)
    for cell in (*stage.writes, *stage.reads):
        if (cell, None) in scope.values:
            first = next((n for n in made.writers.get(cell, ()) if n in mine), None)
            if first is not None and made.previous[cell, first] is not None and made.previous[cell, first] not in mine:
                scope.values[cell, made.previous[cell, first]] = scope.values.pop((cell, None))


def given_value(key, made, scope):
    if isinstance(key, (View, Tensor)):
        tensor, write = key if isinstance(key, View) else (key, None)
        try:
            return value_of(tensor, write, scope)
        except Undecided:
            if not made.contexts.outer(tensor):
                raise
            # Dead: only what is dead as well uses it, and a session that fetches it looks at the plan's guards.
            return np.zeros((), tensor.dtype.as_numpy_dtype)
    return cell_value(*key, scope)

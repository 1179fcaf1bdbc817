"""Conditionals: `cond`, `case`, `Assert` and the context that builds a branch, in the node order of TensorFlow 1.1.0.

While a branch's function runs, its `CondContext` sees every node it makes: inputs from outside come in through a
Switch, and nodes without inputs wait for the branch's pivot, so that they are dead when the branch is.
"""

from funcfit.tf1.build import nest
from funcfit.tf1.build.contexts import (
    ControlFlowContext,
    flows,
    merge,
    switch,
    switch_ref_or_tensor,
    with_flows,
)
from funcfit.tf1.build.slices import on_parts
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.borders import is_exit
from funcfit.tf1.graph.convert import convert_n_to_tensor, convert_to_tensor
from funcfit.tf1.graph.graph import control_dependencies, get_default_graph, name_scope
from funcfit.tf1.graph.keys import GraphKeys, add_to_collection
from funcfit.tf1.graph.node import IndexedSlices, Operation, SparseTensor, Tensor
from funcfit.tf1.opdef import api, raw, tf


class CondContext(ControlFlowContext):
    """One branch of a cond: predicate, pivot (the tensor that is alive when the branch is), and side (1 for true)."""

    def __init__(self, pred, pivot, branch):
        super().__init__()
        self._pred, self._pivot, self._branch = pred, pivot, branch
        self._values.update((pred, pivot))
        self._name = get_default_graph().unique_name("cond_text")

    name = property(lambda self: self._name)
    pred = property(lambda self: self._pred)
    pivot = property(lambda self: self._pivot)
    branch = property(lambda self: self._branch)

    @property
    def grad_state(self):
        loop = self.GetWhileContext()
        return None if loop is None else loop.grad_state

    def GetControlPivot(self):
        return self._pivot

    def AddValue(self, value):
        """What stands for `value` in this branch: itself when it was made here, else its Switch."""
        if value in self._values:
            return self._external_values.get(value, value)
        with control_dependencies(None):
            inner = self._switched(value)
        inner.graph.prevent_fetching(inner.op)
        inner.op._set_control_flow_context(self)
        self._values.add(inner)
        return inner

    def _switched(self, value):
        self._values.add(value)
        inner = value
        if self._outer_context is not None:
            inner = self._outer_context.AddValue(value)
            self._values.add(inner)
        inner = switch_ref_or_tensor(inner, self._pred)[self._branch]
        self._external_values[value] = inner
        return inner

    def AddOpHere(self, node):
        self.AddInputs(node)
        self.RemoveExternalControlEdges(node)
        if not node._inputs:
            node._add_control_input(self._pivot.op)
        self._values.update(node.outputs)
        if self._outer_context is not None or not is_exit(node):
            node.graph.prevent_fetching(node)

    def output(self, value, name=None):
        """A branch's result as a tensor of this branch (for `lambda: x` with an x from outside, its Switch)."""
        return self._external_values.get(value, value) if value in self._values else self._switched(value)

    def build(self, function):
        """Calls a branch's function: what it returned, and its flat list of results as tensors of this branch."""
        returned = function()
        return returned, [] if returned is None else [self._result(x) for x in flows(nest.flatten(returned))]

    def _result(self, value):
        if isinstance(value, Operation):
            return tf.contrib.framework.with_dependencies([value], self._pivot)
        if not isinstance(value, (IndexedSlices, SparseTensor)):
            value = convert_to_tensor(value)
        return on_parts(self.output, value)


@api("cond")
def cond(pred, true_fn=None, false_fn=None, strict=False, name=None, fn1=None, fn2=None):
    """`true_fn()` if the boolean scalar `pred` holds in a run, else `false_fn()`; only what these functions make is
    conditional.

    Both return the same structure of tensors (or operations) of the same dtypes; a list of one is given as its element
    unless `strict`. TypeError for a Python bool as `pred` or for what cannot be called; ValueError when the branches do
    not match.
    """
    true_fn, false_fn = fn1 if true_fn is None else true_fn, fn2 if false_fn is None else false_fn
    if not callable(true_fn):
        raise TypeError("true_fn must be callable.")
    if not callable(false_fn):
        raise TypeError("false_fn must be callable.")
    with name_scope(name, "cond", [pred]):
        if isinstance(pred, bool):
            raise TypeError("pred must not be a Python bool")
        off, on = switch(pred, pred)
        pivot_on, pivot_off = tf.identity(on, name="switch_t"), tf.identity(off, name="switch_f")
        pred = tf.identity(pred, name="pred_id")
        for x in (on, off, pivot_on, pivot_off, pred):
            x.graph.prevent_fetching(x.op)
        built = []
        for side, pivot, function in ((1, pivot_on, true_fn), (0, pivot_off, false_fn)):
            context = CondContext(pred, pivot, side)
            context.Enter()
            try:
                returned, results = context.build(function)
                context.ExitResult(results)
            finally:
                context.Exit()
            built.append((context, returned, results))
        (context_on, model, when_true), (context_off, other, when_false) = built
        _check_match(when_true, when_false, model, other)
        merged = with_flows(nest.flatten(model), [merge([f, t])[0] for f, t in zip(when_false, when_true)])
        add_to_collection(GraphKeys.COND_CONTEXT, context_on)
        add_to_collection(GraphKeys.COND_CONTEXT, context_off)
        result = nest.pack_sequence_as(model, merged)
        return result[0] if not strict and isinstance(result, (list, tuple)) and len(result) == 1 else result


def _check_match(when_true, when_false, model, other):
    if len(when_true) != len(when_false):
        raise ValueError(
            f"true_fn and false_fn must return the same number of results: {len(when_true)} and {len(when_false)}."
        )
    if not when_true:
        raise ValueError("true_fn and false_fn must return at least one result.")
    for x, y in zip(when_true, when_false):
        a, b = (v if isinstance(v, Tensor) else v.values for v in (x, y))
        if type(x) is not type(y):
            raise TypeError(
                f"true_fn and false_fn must return the same kinds of results: {type(x).__name__} and {type(y).__name__}"
            )
        if a.dtype.base_dtype is not b.dtype.base_dtype:
            raise ValueError(f"Outputs of true_fn and false_fn must have the same type: {a.dtype.name}, {b.dtype.name}")
    if len(when_true) > 1:
        nest.assert_same_structure(model, other)


@api("case")
def case(pred_fn_pairs, default=None, exclusive=False, strict=False, name="case"):
    """The result of the first function whose predicate holds, else of `default`.

    `pred_fn_pairs` is a list of (boolean scalar, function) pairs, or a dict of them. With `exclusive`, more than one
    predicate that holds is an InvalidArgumentError of the run. TypeError for what is not a pair, a boolean tensor or a
    function.
    """
    if not isinstance(pred_fn_pairs, (list, tuple, dict)):
        raise TypeError("fns must be a list, tuple, or dict")
    pairs = list(pred_fn_pairs.items()) if isinstance(pred_fn_pairs, dict) else list(pred_fn_pairs)
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError("Each entry in pred_fn_pairs must be a 2-tuple")
        pred, function = pair
        if pred.dtype.base_dtype is not dtypes.bool_:
            raise TypeError(f"pred must be of type bool: {pred.name}")
        if not callable(function):
            raise TypeError(f"fn for pred {pred.name} must be callable.")
    if default is None:
        default = _none_holds([p for p, _ in pairs])
    if not callable(default):
        raise TypeError("default must be callable.")
    preds = [pred for pred, _ in pairs]
    with name_scope(name, "case", preds):
        if not preds:
            return default()
        chosen = _case_predicates(preds)
        empty = _empty_like(default)
        functions = [function for _, function in pairs] + [default]
        if not exclusive:
            return _chain(chosen, functions, empty, strict)
        together = tf.stack(preds, name="preds_c")
        count = tf.reduce_sum(tf.cast(together, dtypes.int32), name="num_true_conds")
        one_at_most = tf.less(count, tf.constant(2, name="two_true_conds"))
        names = ", ".join(pred.name for pred in preds)
        message = [
            f"More than one condition evaluated as True but exclusive=True.  Conditions: ({names}), Values:",
            together,
        ]
        with control_dependencies([Assert(one_at_most, message, summarize=len(preds))]):
            return _chain(chosen, functions, empty, strict)


def _case_predicates(preds):
    """For each function, and for the default, the predicate that it is the first to hold."""
    negations = []
    for i, pred in enumerate(preds):
        with name_scope(f"not_{i}"):
            negations.append(tf.logical_not(pred))
    none_before = [tf.constant(True, name="always_true")]
    for i, negation in enumerate(negations):
        with name_scope(f"and_not_{i}"):
            none_before.append(tf.logical_and(none_before[-1], negation))
    chosen = []
    for i, (pred, before) in enumerate(zip(preds, none_before)):
        with name_scope(f"case_{i}"):
            chosen.append(tf.logical_and(pred, before))
    with name_scope("case_none_are_true"):
        chosen.append(none_before[-1])
    return chosen


def _empty_like(default):
    """A function that makes values of the default's structure, for the branch that cannot be reached."""
    with name_scope("case_create_empty"):
        model = default()

        def one(value):
            if isinstance(value, Operation):
                return raw.NoOp()
            return tf.constant("" if value.dtype is dtypes.string else value.dtype.base_dtype.as_numpy_dtype())

        if isinstance(model, (list, tuple)):
            return lambda: type(model)(one(v) for v in model)
        return lambda: one(model)


def _chain(chosen, functions, empty, strict):
    result = None
    for i, (pred, function) in enumerate(reversed(list(zip(chosen, functions)))):
        otherwise = empty if i == 0 else (lambda previous=result: previous)
        result = cond(pred, function, otherwise, strict=strict, name=f"If_{i}")
    return result


def _none_holds(preds):
    def default():
        names = ", ".join(pred.name for pred in preds)
        raise ValueError(f"tf.case needs a default: none of its predicates ({names}) may hold")

    return default


@api("Assert", "assert_", "debugging.Assert")
def Assert(condition, data, summarize=None, name=None):
    """A node that raises InvalidArgumentError, showing `data` (`summarize` entries of each), when `condition` does not
    hold in a run.

    It is checked when it runs: put it into `control_dependencies`.
    """
    with name_scope(name, "Assert", [condition, *data]):
        values = convert_n_to_tensor(data)
        if all(x.dtype.base_dtype in (dtypes.string, dtypes.int32) for x in values):
            return raw.Assert(condition, data, summarize=summarize, name="Assert")
        condition = convert_to_tensor(condition, name="Condition")
        guarded = cond(
            condition,
            tf.no_op,
            lambda: raw.Assert(condition, data, summarize=summarize, name="Assert"),
            name="AssertGuard",
        )
        return guarded.op

"""Conditionals: `cond`, `case`, `Assert` and the contexts that build them, in the node order of TensorFlow 1.1.0.

While a branch's function runs, its `CondContext` sees every node it makes: inputs from outside come in through a
Switch, and nodes without inputs wait for the branch's pivot, so that they are dead when the branch is.
"""

import jax

from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_n_to_tensor, convert_to_tensor, convert_to_tensor_or_indexed_slices
from funcfit.tf1.graph.graph import colocate_with, control_dependencies, get_default_graph, name_scope
from funcfit.tf1.graph.keys import GraphKeys, add_to_collection
from funcfit.tf1.graph.node import IndexedSlices, Operation, SparseTensor, Tensor
from funcfit.tf1.opdef import api, raw, tf


class ControlFlowContext:
    """What a branch (or a loop) knows of the values inside it. Changes as nodes are made inside."""

    def __init__(self):
        self._outer_context = get_default_graph()._get_control_flow_context()
        self._values = set()  # tensors that belong here
        self._external_values = {}  # tensor outside -> what stands for it here

    outer_context = property(lambda self: self._outer_context)

    def Enter(self):
        graph = get_default_graph()
        self._entered_from = graph._get_control_flow_context()
        graph._set_control_flow_context(self)

    def Exit(self):
        get_default_graph()._set_control_flow_context(self._entered_from)

    def ExitResult(self, result):
        """Tells the outer context of the tensors that leave."""
        if self._outer_context is not None:
            for x in result:
                self._outer_context._values.add(x if isinstance(x, Tensor) else x.values)


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

    def GetControlPivot(self):
        return self._pivot

    def AddValue(self, value):
        """What stands for `value` in this branch: itself when it was made here, else its Switch."""
        if value in self._values:
            return self._external_values.get(value, value)
        self._values.add(value)
        inner = value
        if self._outer_context is not None:
            inner = self._outer_context.AddValue(value)
            self._values.add(inner)
        with control_dependencies(None):
            inner = switch_ref_or_tensor(inner, self._pred)[self._branch]
        inner.graph.prevent_fetching(inner.op)
        inner.op._set_control_flow_context(self)
        self._values.add(inner)
        self._external_values[value] = inner
        return inner

    def AddOp(self, node):
        if not node._inputs:
            node._add_control_input(self._pivot.op)
        for i, x in enumerate(node._inputs):
            inner = self.AddValue(x)
            if inner is not x:
                node._update_input(i, inner)
        self._values.update(node.outputs)
        node.graph.prevent_fetching(node)

    def output(self, value):
        """A branch's result as a tensor of this branch (for `lambda: x` with an x from outside, its Switch)."""
        if value in self._values:
            return self._external_values.get(value, value)
        self._values.add(value)
        inner = value
        if self._outer_context is not None:
            inner = self._outer_context.AddValue(value)
            self._values.add(inner)
        inner = switch_ref_or_tensor(inner, self._pred)[self._branch]
        self._external_values[value] = inner
        return inner

    def build(self, function):
        """Calls a branch's function: what it returned, and its flat list of results as tensors of this branch."""
        returned = function()
        if returned is None:
            return None, []
        flat, structure = jax.tree.flatten(returned, is_leaf=lambda x: isinstance(x, (IndexedSlices, SparseTensor)))
        return structure, [self._result(each) for each in flat]

    def _result(self, value):
        if isinstance(value, Operation):
            return tf.contrib.framework.with_dependencies([value], self._pivot)
        if isinstance(value, IndexedSlices):
            dense = None if value.dense_shape is None else self.output(value.dense_shape)
            return IndexedSlices(self.output(value.values), self.output(value.indices), dense)
        if isinstance(value, SparseTensor):
            return SparseTensor(self.output(value.indices), self.output(value.values), self.output(value.dense_shape))
        return self.output(convert_to_tensor(value))


def switch_ref_or_tensor(data, pred, name="Switch"):
    """(output_false, output_true) of a Switch of a tensor, a cell, or IndexedSlices, placed with its data."""
    data = convert_to_tensor_or_indexed_slices(data, name="data")
    with colocate_with(data, ignore_existing=True):
        if isinstance(data, Tensor):
            return (raw.RefSwitch if data.dtype._is_ref_dtype else raw.Switch)(data, pred, name=name)
        return switch(data, pred, name=name)


def switch(data, pred, dtype=None, name=None):
    with name_scope(name, "Switch", [data, pred]) as scope:
        data = convert_to_tensor_or_indexed_slices(data, dtype=dtype, name="data", as_ref=True)
        pred = convert_to_tensor(pred, name="pred")
        if isinstance(data, Tensor):
            return raw.Switch(data, pred, name=scope)
        values, indices = raw.Switch(data.values, pred, name=scope), raw.Switch(data.indices, pred, name="indices")
        dense = (None, None) if data.dense_shape is None else raw.Switch(data.dense_shape, pred, name="dense_shape")
        if isinstance(data, SparseTensor):
            return tuple(SparseTensor(indices[i], values[i], dense[i]) for i in (0, 1))
        return tuple(IndexedSlices(values[i], indices[i], dense[i]) for i in (0, 1))


def merge(inputs, name=None):
    """(the input that is alive, its index); IndexedSlices when any input is such."""
    if any(x is None for x in inputs):
        raise ValueError(f"At least one of the merge inputs is None: {inputs}")
    with name_scope(name, "Merge", inputs) as scope:
        inputs = [convert_to_tensor_or_indexed_slices(x, as_ref=True) for x in inputs]
        if all(isinstance(x, Tensor) for x in inputs):
            card = raw.RefMerge if all(x.dtype._is_ref_dtype for x in inputs) else raw.Merge
            return card(inputs, name=scope)
        sparse = all(isinstance(x, SparseTensor) for x in inputs)
        if not sparse:
            inputs = [
                x if isinstance(x, IndexedSlices) else IndexedSlices(x, tf.range(0, tf.shape(x)[0]), tf.shape(x))
                for x in inputs
            ]
        values, _ = merge([x.values for x in inputs], name=scope)
        indices, chosen = raw.Merge([x.indices for x in inputs], name="indices")
        shapes = [x.dense_shape for x in inputs]
        if all(s is None for s in shapes):
            return IndexedSlices(values, indices), chosen
        if any(s is None for s in shapes):
            raise ValueError(
                "Either all merged IndexedSlices must have a dense_shape, or none must have a dense_shape."
            )
        dense, _ = raw.Merge(shapes, name="dense_shape")
        return (SparseTensor if sparse else IndexedSlices)(
            *((indices, values, dense) if sparse else (values, indices, dense))
        ), chosen


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
                structure, results = context.build(function)
                context.ExitResult(results)
            finally:
                context.Exit()
            built.append((context, structure, results))
        (context_on, structure, when_true), (context_off, other, when_false) = built
        _check_match(when_true, when_false, structure, other)
        merged = [merge([f, t])[0] for f, t in zip(when_false, when_true)]
        add_to_collection(GraphKeys.COND_CONTEXT, context_on)
        add_to_collection(GraphKeys.COND_CONTEXT, context_off)
        result = jax.tree.unflatten(structure, merged)
        return result[0] if not strict and isinstance(result, (list, tuple)) and len(result) == 1 else result


def _check_match(when_true, when_false, structure, other):
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
    if structure != other and structure.num_leaves > 1:
        raise TypeError(f"true_fn and false_fn must return the same structure: {structure} and {other}")


@raw.Switch.gradient
def _switch_gradient(node, *grads):
    context = node._get_control_flow_context()
    if isinstance(context, CondContext):
        return [merge([grads[context.branch], grads[1 - context.branch]], name="cond_grad")[0], None]
    false_grad = switch(grads[0], node.inputs[1])[0]
    true_grad = switch(grads[1], node.inputs[1])[1]
    return [merge([false_grad, true_grad])[0], None]


raw.RefSwitch.gradient(_switch_gradient)


@raw.Merge.gradient
def _merge_gradient(node, grad, _):
    source = node.inputs[0].op
    context = source._get_control_flow_context()
    if isinstance(context, CondContext):
        return list(switch_ref_or_tensor(grad, context.pred, name="cond_grad"))
    return [tf.where(tf.equal(node.outputs[1], i), grad, tf.zeros_like(grad)) for i in range(len(node.inputs))]


raw.RefMerge.gradient(_merge_gradient)


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

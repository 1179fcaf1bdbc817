"""Control flow nodes: Switch and Merge, from which a plan reads conditionals back (graph/borders.py), those that make
loops of them (run/loops.py), and Assert.
"""

import numpy as np

from funcfit.errors import InvalidArgumentError
from funcfit.tf1 import shapes
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import Check, op


def _both_sides(node):
    return [node.inputs[0].shape] * 2


@op("data: T, pred: bool -> output_false: T, output_true: T", out=_both_sides, alias=True, folds=True)
def Switch(data, pred):
    """`data` at the output that `pred` chooses; the other output is dead, and so is what depends on it."""
    return data, data


@op("data: &T, pred: bool -> output_false: &T, output_true: &T", out=_both_sides, alias=True)
def RefSwitch(data, pred):
    return data, data


def _merged(node):
    shape = node.inputs[0].shape
    for x in node.inputs[1:]:
        other = x.shape
        if shape.ndims is None or shape.ndims != other.ndims:
            shape = TensorShape(None)
            break
        shape = TensorShape(tuple(a if a == b else None for a, b in zip(shape.dims_or_none, other.dims_or_none)))
    return [shape, shapes.SCALAR]


@op("inputs: N*T -> output: T, value_index: int32", out=_merged)
def Merge(inputs):
    """The input that is alive, and its index."""
    raise NotImplementedError("a Merge whose inputs are in no branch has nothing to choose by")


@op("inputs: N*&T -> output: &T, value_index: int32", out=_merged)
def RefMerge(inputs):
    raise NotImplementedError("a Merge whose inputs are in no branch has nothing to choose by")


def _entered(node):
    """A loop's constants keep their shapes; of its variables only who builds the loop knows what stays."""
    return node.inputs[0].shape if node.attrs["is_constant"] else TensorShape(None)


@op("data: T -> output: T", out=_entered, folds=True)
def Enter(data, *, frame_name, is_constant=False, parallel_iterations=10):
    """`data` inside the loop `frame_name`: in each turn when `is_constant`, else in the first."""
    return data


@op("data: &T -> output: &T", out=_entered, alias=True)
def RefEnter(data, *, frame_name, is_constant=False, parallel_iterations=10):
    return data


@op("data: T -> output: T", out=shapes.same)
def Exit(data):
    """A loop variable outside its loop, as the last turn left it."""
    raise AssertionError("the loop gives its exits their values")


@op("data: T -> output: T", out=shapes.same)
def NextIteration(data):
    """A loop variable's value for the next turn."""
    raise AssertionError("the loop hands its variables on")


@op("input: bool -> output: bool", out=lambda node: TensorShape(shapes.with_rank(node, 0, 0)))
def LoopCond(input):
    """Whether the loop goes on. The plan has this node stand for the whole loop."""
    raise AssertionError("the loop runs where its LoopCond stands")


def summarized(array, entries):
    """An array's first `entries` elements as TF's messages print them: numbers as they are, strings escaped as in C."""
    flat = np.asarray(array).ravel()
    shown = [
        _escaped(x)
        if isinstance(x, bytes)
        else "1"
        if x is True or isinstance(x, np.bool_) and x
        else "0"
        if isinstance(x, np.bool_)
        else f"{x:.6g}"
        if isinstance(x, np.floating)
        else str(x)
        for x in flat[:entries]
    ]
    return " ".join(shown) + ("..." if flat.size > entries else "")


_ESCAPES = {
    ord(c): "\\" + shown for c, shown in {"\n": "n", "\r": "r", "\t": "t", '"': '"', "'": "'", "\\": "\\"}.items()
}


def _escaped(text):
    return "".join(_ESCAPES.get(b) or (chr(b) if 32 <= b < 127 else f"\\{b:03o}") for b in text)


def _holds(condition, data, *, summarize):
    def message(*values):
        return "assertion failed: " + " ".join(f"[{summarized(v, summarize)}]" for v in values)

    strings = {i: x for i, x in enumerate(data) if getattr(x, "dtype", None) == np.object_}
    numbers = [x for i, x in enumerate(data) if i not in strings]

    def whole(*values):
        values = iter(values)
        return message(*(strings[i] if i in strings else next(values) for i in range(len(data))))

    return [Check(condition, InvalidArgumentError, whole, numbers)]


@op("condition: bool, data: list(T) ->", checks=_holds, gradient=None)
def Assert(condition, data, *, summarize=3):
    return ()

"""Cards: what a signature promises, how bad calls are refused, and what every card of the registry must hold."""

import inspect

import numpy as np
import pytest

import funcfit.tf1 as tf
from funcfit.tf1.graph.dtypes import DType
from funcfit.tf1.opdef import Argument, raw


@pytest.fixture(autouse=True)
def fresh_graph():
    with tf.Graph().as_default():
        yield


CARDS = sorted({card.name: card for card in raw}.values(), key=lambda card: card.name)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_declarations_name_what_the_card_has(card):
    names = [a.name for a in card.inputs]
    positional = [p for p in inspect.signature(card.lower).parameters.values() if p.kind is not p.KEYWORD_ONLY]
    takes_any = any(p.kind is p.VAR_POSITIONAL for p in positional)
    taken_first = (card.keeps is not None) + isinstance(card.makes, tuple)  # a value that is no input
    assert takes_any or len(positional) == len(names) + taken_first
    assert set(card.writes) <= set(names) and set(card.blind) <= set(names)
    assert callable(card.fixed) or set(card.fixed) <= set(names)
    assert card.rule in (None, "default", "unregistered") or callable(card.rule)
    for argument in (*card.inputs, *card.outputs):
        assert isinstance(argument, Argument)
        assert argument.dtype is None or isinstance(argument.dtype, DType)


BAD = {
    "no input": (lambda: raw.Neg(), TypeError, "needs an argument 'x'"),
    "an unknown argument": (lambda: raw.Neg(1.0, axis=1), TypeError, "unexpected keyword arguments: axis"),
    "too many": (lambda: raw.Neg(1.0, "n", 3), TypeError, "takes at most"),
    "a dtype it does not take": (
        lambda: raw.Sqrt(tf.constant(1)),
        TypeError,
        "Value passed to parameter 'x' has DataType int32 not in list of allowed values",
    ),
    "dtypes that differ": (
        lambda: raw.Add(tf.constant(1.0), tf.constant(1)),
        TypeError,
        "Input 'y' of 'Add' Op has type int32 that does not match type float32 of argument 'x'",
    ),
    "no list": (lambda: raw.AddN(tf.constant(1.0)), TypeError, "Expected list for 'inputs' argument to 'AddN' Op"),
    "a list of many dtypes": (
        lambda: raw.AddN([tf.constant(1.0), tf.constant(1)]),
        TypeError,
        r"have types \[float32, int32\] that don't all match",
    ),
    "no variable": (
        lambda: raw.Assign(tf.constant(1.0), 2.0),
        TypeError,
        "requires that input 'ref' be a mutable tensor",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_call_is_refused_in_tensorflows_words(case):
    call, error, words = BAD[case]
    with pytest.raises(error, match=words):
        call()


def test_python_values_take_the_dtype_of_the_tensors_beside_them():
    assert raw.Mul(tf.constant(1.0, tf.float64), 2).dtype == np.float64
    assert [x.op.name for x in raw.Mul(tf.constant(1.0), 2).op.inputs] == ["Const_1", "Mul_1/y"]


def test_what_is_public_is_called_by_its_public_name():
    functions = (
        tf.add,
        tf.multiply,
        tf.nn.relu,
        tf.tanh,
        tf.abs,
        tf.reduce_sum,
        tf.to_float,
        tf.assert_equal,
        tf.matmul,
    )
    names = "add multiply relu tanh abs reduce_sum to_float assert_equal matmul"
    assert [function.__name__ for function in functions] == names.split()

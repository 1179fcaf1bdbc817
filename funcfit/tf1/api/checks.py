"""Assertions about tensors: on their values when the graph runs, on ranks and dtypes when it is built."""

import operator

import numpy as np

from funcfit.errors import InvalidArgumentError
from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor, is_dense_tensor_like
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.node import SparseTensor, Tensor, TensorLike
from funcfit.tf1.opdef import api, raw, tf

# -- of values ---------------------------------------------------------------------------------------------------------


def _comparison(name, card, sign, where="element-wise"):
    """An assertion that `x SIGN y` holds for all elements."""

    def check(x, y, data=None, summarize=None, message=None, name=None):
        with name_scope(name, default, [x, y, data]):
            x, y = convert_to_tensor(x, name="x"), convert_to_tensor(y, name="y")
            if data is None:
                said = f"Condition x {sign} y did not hold {where}: x = "
                data = [message or "", said, x.name, x, "y = ", y.name, y]
            condition = tf.reduce_all(card(x, y))
            if card is raw.Equal:
                _refuse_known(x, y, data)
            return tf.Assert(condition, data, summarize=summarize)

    default = name
    check.__doc__ = f"""A node that fails a run with InvalidArgumentError unless x {sign} y {where}.

    The error shows `message`, then `data` (by default x and y), `summarize` elements of each.
    """
    return api(name, f"debugging.{name}")(check)


def _refuse_known(x, y, data):
    """InvalidArgumentError at once when both values are known and differ."""
    values = [shapes.constant_value(each) for each in (x, y)]
    if any(v is None for v in values) or np.all(values[0] == values[1]):
        return
    known = [shapes.constant_value(each) if isinstance(each, Tensor) else each for each in data]
    lines = [str(each if value is None else value) for each, value in zip(data, known, strict=True)]
    raise InvalidArgumentError(None, None, "\n".join(lines))


assert_equal = _comparison("assert_equal", raw.Equal, "==")
assert_none_equal = _comparison("assert_none_equal", raw.NotEqual, "!=", "for every single element")
assert_less = _comparison("assert_less", raw.Less, "<")
assert_less_equal = _comparison("assert_less_equal", raw.LessEqual, "<=")
assert_greater = _comparison("assert_greater", raw.Greater, ">")
assert_greater_equal = _comparison("assert_greater_equal", raw.GreaterEqual, ">=")


def _sign(name, sign, holds):
    """An assertion that `x SIGN 0` holds for all elements, made by `holds(x, zero, **options)`."""

    def check(x, data=None, summarize=None, message=None, name=None):
        with name_scope(name, default, [x, data]):
            x = convert_to_tensor(x, name="x")
            if data is None:
                data = [message or "", f"Condition x {sign} 0 did not hold element-wise: x = ", x.name, x]
            zero = convert_to_tensor(0, dtype=x.dtype)
            return holds(x, zero, data=data, summarize=summarize)

    default = name
    check.__doc__ = f"A node that fails a run with InvalidArgumentError unless x {sign} 0 everywhere."
    return api(name, f"debugging.{name}")(check)


assert_negative = _sign("assert_negative", "<", assert_less)
assert_positive = _sign("assert_positive", ">", lambda x, zero, **options: assert_less(zero, x, **options))
assert_non_negative = _sign(
    "assert_non_negative", ">=", lambda x, zero, **options: assert_less_equal(zero, x, **options)
)
assert_non_positive = _sign("assert_non_positive", "<=", assert_less_equal)


@api("assert_near", "debugging.assert_near")
def assert_near(x, y, rtol=None, atol=None, data=None, summarize=None, message=None, name=None):
    """A node that fails a run unless |x - y| < atol + rtol |y| everywhere; both tolerances are 10 eps by default."""
    with name_scope(name, "assert_near", [x, y, rtol, atol, data]):
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y", dtype=x.dtype)
        eps = np.finfo(x.dtype.as_numpy_dtype).eps
        rtol = convert_to_tensor(10 * eps if rtol is None else rtol, name="rtol", dtype=x.dtype)
        atol = convert_to_tensor(10 * eps if atol is None else atol, name="atol", dtype=x.dtype)
        if data is None:
            said = f"x and y not equal to tolerance rtol = {rtol}, atol = {atol}"
            data = [message or "", said, f"x ({x.name}) = ", x, f"y ({y.name}) = ", y]
        tolerance = atol + rtol * tf.abs(y)
        condition = tf.reduce_all(tf.less(tf.abs(x - y), tolerance))
        return tf.Assert(condition, data, summarize=summarize)


# -- of ranks ----------------------------------------------------------------------------------------------------------


class _WrongRank(ValueError):
    pass


def _rank_check(x, ranks, holds, condition, data, summarize):
    """Nothing to do when the ranks are known and fit; `_WrongRank` when they do not; else an assertion for the run."""
    for rank in ranks:
        assert_type(rank, dtypes.int32)
    known = [shapes.constant_value(rank) for rank in ranks]
    if not any(rank is None for rank in known):
        if any(rank.ndim for rank in known):
            raise ValueError("Rank must be a scalar.")
        if x.shape.ndims is not None:
            if not holds(x.shape.ndims, known):
                raise _WrongRank(known)
            return tf.no_op(name="static_checks_determined_all_ok")
    condition = condition(tf.rank(x), ranks)
    for rank, value in zip(ranks, known, strict=True):
        if value is None:
            is_scalar = assert_rank(rank, 0, data=["Rank must be a scalar. Received rank: ", rank])
            condition = tf.contrib.framework.with_dependencies([is_scalar], condition)
    return tf.Assert(condition, data, summarize=summarize)


@api("assert_rank", "debugging.assert_rank")
def assert_rank(x, rank, data=None, summarize=None, message=None, name=None):
    """A node that fails a run unless `x` has rank `rank`; ValueError at once when both are known and differ."""
    return _one_rank(x, rank, data, summarize, message, name, "assert_rank", "", operator.eq, raw.Equal)


@api("assert_rank_at_least", "debugging.assert_rank_at_least")
def assert_rank_at_least(x, rank, data=None, summarize=None, message=None, name=None):
    """A node that fails a run unless `x` has rank `rank` or more; ValueError at once when it is known to have less."""
    return _one_rank(
        x, rank, data, summarize, message, name, "assert_rank_at_least", " at least", operator.ge, raw.GreaterEqual
    )


def _one_rank(x, rank, data, summarize, message, name, default, words, holds, card):
    with name_scope(name, default, (x, rank, *(data or []))):
        x = convert_to_tensor(x, name="x")
        rank = convert_to_tensor(rank, name="rank")
        message = message or ""
        if data is None:
            data = [message, f"Tensor {x.name} must have rank{words}", rank, "Received shape: ", tf.shape(x)]
        try:
            return _rank_check(x, [rank], lambda a, b: holds(a, b[0]), lambda a, b: card(a, b[0]), data, summarize)
        except _WrongRank as wrong:
            wanted = f"Tensor {x.name} must have rank{words} {wrong.args[0][0]}"
            raise ValueError(f"{message}.  {wanted}.  Received rank {x.shape.ndims}, shape {x.shape}") from None


@api("assert_rank_in", "debugging.assert_rank_in")
def assert_rank_in(x, ranks, data=None, summarize=None, message=None, name=None):
    """A node that fails a run unless `x` has one of `ranks`; ValueError at once when it is known to have another."""
    with name_scope(name, "assert_rank_in", (x, *ranks, *(data or []))):
        x = convert_to_tensor(x, name="x")
        ranks = tuple(convert_to_tensor(rank, name="rank") for rank in ranks)
        message = message or ""
        if data is None:
            data = [message, f"Tensor {x.name} must have rank in", *ranks, "Received shape: ", tf.shape(x)]
        try:
            return _rank_check(x, ranks, lambda a, b: a in b, _any_equal, data, summarize)
        except _WrongRank as wrong:
            wanted = f"Tensor {x.name} must have rank in {tuple(wrong.args[0])}"
            raise ValueError(f"{message}.  {wanted}.  Received rank {x.shape.ndims}, shape {x.shape}") from None


def _any_equal(actual, ranks):
    if not ranks:
        return convert_to_tensor(False)
    found = tf.equal(ranks[0], actual)
    for rank in ranks[1:]:
        found = tf.logical_or(found, tf.equal(rank, actual))
    return found


@api("assert_scalar", "debugging.assert_scalar")
def assert_scalar(tensor, name=None, message=None):
    """`tensor` as a tensor; ValueError when it is not known to be a scalar."""
    with name_scope(name, "assert_scalar", [tensor]) as scope:
        tensor = convert_to_tensor(tensor, name=scope)
        if tensor.shape.ndims != 0:
            raise ValueError(f"{message or ''}Expected scalar shape for {tensor.name}, saw shape: {tensor.shape}.")
        return tensor


# -- of dtypes and Python values ---------------------------------------------------------------------------------------


@api("assert_integer", "debugging.assert_integer")
def assert_integer(x, message=None, name=None):
    """A node that does nothing; TypeError when `x` is not of an integer dtype."""
    with name_scope(name, "assert_integer", [x]):
        x = convert_to_tensor(x, name="x")
        if not x.dtype.is_integer:
            raise TypeError(f'{message or ""}  Expected "x" to be integer type.  Found: {x.name} of dtype {x.dtype}')
        return tf.no_op("statically_determined_was_integer")


@api("assert_type", "debugging.assert_type")
def assert_type(tensor, tf_type, message=None, name=None):
    """A node that does nothing; TypeError when `tensor` is not of dtype `tf_type`."""
    with name_scope(name, "assert_type", [tensor]):
        tensor = convert_to_tensor(tensor, name="tensor")
        if tensor.dtype != tf_type:
            raise TypeError(f"{message or ''}  {tensor.name} must be of type {tf_type}")
        return tf.no_op("statically_determined_correct_type")


@api("assert_proper_iterable", "debugging.assert_proper_iterable")
def assert_proper_iterable(values):
    """TypeError unless `values` is iterable, and neither a tensor, an array nor a string."""
    if isinstance(values, (Tensor, SparseTensor, np.ndarray, bytes, str)):
        raise TypeError(f'Expected argument "values" to be a "proper" iterable.  Found: {type(values)}')
    if not hasattr(values, "__iter__"):
        raise TypeError(f'Expected argument "values" to be iterable.  Found: {type(values)}')


@api("assert_same_float_dtype", "debugging.assert_same_float_dtype")
def assert_same_float_dtype(tensors=None, dtype=None):
    """The one float dtype of `tensors` and `dtype`, float32 without any; ValueError unless all agree, on a float."""
    first = None
    for tensor in tensors or ():
        if tensor is None:
            continue
        kind = tensor.dtype.base_dtype
        if dtype is None:
            dtype, first = kind, tensor
        elif dtype != kind:
            beside = "" if first is None else f" as {_called(first)}"
            raise ValueError(f"{_called(tensor)}, type={kind}, must be of the same type ({dtype}){beside}.")
    if dtype is None:
        return dtypes.float32
    if not dtype.is_floating:
        raise ValueError(f"Expected floating point type, got {dtype}.")
    return dtype


def _called(tensor):
    return getattr(tensor, "name", str(tensor))


@api("is_numeric_tensor", "debugging.is_numeric_tensor")
def is_numeric_tensor(tensor):
    """Whether it is a tensor of numbers."""
    return isinstance(tensor, Tensor) and tensor.dtype.base_dtype in _NUMERIC


_NUMERIC = frozenset(
    dtypes.as_dtype(name)
    for name in "float32 float64 int8 int16 int32 int64 uint8 qint8 qint32 quint8 complex64 complex128 float16".split()
)


@api("is_tensor", "contrib.framework.is_tensor")
def is_tensor(x):
    """Whether `x` is a tensor, a SparseTensor, IndexedSlices or a variable."""
    return isinstance(x, TensorLike) or is_dense_tensor_like(x)


# -- of order ----------------------------------------------------------------------------------------------------------


def _steps(x):
    """The differences of neighbours in the flat tensor."""
    x = tf.reshape(x, [-1])
    if not is_numeric_tensor(x):
        raise TypeError(f"Expected x to be numeric, instead found: {x}")
    is_short = tf.less(tf.size(x), 2)
    count = tf.shape(x) - 1
    return tf.cond(
        is_short,
        lambda: convert_to_tensor([], dtype=x.dtype),
        lambda: tf.strided_slice(x, [1], [1] + count) - tf.strided_slice(x, [0], count),  # noqa: RUF005 (a tensor's sum)
    )


@api("is_non_decreasing", "math.is_non_decreasing", "debugging.is_non_decreasing")
def is_non_decreasing(x, name=None):
    """Whether no element is smaller than the one before."""
    with name_scope(name, "is_non_decreasing", [x]):
        steps = _steps(x)
        return tf.reduce_all(tf.less_equal(convert_to_tensor(0, dtype=steps.dtype), steps))


@api("is_strictly_increasing", "math.is_strictly_increasing", "debugging.is_strictly_increasing")
def is_strictly_increasing(x, name=None):
    """Whether each element is larger than the one before."""
    with name_scope(name, "is_strictly_increasing", [x]):
        steps = _steps(x)
        return tf.reduce_all(tf.less(convert_to_tensor(0, dtype=steps.dtype), steps))

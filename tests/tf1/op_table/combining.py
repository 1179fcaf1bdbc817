"""Several tensors in, combined element by element with broadcasting; running sums; counts."""

from .inputs import (
    COMPLEX_PAIRS,
    INTEGER_PAIRS,
    PAIRS,
    POSITIVE_PAIRS,
    SIGNED_PAIRS,
    TRUTH_PAIRS,
    bools,
    each,
    f32,
    f64,
    floats,
    i32,
    i64,
    ramp,
    row,
    u8,
)

_PLAIN = {"ordinary": PAIRS["ordinary"]}
_SAME_SHAPE = {case: PAIRS[case] for case in ("ordinary", "double", "scalar", "odd")}
_GAMMAS = {"ordinary": f32([0.5, 1.5, 3.0], [1.0, 2.0, 0.7]), "double": f64([0.5, 4.0], [1.0, 2.0])}
_SHIFTS = {"int": i32([5, -3, 12], [1, 2, 0]), "byte": u8([5, 255, 12], [3, 1, 0])}

ROWS = [
    *each("add subtract multiply", dict(PAIRS, **INTEGER_PAIRS, **COMPLEX_PAIRS)),
    *each("maximum minimum squared_difference", dict(PAIRS, int=INTEGER_PAIRS["int"])),
    *each("divide truediv realdiv div", dict(PAIRS, **COMPLEX_PAIRS)),
    *each("floordiv", dict(PAIRS, **INTEGER_PAIRS)),
    *each("floormod", dict(PAIRS, **SIGNED_PAIRS)),
    row("divide integers", lambda tf, x, y: (tf.divide(x, y), tf.truediv(x, y)), INTEGER_PAIRS),
    row("div of integers", lambda tf, x, y: tf.div(x, y), INTEGER_PAIRS),
    *each("mod", dict(_PLAIN, **SIGNED_PAIRS)),
    *each("truncatediv truncatemod", SIGNED_PAIRS),
    row("floor_div", lambda tf, x, y: tf.floor_div(x, y), {"ordinary": PAIRS["ordinary"]}),
    *each("div_no_nan math.multiply_no_nan", PAIRS),
    *each("math.xlogy math.xdivy", POSITIVE_PAIRS),
    *each("pow", dict(POSITIVE_PAIRS, **COMPLEX_PAIRS, int=i32([[-2, 3], [0, 1]], [[3, 2], [0, 5]]))),
    row("pow of negatives", lambda tf, x: tf.pow(x, [2.0, 3.0, -1.0, 0.0]), {"ordinary": f32([-1.5, -2.0, -0.5, 0.0])}),
    row("power by a number", lambda tf, x: (x**2, x**0.5, 2.0**x), floats([0.5, 1.0, 2.0])),
    *each("atan2", _SAME_SHAPE),
    *each("math.nextafter", {"ordinary": f32([1.0, -1.0], [2.0, 3.0]), "double": f64([1.0], [0.0])}),
    *each("equal not_equal", dict(PAIRS, **INTEGER_PAIRS, **COMPLEX_PAIRS, bool=TRUTH_PAIRS["ordinary"])),
    *each("less less_equal greater greater_equal", dict(PAIRS, **INTEGER_PAIRS)),
    *each("logical_and logical_or logical_xor", TRUTH_PAIRS),
    *each("bitwise.bitwise_and bitwise.bitwise_or bitwise.bitwise_xor", _SHIFTS),
    *each("bitwise.left_shift bitwise.right_shift", _SHIFTS),
    *[  # 1.1 has no gradient for `a`
        row(name, lambda tf, a, x, name=name: getattr(tf, name)(tf.stop_gradient(a), x), _GAMMAS)
        for name in ("igamma", "igammac")
    ],
    *each("zeta", {"ordinary": f32([1.5, 2.0, 3.0], [1.0, 2.0, 0.7])}),
    *each("polygamma", {"ordinary": f32([1.0, 2.0, 3.0], [1.0, 2.0, 0.7])}),
    *each("betainc", {"ordinary": f32([0.5, 1.5, 3.0], [1.0, 2.0, 0.7], [0.2, 0.5, 0.9])}),
    row("lbeta", lambda tf, x: tf.lbeta(x), {"ordinary": f32([[0.5, 1.5, 3.0], [1.0, 2.0, 3.0]])}),
    # Python's operators.
    row("operators", lambda tf, x, y: (x + y, x - y, x * y, x / y, x // y, x % y, -x, abs(x)), _PLAIN),
    row("operators on integers", lambda tf, x, y: (x + y, x - y, x * y, x / y, x // y, x % y), SIGNED_PAIRS),
    row("operators with numbers", lambda tf, x, y: (x + 1, 1 - x, 2 * y, 1 / y, y > 0, 0.5 <= x), _PLAIN),
    row("operators on truths", lambda tf, x, y: (x & y, x | y, x ^ y, ~x), TRUTH_PAIRS),
    # Choosing.
    row(
        "where",
        lambda tf, c, x, y: tf.where(c, x, y),
        {
            "ordinary": (*bools([True, False, True]), *f32([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])),
            "rows": (*bools([True, False]), *f32(ramp(2, 3), ramp(2, 3, start=5.0, stop=9.0))),
            "int": (*bools([True, False]), *i32([1, 2], [3, 4])),
            "scalar": (*bools(True), *f32(1.0, 2.0)),
            "empty": (*bools([]), *f32([], [])),
        },
    ),
    row(
        "where_v2",
        lambda tf, c, x, y: tf.where_v2(c, x, y),
        {"broadcast": (*bools([[True], [False]]), *f32([1.0, 2.0], 3.0))},
    ),
    # Sums of many.
    row("add_n", lambda tf, x, y: tf.add_n([x, y, x]), dict(_PLAIN, int=i32([1, 2], [3, 4]))),
    row("accumulate_n", lambda tf, x, y: tf.accumulate_n([x, y]), _PLAIN),
    row("math.polyval", lambda tf, x, y: tf.math.polyval([x, y, x], y), _PLAIN),
    # Running sums and products.
    row("cumsum", lambda tf, x: tf.cumsum(x), dict(floats(ramp(3, 4)), int=i32([[1, 2], [3, 4]]))),
    row("cumsum exclusive", lambda tf, x: tf.cumsum(x, axis=1, exclusive=True), floats(ramp(3, 4))),
    row("cumsum reverse", lambda tf, x: tf.cumsum(x, axis=-1, reverse=True), floats(ramp(3, 4))),
    row("cumsum both", lambda tf, x: tf.cumsum(x, 0, exclusive=True, reverse=True), floats(ramp(3, 4))),
    row("cumprod", lambda tf, x: tf.cumprod(x), dict(floats(ramp(3, 4)), int=i32([[1, 2], [3, 4]]))),
    row("cumprod exclusive", lambda tf, x: tf.cumprod(x, axis=1, exclusive=True), {"ordinary": f32(ramp(3, 4))}),
    row("cumprod reverse", lambda tf, x: tf.cumprod(x, axis=1, reverse=True), {"ordinary": f32(ramp(3, 4))}),
    row("math.cumulative_logsumexp", lambda tf, x: tf.math.cumulative_logsumexp(x, 1), {"ordinary": f32(ramp(3, 4))}),
    row("cross", lambda tf, x, y: tf.cross(x, y), floats([[1.0, 2.0, 3.0]], [[4.0, -5.0, 6.0]])),
    # Counts.
    row("bincount", lambda tf, x: tf.bincount(x), {"int": i32([1, 1, 3, 0])}),
    row(
        "bincount weights",
        lambda tf, x, w: tf.bincount(x, tf.stop_gradient(w), minlength=5),  # no gradient in 1.1
        {"int": i32([1, 1, 3]) + f32([0.5, 1.0, 2.0])},
    ),
    row("bincount maxlength", lambda tf, x: tf.bincount(x, maxlength=2), {"int": i32([1, 1, 3, 0])}),
    row("confusion_matrix", lambda tf, x, y: tf.confusion_matrix(x, y), {"int": i32([1, 2, 0, 2], [1, 0, 0, 2])}),
    row(
        "confusion_matrix classes",
        lambda tf, x, y: tf.confusion_matrix(x, y, num_classes=4),
        {"int": i64([1, 2], [1, 0])},
    ),
    row(
        "histogram_fixed_width",
        lambda tf, x: tf.histogram_fixed_width(x, [0.0, 5.0], nbins=5),
        {"ordinary": f32([-1.0, 0.0, 1.5, 2.0, 5.0, 15.0])},
    ),
]

"""One tensor in, one of its shape out."""

from .inputs import (
    COMPLEX,
    INTEGERS,
    POSITIVE,
    REAL,
    REAL_ONLY,
    TRUTHS,
    UNIT,
    bools,
    c64,
    each,
    f16,
    f32,
    f64,
    floats,
    i32,
    i64,
    row,
    u8,
)

ROWS = [
    *each("abs negative sign square", dict(REAL, **INTEGERS)),
    *each("exp sin cos tanh sigmoid", dict(REAL, **COMPLEX)),
    *each("expm1 tan sinh cosh asinh atan erf erfc", REAL),
    *each("round floor ceil rint", REAL),
    *each("log_sigmoid nn.softplus nn.softsign nn.relu nn.relu6 nn.elu nn.selu nn.swish", REAL),
    *each("sqrt rsqrt log log1p reciprocal", dict(POSITIVE, **COMPLEX)),
    *each("lgamma digamma", POSITIVE),
    *each("asin acos atanh", UNIT),
    row("acosh", lambda tf, x: tf.acosh(x), floats([1.0, 1.5, 4.0])),
    *each("math.bessel_i0 math.bessel_i1", {"ordinary": f32([-2.5, -0.3, 0.7, 3.2])}),
    *each("math.bessel_i0e math.bessel_i1e", REAL_ONLY),
    *each("math.reciprocal_no_nan", REAL_ONLY),
    *each("is_nan is_inf is_finite", REAL),
    *each("logical_not", TRUTHS),
    *each("identity stop_gradient", dict(REAL, **INTEGERS, **TRUTHS)),
    *each("zeros_like ones_like", dict(REAL, **INTEGERS, **TRUTHS)),
    row("zeros_like dtype", lambda tf, x: tf.zeros_like(x, dtype=tf.int32), REAL_ONLY),
    row("ones_like dtype", lambda tf, x: tf.ones_like(x, dtype=tf.float64), REAL_ONLY),
    row("relu of integers", lambda tf, x: tf.nn.relu(x), INTEGERS),
    row("relu6 of integers", lambda tf, x: tf.nn.relu6(x), INTEGERS),
    # 1.15 rounds alpha to float32, and doubles show it; 1.4 to 1.10 did not.
    row("nn.leaky_relu", lambda tf, x: tf.nn.leaky_relu(x), {case: REAL[case] for case in ("ordinary", "half", "odd")}),
    row("nn.leaky_relu alpha", lambda tf, x: tf.nn.leaky_relu(x, alpha=0.3), {"ordinary": REAL["ordinary"]}),
    row("check_numerics", lambda tf, x: tf.check_numerics(x, "odd"), REAL_ONLY),
    row("scalar_mul", lambda tf, x: tf.scalar_mul(2.5, x), REAL),
    row("nn.zero_fraction", lambda tf, x: tf.nn.zero_fraction(x), {"ordinary": f32([[0.0, 1.0], [0.0, 0.0]])}),
    # Clipping.
    row(
        "clip_by_value",
        lambda tf, x: tf.clip_by_value(x, -1.0, 0.5),
        {"ordinary": REAL["ordinary"], "odd": REAL["odd"]},
    ),
    row("clip_by_value of integers", lambda tf, x: tf.clip_by_value(x, -1, 5), {"int": INTEGERS["int"]}),
    row(
        "clip_by_norm", lambda tf, x: tf.clip_by_norm(x, 2.0), {"ordinary": REAL["ordinary"], "small": f32([0.1, 0.2])}
    ),
    row("clip_by_norm axes", lambda tf, x: tf.clip_by_norm(x, 2.0, axes=[1]), {"ordinary": REAL["ordinary"]}),
    row("clip_by_average_norm", lambda tf, x: tf.clip_by_average_norm(x, 0.2), {"ordinary": REAL["ordinary"]}),
    row(
        "clip_by_global_norm",
        lambda tf, x, y: tf.clip_by_global_norm([x, y], 1.0),
        {
            "ordinary": f32([1.0, 2.0], [[3.0]]),
            "small": f32([0.1, 0.2], [[0.3]]),
        },
    ),
    row("global_norm", lambda tf, x, y: tf.global_norm([x, None, y]), {"ordinary": f32([1.0, 2.0], [[3.0]])}),
    # Complex numbers.
    row("abs of complex", lambda tf, x: tf.abs(x), COMPLEX),
    *each("real imag conj angle", COMPLEX),
    row("negative of complex", lambda tf, x: tf.negative(x), COMPLEX),
    row("square of complex", lambda tf, x: tf.square(x), COMPLEX),
    row("real of real", lambda tf, x: (tf.real(x), tf.conj(x)), {"ordinary": REAL["ordinary"]}),
    # Casts.
    row(
        "cast to float32",
        lambda tf, x: tf.cast(x, tf.float32),
        dict(REAL_ONLY, **INTEGERS, **TRUTHS, byte=u8([0, 255])),
    ),
    row("cast to float64", lambda tf, x: tf.cast(x, tf.float64), dict(REAL_ONLY, **INTEGERS, **TRUTHS)),
    row(
        "cast to float16", lambda tf, x: tf.cast(x, tf.float16), {"ordinary": f32([1e5, 0.1, -2.0]), "int": i32([1, 3])}
    ),
    row("cast to int32", lambda tf, x: tf.cast(x, tf.int32), dict(REAL_ONLY, **TRUTHS, long=i64([2**33 + 5, -1]))),
    row("cast to int64", lambda tf, x: tf.cast(x, tf.int64), dict(REAL_ONLY, **INTEGERS, **TRUTHS)),
    row(
        "cast to uint8",
        lambda tf, x: tf.cast(x, tf.uint8),
        {"int": i32([0, 255, 256, -1]), "ordinary": f32([0.0, 3.7])},
    ),
    row("cast to bool", lambda tf, x: tf.cast(x, tf.bool), dict(REAL, **INTEGERS)),
    row("cast to complex64", lambda tf, x: tf.cast(x, tf.complex64), {"ordinary": REAL["ordinary"]}),
    row("cast from complex64", lambda tf, x: tf.cast(x, tf.float32), COMPLEX),
    row(
        "saturate_cast",
        lambda tf, x: tf.saturate_cast(x, tf.uint8),
        {"ordinary": f32([-3.0, 100.7, 300.0]), "int": i32([-3, 100, 300])},
    ),
    *each(
        "to_float to_double to_int32 to_int64", {"ordinary": f32([1.7, -1.7]), "int": i32([1, -2]), "half": f16([1.5])}
    ),
    row("bitcast", lambda tf, x: tf.bitcast(x, tf.int32), {"ordinary": f32([1.0, -2.5])}),
    row("bitcast to bytes", lambda tf, x: tf.bitcast(x, tf.uint8), {"ordinary": f32([1.0, -2.5])}),
    # Bits.
    *each("bitwise.invert", {"int": i32([5, -3, 0]), "byte": u8([5, 255])}),
    # Noise that is none: the certain keep.
    row("nn.dropout keeps all", lambda tf, x: tf.nn.dropout(x, 1.0), REAL_ONLY),
    row("debugging", lambda tf, x: tf.verify_tensor_all_finite(x, "finite"), REAL_ONLY),
    row(
        "complex",
        lambda tf, x, y: tf.complex(x, y),
        {"ordinary": f32([1.0, 2.0], [3.0, -4.0]), "double": f64(1.0, 2.0)},
    ),
    row(
        "where is true",
        lambda tf, x: tf.where(x),
        {"ordinary": bools([[True, False], [False, True]]), "none": bools([False])},
    ),
    row("polygamma order 1", lambda tf, x: tf.polygamma(1.0 * tf.ones_like(x), x), {"ordinary": f32([0.5, 1.5, 3.0])}),
    row("angle of real part", lambda tf, x: tf.angle(x), {"complex": c64([1 + 1j, -1 + 0j])}),
]

"""Making, shaping, joining, splitting, padding, turning."""

from .inputs import CUBE, EMPTY, MATRIX, REAL_ONLY, TRUTHS, bools, c64, each, f32, f64, floats, i32, i64, ramp, row, u8

_PLAIN = {"ordinary": f32(ramp(2, 3))}
_ONES = {"ordinary": f32(ramp(1, 2, 1, 3))}
_IMAGE = dict(floats(ramp(1, 4, 4, 4)))
_LENGTHS = {"int": i32([1, 3, 0, 2])}

ROWS = [
    # Making.
    row(
        "zeros and ones",
        lambda tf: (tf.zeros([2, 3]), tf.ones([2], tf.int64), tf.zeros([], tf.bool), tf.ones([0, 2])),
        {"": ()},
    ),
    row("fill", lambda tf, x: tf.fill([2, 3], x), dict(scalar=f32(2.5), int=i32(7), bool=bools(True))),
    row(
        "constants",
        lambda tf: (tf.constant([1, 2], shape=[2, 3]), tf.constant(2.5, shape=[2, 2]), tf.constant([[1.5, 2]])),
        {"": ()},
    ),
    row(
        "range",
        lambda tf: (tf.range(5), tf.range(2, 9, 3), tf.range(5, 0, -2), tf.range(0.0, 1.0, 0.3), tf.range(3, 3)),
        {"": ()},
    ),
    row("range dtype", lambda tf: (tf.range(3, dtype=tf.float32), tf.range(1, 4, dtype=tf.int64)), {"": ()}),
    row(
        "linspace",
        lambda tf: (tf.linspace(0.0, 1.0, 5), tf.lin_space(3.0, 3.0, 1), tf.linspace(2.0, -2.0, 4)),
        {"": ()},
    ),
    row("eye", lambda tf: (tf.eye(3), tf.eye(2, 3), tf.eye(2, batch_shape=[2], dtype=tf.float64)), {"": ()}),
    row(
        "one_hot",
        lambda tf, i: tf.one_hot(i, 4),
        {"int": i32([0, 2, 5, -1]), "long": i64([[1], [3]]), "byte": u8([1, 2])},
    ),
    row("one_hot axis 0", lambda tf, i: tf.one_hot(i, 3, axis=0), {"int": i32([[0, 2], [1, 1]])}),
    row("one_hot values", lambda tf, i: tf.one_hot(i, 3, on_value=5.0, off_value=-1.0), {"int": i32([0, 2])}),
    row("one_hot dtype", lambda tf, i: tf.one_hot(i, 3, dtype=tf.int64), {"int": i32([0, 2])}),
    row("one_hot truths", lambda tf, i: tf.one_hot(i, 3, True, False), {"int": i32([0, 2])}),
    row("sequence_mask", lambda tf, x: (tf.sequence_mask(x, 4), tf.sequence_mask(x, 2, dtype=tf.float32)), _LENGTHS),
    row("sequence_mask open", lambda tf, x: tf.sequence_mask(x), _LENGTHS),
    row("meshgrid", lambda tf, x, y: tf.meshgrid(x, y), {"ordinary": f32([1.0, 2.0], [3.0, 4.0, 5.0])}),
    row(
        "meshgrid ij", lambda tf, x, y: tf.meshgrid(x, y, indexing="ij"), {"ordinary": f32([1.0, 2.0], [3.0, 4.0, 5.0])}
    ),
    # Asking.
    row("shape", lambda tf, x: (tf.shape(x), tf.size(x), tf.rank(x)), dict(MATRIX, scalar=f32(1.0))),
    row("shape int64", lambda tf, x: (tf.shape(x, out_type=tf.int64), tf.size(x, out_type=tf.int64)), _PLAIN),
    row("shape_n", lambda tf, x, y: tf.shape_n([x, y]), {"ordinary": f32(ramp(2, 3), ramp(4))}),
    row(
        "broadcast shapes",
        lambda tf, x, y: tf.broadcast_dynamic_shape(tf.shape(x), tf.shape(y)),
        {"ordinary": f32(ramp(2, 1, 3), ramp(4, 1))},
    ),
    row("unravel_index", lambda tf, i: tf.unravel_index(i, [3, 4]), {"int": i32([5, 11, 0])}),
    # Shaping.
    row(
        "reshape",
        lambda tf, x: (tf.reshape(x, [3, 2]), tf.reshape(x, [-1]), tf.reshape(x, [1, -1, 2])),
        dict(floats(ramp(2, 3))),
    ),
    row("reshape empty", lambda tf, x: (tf.reshape(x, [3, 0]), tf.reshape(x, [0, 7])), {"empty": f32(EMPTY)}),
    row("reshape by a tensor", lambda tf, x: tf.reshape(x, tf.stack([tf.shape(x)[1], -1])), _PLAIN),
    row("reshape to a scalar", lambda tf, x: tf.reshape(x, []), {"ordinary": f32([2.5])}),
    *each("squeeze", _ONES),
    row(
        "squeeze axes",
        lambda tf, x: (tf.squeeze(x, [0]), tf.squeeze(x, axis=[-2]), tf.squeeze(x, squeeze_dims=[0, 2])),
        _ONES,
    ),
    row(
        "expand_dims",
        lambda tf, x: (tf.expand_dims(x, 0), tf.expand_dims(x, -1), tf.expand_dims(x, axis=1)),
        MATRIX,
    ),
    *each("transpose matrix_transpose", MATRIX),
    row("transpose perm", lambda tf, x: (tf.transpose(x, [1, 2, 0]), tf.transpose(x, perm=[0, 2, 1])), CUBE),
    row(
        "transpose complex",
        lambda tf, x: (tf.transpose(x, conjugate=True), tf.matrix_transpose(x)),
        {"complex": c64([[1 + 2j, 3 - 1j]])},
    ),
    row("tile", lambda tf, x: (tf.tile(x, [2, 1]), tf.tile(x, [1, 3])), MATRIX),
    row(
        "tile vector",
        lambda tf, x: (tf.tile(x, [3]), tf.tile(x, [0])),
        {"ordinary": f32([1.0, 2.0]), "bool": bools([True, False])},
    ),
    row(
        "broadcast_to",
        lambda tf, x: tf.broadcast_to(x, [2, 2, 3]),
        {"ordinary": f32(ramp(2, 3)), "int": i32([1, 2, 3])},
    ),
    row("repeat", lambda tf, x: (tf.repeat(x, 2, axis=0), tf.repeat(x, [1, 2, 0], axis=1), tf.repeat(x, 2)), _PLAIN),
    *each("diag", dict(floats([1.0, 2.0, 3.0]), matrix=f32(ramp(2, 2)))),
    *each("diag_part matrix_diag_part", dict(floats(ramp(3, 3)))),
    row("matrix_diag_part wide", lambda tf, x: tf.matrix_diag_part(x), {"ordinary": f32(ramp(2, 2, 3))}),
    *each("matrix_diag", dict(floats(ramp(2, 3)))),
    row("matrix_set_diag", lambda tf, x, d: tf.matrix_set_diag(x, d), dict(floats(ramp(2, 3, 3), ramp(2, 3)))),
    row(
        "matrix_band_part",
        lambda tf, x: (tf.matrix_band_part(x, 1, 0), tf.matrix_band_part(x, 0, -1), tf.matrix_band_part(x, -1, 1)),
        dict(floats(ramp(3, 4)), batch=f32(ramp(2, 3, 3))),
    ),
    # Joining and splitting.
    row(
        "concat",
        lambda tf, x, y: (tf.concat([x, y], 0), tf.concat([y, x, y], axis=-2)),
        dict(floats(ramp(2, 3), ramp(1, 3)), empty=f32(EMPTY, ramp(1, 3)), int=i32([[1]], [[2]])),
    ),
    row("concat last", lambda tf, x, y: tf.concat([x, y], -1), floats(ramp(2, 3), ramp(2, 1))),
    row("concat of one", lambda tf, x: tf.concat([x], 0), _PLAIN),
    row(
        "stack",
        lambda tf, x, y: (tf.stack([x, y]), tf.stack([x, y], axis=1), tf.stack([x, y], -1)),
        dict(floats(ramp(2, 3), ramp(2, 3)), int=i32([[1]], [[2]])),
    ),
    row("stack of scalars", lambda tf, x, y: tf.stack([x, 2.0, y]), {"scalar": f32(1.0, 3.0)}),
    row("parallel_stack", lambda tf, x, y: tf.parallel_stack([x, y]), {"int": i32([1, 2], [3, 4])}),
    row("unstack", lambda tf, x: (tf.unstack(x), tf.unstack(x, axis=1), tf.unstack(x, 3, -1)), floats(ramp(2, 3))),
    row("split", lambda tf, x: (tf.split(x, 2), tf.split(x, 3, axis=1)), floats(ramp(2, 6))),
    row("split sizes", lambda tf, x: (tf.split(x, [4, 2], 1), tf.split(x, [1, -1], axis=0)), floats(ramp(2, 6))),
    # Slicing.
    row(
        "slice",
        lambda tf, x: (tf.slice(x, [0, 1], [2, 1]), tf.slice(x, [1, 0], [-1, 2])),
        dict(floats(ramp(2, 3)), int=MATRIX["int"]),
    ),
    row("slices", lambda tf, x: (x[0], x[1:], x[:, -1], x[..., 1], x[:, 0:2, ::2], x[-1, 1:]), CUBE),
    row(
        "slices that turn and add",
        lambda tf, x: (x[::-1], x[:, ::-2], x[:, tf.newaxis, 1], x[..., None, 0], x[1, 2, 3]),
        CUBE,
    ),
    row("slices that are empty", lambda tf, x: (x[2:], x[1:1], x[:, 5:]), _PLAIN),
    row("slices by tensors", lambda tf, x, i: (x[i], x[i:], x[:i, i]), {"ordinary": f32(ramp(2, 3)) + i32(1)}),
    row(
        "strided_slice",
        lambda tf, x: (tf.strided_slice(x, [0, 2], [2, -4], [1, -1]), tf.strided_slice(x, [0, 0], [2, 3])),
        _PLAIN,
    ),
    row(
        "strided_slice masks",
        lambda tf, x: tf.strided_slice(x, [0, 1], [0, 2], [1, 1], begin_mask=1, end_mask=1, shrink_axis_mask=2),
        _PLAIN,
    ),
    # Padding and turning.
    row(
        "pad", lambda tf, x: tf.pad(x, [[1, 0], [2, 1]]), dict(floats(ramp(2, 3)), int=MATRIX["int"], empty=f32(EMPTY))
    ),
    row(
        "pad value",
        lambda tf, x: tf.pad(x, [[1, 0], [0, 1]], constant_values=7),
        {"ordinary": f32(ramp(2, 3)), "int": MATRIX["int"]},
    ),
    row("pad reflect", lambda tf, x: tf.pad(x, [[1, 1], [2, 0]], "REFLECT"), floats(ramp(2, 3))),
    row("pad symmetric", lambda tf, x: tf.pad(x, [[1, 2], [3, 0]], mode="SYMMETRIC"), floats(ramp(2, 3))),
    row(
        "reverse",
        lambda tf, x: (tf.reverse(x, [0]), tf.reverse(x, axis=[-1]), tf.reverse(x, [0, 1])),
        dict(MATRIX, bool=TRUTHS["ordinary"]),
    ),
    row("reverse_sequence", lambda tf, x: tf.reverse_sequence(x, [1, 3], seq_axis=1), dict(floats(ramp(2, 4)))),
    row(
        "reverse_sequence axes",
        lambda tf, x: tf.reverse_sequence(x, [2, 0, 3], seq_axis=0, batch_axis=1),
        {"ordinary": f32(ramp(3, 3, 2))},
    ),
    row(
        "roll",
        lambda tf, x: (tf.roll(x, 1, 0), tf.roll(x, [1, -2], [0, 1])),
        dict(floats(ramp(2, 3)), int=MATRIX["int"]),
    ),
    # Blocks.
    row("space_to_depth", lambda tf, x: tf.space_to_depth(x, 2), _IMAGE),
    row("depth_to_space", lambda tf, x: tf.depth_to_space(x, 2), _IMAGE),
    row("space_to_batch", lambda tf, x: tf.space_to_batch(x, [[0, 0], [2, 0]], 2), _IMAGE),
    row("batch_to_space", lambda tf, x: tf.batch_to_space(x, [[0, 1], [0, 0]], 2), {"ordinary": f32(ramp(4, 2, 2, 1))}),
    row("space_to_batch_nd", lambda tf, x: tf.space_to_batch_nd(x, [2], [[1, 1]]), {"ordinary": f32(ramp(1, 4, 3))}),
    row(
        "batch_to_space_nd",
        lambda tf, x: tf.batch_to_space_nd(x, [2, 2], [[0, 0], [1, 0]]),
        {"ordinary": f32(ramp(4, 2, 2, 1))},
    ),
    row("required_space_to_batch_paddings", lambda tf: tf.required_space_to_batch_paddings([5, 6], [2, 3]), {"": ()}),
    row(
        "extract_image_patches",
        lambda tf, x: tf.extract_image_patches(x, [1, 2, 2, 1], [1, 1, 2, 1], [1, 1, 1, 1], "SAME"),
        _IMAGE,
    ),
    row(
        "extract_image_patches rates",
        lambda tf, x: tf.extract_image_patches(x, [1, 2, 2, 1], [1, 1, 1, 1], [1, 2, 2, 1], "VALID"),
        _IMAGE,
    ),
    row(
        "extract_volume_patches",
        lambda tf, x: tf.extract_volume_patches(x, [1, 2, 2, 2, 1], [1, 1, 1, 1, 1], "VALID"),
        {"ordinary": f32(ramp(1, 3, 3, 2, 1))},
    ),
    # Passing through.
    row("placeholder_with_default", lambda tf, x: tf.placeholder_with_default(x, [None, 3]), _PLAIN),
    row("identity_n", lambda tf, x, y: tf.identity_n([x, y]), {"ordinary": f32(1.0, [2.0])}),
    row("tuple", lambda tf, x, y: tf.tuple([x, y]), {"ordinary": f32(1.0, [2.0])}),
    row("ensure_shape", lambda tf, x: tf.ensure_shape(x, [None, 3]), _PLAIN),
    row("guarantee_const", lambda tf, x: tf.guarantee_const(x), {"ordinary": f32([1.0])}),
    row(
        "convert_to_tensor",
        lambda tf: (tf.convert_to_tensor([[1, 2], [3, 4]]), tf.convert_to_tensor(1.5), tf.convert_to_tensor([True])),
        {"": ()},
    ),
    row("convert nested tensors", lambda tf, x: tf.convert_to_tensor([[x, 1.0], [2.0, x]]), {"scalar": f32(3.0)}),
    row("strings", lambda tf: (tf.constant(["a", "bc"]), tf.fill([2], "x"), tf.concat([["a"], ["b"]], 0)), {"": ()}),
    row("doubles", lambda tf, x: (x[0], tf.stack([x, x])), {"double": f64([1.0, 2.0])}),
    row("zeros_like of shapes", lambda tf, x: tf.zeros(tf.shape(x)), REAL_ONLY),
]

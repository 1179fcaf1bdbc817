"""Products, factorizations, solutions, transforms."""

import numpy as np

from .inputs import EMPTY, c64, each, f32, f64, floats, i32, ramp, row

_SQUARE = [[2.0, 1.0, 0.5], [-1.0, 3.0, 0.2], [0.3, -0.4, 1.5]]
_POSITIVE = [[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]]
_BATCH = [_POSITIVE, [[2.0, 0.1, 0.0], [0.1, 1.0, 0.3], [0.0, 0.3, 5.0]]]
_REALS = {"ordinary": f32(_SQUARE), "double": f64(_SQUARE), "batch": f32(_BATCH)}
_SYMMETRIC = {"ordinary": f32(_POSITIVE), "double": f64(_POSITIVE), "batch": f32(_BATCH)}
_PAIR = {
    "ordinary": f32(ramp(2, 3), ramp(3, 4)),
    "double": f64(ramp(2, 3), ramp(3, 4)),
    "half": floats(ramp(2, 3), ramp(3, 4))["half"],
}
_SIGNAL = c64(ramp(2, 4) + 1j * ramp(2, 4, start=0.0, stop=3.0))
_FACTORS = 1e-4  # float32 factorizations round in another order; the double cases hold to 1e-10

ROWS = [
    *each(
        "matmul",
        dict(
            _PAIR,
            int=i32([[1, 2]], [[3], [4]]),
            empty=f32(EMPTY, ramp(3, 4)),
            complex=c64([[1 + 1j]], [[2 - 1j, 0.5j]]),
        ),
    ),
    row(
        "matmul transposed",
        lambda tf, a, b: (tf.matmul(a, b, transpose_a=True), tf.matmul(b, a, transpose_a=True)),
        floats(ramp(3, 2), ramp(3, 4)),
    ),
    row("matmul transposed b", lambda tf, a, b: tf.matmul(a, b, transpose_b=True), floats(ramp(2, 3), ramp(4, 3))),
    row(
        "matmul both",
        lambda tf, a, b: tf.matmul(a, b, transpose_a=True, transpose_b=True),
        floats(ramp(3, 2), ramp(4, 3)),
    ),
    row(
        "matmul adjoint",
        lambda tf, a, b: tf.matmul(a, b, adjoint_a=True, adjoint_b=True),
        {"complex": c64([[1 + 1j], [2j]], [[2 - 1j, 0.5j]])},
    ),
    row("matmul batch", lambda tf, a, b: tf.matmul(a, b), floats(ramp(2, 2, 3), ramp(2, 3, 2))),
    row(
        "matmul batch flags",
        lambda tf, a, b: (tf.matmul(a, b, transpose_a=True), tf.matmul(a, b, adjoint_b=True)),
        {"ordinary": f32(ramp(2, 3, 3), ramp(2, 3, 3))},
    ),
    row("matmul batch broadcast", lambda tf, a, b: tf.matmul(a, b), {"ordinary": f32(ramp(2, 2, 3), ramp(3, 2))}),
    row("matmul sparse", lambda tf, a, b: tf.matmul(a, b, a_is_sparse=True), {"ordinary": _PAIR["ordinary"]}),
    row("sparse_matmul", lambda tf, a, b: tf.sparse_matmul(a, b, transpose_b=False), {"ordinary": _PAIR["ordinary"]}),
    *each("linalg.matvec", {"ordinary": f32(ramp(2, 3), ramp(3)), "batch": f32(ramp(2, 2, 3), ramp(2, 3))}),
    row(
        "tensordot",
        lambda tf, a, b: (tf.tensordot(a, b, 1), tf.tensordot(a, b, [[1], [1]]), tf.tensordot(a, b, 0)),
        {"ordinary": f32(ramp(2, 3), ramp(3, 3))},
    ),
    row(
        "tensordot axes",
        lambda tf, a, b: tf.tensordot(a, b, [[1, 2], [0, 1]]),
        {"ordinary": f32(ramp(2, 3, 4), ramp(3, 4, 2))},
    ),
    row("einsum product", lambda tf, a, b: tf.einsum("ij,jk->ik", a, b), {"ordinary": _PAIR["ordinary"]}),
    row(
        "einsum batch",
        lambda tf, a, b: tf.einsum("bij,bjk->bik", a, b),
        {"ordinary": f32(ramp(2, 2, 3), ramp(2, 3, 2))},
    ),
    row("einsum outer", lambda tf, a, b: tf.einsum("i,j->ij", a, b), {"ordinary": f32(ramp(2), ramp(3))}),
    row(
        "einsum sums",
        lambda tf, a: (tf.einsum("ij->j", a), tf.einsum("ij->ji", a), tf.einsum("ij->", a)),
        {"ordinary": f32(ramp(2, 3))},
    ),
    row("einsum implicit", lambda tf, a, b: tf.einsum("ijk,kl", a, b), {"ordinary": f32(ramp(2, 2, 3), ramp(3, 2))}),
    row(
        "einsum dot", lambda tf, a, b: tf.einsum("ij,ij->i", a, b), {"ordinary": f32(ramp(2, 3), ramp(2, 3, start=0.0))}
    ),
    *each("trace linalg.adjoint", {"ordinary": f32(ramp(2, 3, 3)), "complex": c64([[1 + 1j, 2j], [0.5, 3 - 1j]])}),
    # Factorizations and solutions.
    *each("cholesky", _SYMMETRIC, rtol=_FACTORS),
    *each("matrix_inverse matrix_determinant", _REALS, rtol=_FACTORS),
    row(
        "matrix_inverse adjoint",
        lambda tf, a: tf.matrix_inverse(a, adjoint=True),
        {"ordinary": f32(_SQUARE)},
        rtol=_FACTORS,
    ),
    *each("linalg.logdet linalg.slogdet", {"ordinary": f32(_POSITIVE), "double": f64(_POSITIVE)}, rtol=_FACTORS),
    row(
        "matrix_solve",
        lambda tf, a, b: (tf.matrix_solve(a, b), tf.matrix_solve(a, b, adjoint=True)),
        {"ordinary": f32(_SQUARE, ramp(3, 2)), "double": f64(_SQUARE, ramp(3, 2)), "batch": f32(_BATCH, ramp(2, 3, 1))},
        rtol=_FACTORS,
    ),
    row(
        "matrix_triangular_solve",
        lambda tf, a, b: (
            tf.matrix_triangular_solve(a, b),
            tf.matrix_triangular_solve(a, b, lower=False),
            tf.matrix_triangular_solve(a, b, adjoint=True),
        ),
        {"ordinary": f32(_SQUARE, ramp(3, 2)), "double": f64(_SQUARE, ramp(3, 2))},
        rtol=_FACTORS,
    ),
    row(
        "cholesky_solve",
        lambda tf, a, b: tf.cholesky_solve(a, b),
        {
            "ordinary": f32(np.linalg.cholesky(_POSITIVE), ramp(3, 2)),
            "double": f64(np.linalg.cholesky(_POSITIVE), ramp(3, 2)),
        },
        rtol=_FACTORS,
    ),
    row(
        "matrix_solve_ls",
        lambda tf, a, b: (tf.matrix_solve_ls(a, b), tf.matrix_solve_ls(a, b, l2_regularizer=0.5)),
        {
            "ordinary": f32([[1.0, 2.0], [3.0, 5.0], [-1.0, 0.5]], ramp(3, 1)),
            "double": f64([[1.0, 2.0], [3.0, 5.0], [-1.0, 0.5]], ramp(3, 1)),
        },
        rtol=1e-3,
    ),  # by normal equations
    *each("self_adjoint_eigvals", _SYMMETRIC, rtol=_FACTORS),
    row(
        "self_adjoint_eig",
        lambda tf, a: (tf.self_adjoint_eig(a)[0], tf.abs(tf.self_adjoint_eig(a)[1])),
        {"ordinary": f32(_POSITIVE), "double": f64(_POSITIVE)},
        rtol=1e-3,
    ),  # vectors up to sign
    row(
        "svd values",
        lambda tf, a: tf.svd(a, compute_uv=False),
        {"ordinary": f32(ramp(3, 2)), "double": f64(ramp(2, 3)), "batch": f32(_BATCH)},
        rtol=_FACTORS,
    ),
    row(
        "svd",
        lambda tf, a: [tf.abs(part) for part in tf.svd(a)],
        {"ordinary": f32(ramp(3, 2)), "double": f64(ramp(2, 3))},
        rtol=1e-3,
    ),  # vectors up to sign
    row(
        "qr",
        lambda tf, a: [tf.abs(part) for part in tf.qr(a)],
        {"ordinary": f32(ramp(3, 2)), "double": f64(_SQUARE)},
        rtol=1e-3,
    ),  # columns up to sign
    row(
        "linalg.expm",
        lambda tf, a: tf.linalg.expm(a),
        {"ordinary": f32(_SQUARE), "double": f64(_SQUARE)},
        rtol=_FACTORS,
    ),
    row("matrix_square_root", lambda tf, a: tf.linalg.sqrtm(a), {"double": f64(_POSITIVE)}),
    row("linalg.pinv", lambda tf, a: tf.linalg.pinv(a), {"double": f64(ramp(3, 2))}),
    row("linalg.matrix_rank", lambda tf, a: tf.linalg.matrix_rank(a), {"ordinary": f32([[1.0, 2.0], [2.0, 4.0]])}),
    row("linalg.normalize", lambda tf, a: tf.linalg.normalize(a, axis=1), {"ordinary": f32(ramp(2, 3))}),
    # Fourier transforms.
    *[
        row(name, lambda tf, x, name=name: getattr(tf.signal, name)(x), {"complex": _SIGNAL}, rtol=_FACTORS)
        for name in ("fft", "ifft", "fft2d", "ifft2d")
    ],
    *[
        row(
            name,
            lambda tf, x, name=name: getattr(tf.signal, name)(x),
            {"complex": c64(_SIGNAL[0][None])},
            rtol=_FACTORS,
        )
        for name in ("fft3d", "ifft3d")
    ],
    row(
        "rfft",
        lambda tf, x: (tf.signal.rfft(x), tf.signal.rfft(x, [6]), tf.signal.rfft2d(x)),
        {"ordinary": f32(ramp(2, 4))},
        rtol=_FACTORS,
    ),
    row(
        "irfft",
        lambda tf, x: (tf.signal.irfft(x), tf.signal.irfft(x, [5]), tf.signal.irfft2d(x)),
        {"complex": _SIGNAL},
        rtol=_FACTORS,
    ),
]

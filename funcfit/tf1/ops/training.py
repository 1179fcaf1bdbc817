"""The nodes that optimizers make: one update of a variable and its slots. The formulas are in kernels/optimizers.py.

A SparseApply node updates the rows `indices` of its cells. When a row comes more than once it is updated in turn, as
in TensorFlow; optimizers sum such rows first (Unique, UnsortedSegmentSum).
"""

from funcfit.errors import InvalidArgumentError
from funcfit.kernels import optimizers as formulas
from funcfit.kernels.optimizers import on_rows
from funcfit.kernels.rows import are_there
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import NUMBERS, Check, op

_ROWS = "int32 int64"


def _of_one_shape(node):
    """Cells and a dense gradient have one shape; ValueError when they cannot."""
    dense = () if node.type.startswith("Sparse") else ("grad", "delta")
    shape = TensorShape(None)
    for argument, x in zip(node.card.inputs, node.inputs):
        if argument.ref or argument.name in dense:
            shape = shape.merge_with(x.shape)
    return shape


def _dense(signature, *cells):
    return op(signature + " -> out: &T", T=NUMBERS, writes=cells, out=_of_one_shape, gradient=None)


def _sparse(signature, *cells):
    names = [part.partition(":")[0].strip() for part in signature.split(",")]
    position = names.index("indices")

    def checks(*inputs, **_):
        indices, rows = inputs[position], inputs[0].shape[0]

        def message(indices):
            offset = next(i for i, index in enumerate(indices) if not 0 <= index < rows)
            return f"Index {indices[offset]} at offset {offset} in indices is out of range"

        return [Check(are_there(indices, rows), InvalidArgumentError, message, [indices])]

    return op(
        signature + " -> out: &T",
        T=NUMBERS,
        Tindices=_ROWS,
        writes=cells,
        writes_rows=True,
        out=_of_one_shape,
        checks=checks,
        padding=("grad", "indices"),
        gradient=None,
    )


@_dense("var: &T, alpha: T, delta: T", "var")
def ApplyGradientDescent(var, alpha, delta, *, use_locking=False):
    return formulas.gradient_descent(var, alpha, delta)


@_dense("var: &T, accum: &T, lr: T, grad: T, momentum: T", "var", "accum")
def ApplyMomentum(var, accum, lr, grad, momentum, *, use_locking=False, use_nesterov=False):
    return formulas.momentum(var, accum, lr, grad, momentum, nesterov=use_nesterov)


@_sparse("var: &T, accum: &T, lr: T, grad: T, indices: Tindices, momentum: T", "var", "accum")
def SparseApplyMomentum(var, accum, lr, grad, indices, momentum, *, use_locking=False, use_nesterov=False):
    def update(var, accum, grad):
        return formulas.momentum(var, accum, lr, grad, momentum, nesterov=use_nesterov)

    return on_rows(update, [var, accum], indices, grad)


@_dense("var: &T, accum: &T, lr: T, grad: T", "var", "accum")
def ApplyAdagrad(var, accum, lr, grad, *, use_locking=False):
    return formulas.adagrad(var, accum, lr, grad)


@_sparse("var: &T, accum: &T, lr: T, grad: T, indices: Tindices", "var", "accum")
def SparseApplyAdagrad(var, accum, lr, grad, indices, *, use_locking=False):
    return on_rows(lambda var, accum, grad: formulas.adagrad(var, accum, lr, grad), [var, accum], indices, grad)


_DUAL_CELLS = "var", "gradient_accumulator", "gradient_squared_accumulator"


@_dense(
    "var: &T, gradient_accumulator: &T, gradient_squared_accumulator: &T, grad: T, lr: T, l1: T, l2: T, global_step: "
    "int64",
    *_DUAL_CELLS,
)
def ApplyAdagradDA(
    var, gradient_accumulator, gradient_squared_accumulator, grad, lr, l1, l2, global_step, *, use_locking=False
):
    return formulas.adagrad_dual_averaging(
        var, gradient_accumulator, gradient_squared_accumulator, grad, lr, l1, l2, global_step
    )


@_sparse(
    "var: &T, gradient_accumulator: &T, gradient_squared_accumulator: &T, grad: T, indices: Tindices, "
    "lr: T, l1: T, l2: T, global_step: int64",
    *_DUAL_CELLS,
)
def SparseApplyAdagradDA(
    var,
    gradient_accumulator,
    gradient_squared_accumulator,
    grad,
    indices,
    lr,
    l1,
    l2,
    global_step,
    *,
    use_locking=False,
):
    def update(var, total, squares, grad):
        return formulas.adagrad_dual_averaging(var, total, squares, grad, lr, l1, l2, global_step)

    return on_rows(update, [var, gradient_accumulator, gradient_squared_accumulator], indices, grad)


@_dense("var: &T, accum: &T, accum_update: &T, lr: T, rho: T, epsilon: T, grad: T", "var", "accum", "accum_update")
def ApplyAdadelta(var, accum, accum_update, lr, rho, epsilon, grad, *, use_locking=False):
    return formulas.adadelta(var, accum, accum_update, lr, rho, epsilon, grad)


@_sparse(
    "var: &T, accum: &T, accum_update: &T, lr: T, rho: T, epsilon: T, grad: T, indices: Tindices",
    "var",
    "accum",
    "accum_update",
)
def SparseApplyAdadelta(var, accum, accum_update, lr, rho, epsilon, grad, indices, *, use_locking=False):
    def update(var, accum, accum_update, grad):
        return formulas.adadelta(var, accum, accum_update, lr, rho, epsilon, grad)

    return on_rows(update, [var, accum, accum_update], indices, grad)


@_dense(
    "var: &T, m: &T, v: &T, beta1_power: T, beta2_power: T, lr: T, beta1: T, beta2: T, epsilon: T, grad: T",
    "var",
    "m",
    "v",
)
def ApplyAdam(var, m, v, beta1_power, beta2_power, lr, beta1, beta2, epsilon, grad, *, use_locking=False):
    return formulas.adam(var, m, v, beta1_power, beta2_power, lr, beta1, beta2, epsilon, grad)


@_dense("var: &T, ms: &T, mom: &T, lr: T, rho: T, momentum: T, epsilon: T, grad: T", "var", "ms", "mom")
def ApplyRMSProp(var, ms, mom, lr, rho, momentum, epsilon, grad, *, use_locking=False):
    return formulas.rmsprop(var, ms, mom, lr, rho, momentum, epsilon, grad)


@_sparse(
    "var: &T, ms: &T, mom: &T, lr: T, rho: T, momentum: T, epsilon: T, grad: T, indices: Tindices", "var", "ms", "mom"
)
def SparseApplyRMSProp(var, ms, mom, lr, rho, momentum, epsilon, grad, indices, *, use_locking=False):
    def update(var, ms, mom, grad):
        return formulas.rmsprop(var, ms, mom, lr, rho, momentum, epsilon, grad)

    return on_rows(update, [var, ms, mom], indices, grad)


@_dense("var: &T, mg: &T, ms: &T, mom: &T, lr: T, rho: T, momentum: T, epsilon: T, grad: T", "var", "mg", "ms", "mom")
def ApplyCenteredRMSProp(var, mg, ms, mom, lr, rho, momentum, epsilon, grad, *, use_locking=False):
    return formulas.centered_rmsprop(var, mg, ms, mom, lr, rho, momentum, epsilon, grad)


@_sparse(
    "var: &T, mg: &T, ms: &T, mom: &T, lr: T, rho: T, momentum: T, epsilon: T, grad: T, indices: Tindices",
    "var",
    "mg",
    "ms",
    "mom",
)
def SparseApplyCenteredRMSProp(var, mg, ms, mom, lr, rho, momentum, epsilon, grad, indices, *, use_locking=False):
    def update(var, mg, ms, mom, grad):
        return formulas.centered_rmsprop(var, mg, ms, mom, lr, rho, momentum, epsilon, grad)

    return on_rows(update, [var, mg, ms, mom], indices, grad)


_FTRL_CELLS = "var", "accum", "linear"


@_dense("var: &T, accum: &T, linear: &T, grad: T, lr: T, l1: T, l2: T, lr_power: T", *_FTRL_CELLS)
def ApplyFtrl(var, accum, linear, grad, lr, l1, l2, lr_power, *, use_locking=False):
    return formulas.ftrl(var, accum, linear, grad, lr, l1, l2, lr_power)


@_dense("var: &T, accum: &T, linear: &T, grad: T, lr: T, l1: T, l2: T, l2_shrinkage: T, lr_power: T", *_FTRL_CELLS)
def ApplyFtrlV2(var, accum, linear, grad, lr, l1, l2, l2_shrinkage, lr_power, *, use_locking=False):
    return formulas.ftrl(var, accum, linear, grad, lr, l1, l2, lr_power, l2_shrinkage)


@_sparse("var: &T, accum: &T, linear: &T, grad: T, indices: Tindices, lr: T, l1: T, l2: T, lr_power: T", *_FTRL_CELLS)
def SparseApplyFtrl(var, accum, linear, grad, indices, lr, l1, l2, lr_power, *, use_locking=False):
    def update(var, accum, linear, grad):
        return formulas.ftrl(var, accum, linear, grad, lr, l1, l2, lr_power)

    return on_rows(update, [var, accum, linear], indices, grad)


@_sparse(
    "var: &T, accum: &T, linear: &T, grad: T, indices: Tindices, lr: T, l1: T, l2: T, l2_shrinkage: T, lr_power: T",
    *_FTRL_CELLS,
)
def SparseApplyFtrlV2(var, accum, linear, grad, indices, lr, l1, l2, l2_shrinkage, lr_power, *, use_locking=False):
    def update(var, accum, linear, grad):
        return formulas.ftrl(var, accum, linear, grad, lr, l1, l2, lr_power, l2_shrinkage)

    return on_rows(update, [var, accum, linear], indices, grad)


@_dense("var: &T, alpha: T, l1: T, l2: T, delta: T", "var")
def ApplyProximalGradientDescent(var, alpha, l1, l2, delta, *, use_locking=False):
    return formulas.proximal_gradient_descent(var, alpha, l1, l2, delta)


@_sparse("var: &T, alpha: T, l1: T, l2: T, grad: T, indices: Tindices", "var")
def SparseApplyProximalGradientDescent(var, alpha, l1, l2, grad, indices, *, use_locking=False):
    def update(var, grad):
        return formulas.proximal_gradient_descent(var, alpha, l1, l2, grad)

    return on_rows(update, [var], indices, grad)


@_dense("var: &T, accum: &T, lr: T, l1: T, l2: T, grad: T", "var", "accum")
def ApplyProximalAdagrad(var, accum, lr, l1, l2, grad, *, use_locking=False):
    return formulas.proximal_adagrad(var, accum, lr, l1, l2, grad)


@_sparse("var: &T, accum: &T, lr: T, l1: T, l2: T, grad: T, indices: Tindices", "var", "accum")
def SparseApplyProximalAdagrad(var, accum, lr, l1, l2, grad, indices, *, use_locking=False):
    def update(var, accum, grad):
        return formulas.proximal_adagrad(var, accum, lr, l1, l2, grad)

    return on_rows(update, [var, accum], indices, grad)

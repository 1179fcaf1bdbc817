"""The update formulas of gradient descent and its descendants, as TensorFlow's kernels compute them.

Each formula takes a variable, its slots, scalars and a gradient, all of the variable's shape and dtype but the
scalars, and gives the new variable and slots. `on_rows` applies one to the rows that a sparse gradient names. Sparse
and dense updates differ in TensorFlow only in rounding, so there is one formula for both.
"""

import functools

import jax
import jax.numpy as jnp


def _rounded_once(formula):
    """Half precision is computed in single and rounded at the end: XLA divides by a scalar by multiplying with its
    reciprocal, which in half is too coarse.
    """

    @functools.wraps(formula)
    def widened(*arrays, **options):
        dtype = arrays[0].dtype
        if dtype.itemsize > 2:
            return formula(*arrays, **options)
        single = [x.astype(jnp.float32) if x.dtype == dtype else x for x in arrays]
        return tuple(x.astype(dtype) for x in formula(*single, **options))

    return widened


@_rounded_once
def gradient_descent(var, lr, grad):
    return (var - grad * lr,)


@_rounded_once
def momentum(var, accum, lr, grad, momentum, *, nesterov=False):
    """Polyak 1964; with `nesterov` the step looks one momentum ahead (Sutskever et al. 2013)."""
    accum = accum * momentum + grad
    step = grad * lr + accum * momentum * lr if nesterov else accum * lr
    return var - step, accum


@_rounded_once
def adagrad(var, accum, lr, grad):
    """Duchi et al. 2011."""
    accum = accum + grad * grad
    return var - grad * lr * jax.lax.rsqrt(accum), accum


@_rounded_once
def adagrad_dual_averaging(var, total, squares, grad, lr, l1, l2, step):
    """Adagrad by regularized dual averaging: the variable is made anew from the sums of all gradients and their
    squares.

    `step` counts from one. Duchi et al. 2011, section 1.1.
    """
    step = step.astype(var.dtype)
    total, squares = total + grad, squares + grad * grad
    return -lr * _shrunk(total, step * l1) / (l2 * (step * lr) + jnp.sqrt(squares)), total, squares


@_rounded_once
def adadelta(var, accum, accum_update, lr, rho, epsilon, grad):
    """Zeiler 2012. The step uses the updates' average from before this one (1.1's kernel used the one after it)."""
    accum = accum * rho + grad * grad * (1 - rho)
    update = jnp.sqrt(accum_update + epsilon) * jax.lax.rsqrt(accum + epsilon) * grad
    return var - update * lr, accum, accum_update * rho + update * update * (1 - rho)


@_rounded_once
def adam(var, m, v, beta1_power, beta2_power, lr, beta1, beta2, epsilon, grad):
    """Kingma, Ba 2014, in the form with epsilon outside the corrected root ("epsilon hat" there)."""
    alpha = lr * jnp.sqrt(1 - beta2_power) / (1 - beta1_power)
    m = m + (grad - m) * (1 - beta1)
    v = v + (grad * grad - v) * (1 - beta2)
    return var - m * alpha / (jnp.sqrt(v) + epsilon), m, v


@_rounded_once
def rmsprop(var, mean_square, mom, lr, rho, momentum, epsilon, grad):
    """Tieleman, Hinton 2012, with momentum on the scaled gradient."""
    mean_square = mean_square + (grad * grad - mean_square) * (1 - rho)
    mom = mom * momentum + grad * lr / jnp.sqrt(mean_square + epsilon)
    return var - mom, mean_square, mom


@_rounded_once
def centered_rmsprop(var, mean, mean_square, mom, lr, rho, momentum, epsilon, grad):
    """RMSProp that divides by the gradient's estimated deviation instead of its size. Graves 2013, eq. 38 to 45."""
    mean_square = mean_square + (grad * grad - mean_square) * (1 - rho)
    mean = mean + (grad - mean) * (1 - rho)
    mom = mom * momentum + grad * lr / jnp.sqrt(mean_square - mean * mean + epsilon)
    return var - mom, mean, mean_square, mom


@_rounded_once
def ftrl(var, accum, linear, grad, lr, l1, l2, lr_power, l2_shrinkage=None):
    """McMahan et al. 2013. `l2_shrinkage` adds its penalty to the step's gradient, not to the accumulated squares
    (1.15's kernel; 1.5's added it to both).
    """
    new_accum = accum + grad * grad
    if l2_shrinkage is not None:
        grad = grad + 2 * l2_shrinkage * var

    def power(x):
        return jnp.where(lr_power == -0.5, jnp.sqrt(x), x**-lr_power)

    linear = linear + grad - (power(new_accum) - power(accum)) / lr * var
    quadratic = power(new_accum) / lr + 2 * l2
    return jnp.where(abs(linear) > l1, (l1 * jnp.sign(linear) - linear) / quadratic, 0), new_accum, linear


@_rounded_once
def proximal_gradient_descent(var, lr, l1, l2, grad):
    """A gradient step, then the proximal step of l1 |w| + l2/2 w^2. Duchi, Singer 2009."""
    return (_shrunk(var - grad * lr, lr * l1) / (1 + l2 * lr),)


@_rounded_once
def proximal_adagrad(var, accum, lr, l1, l2, grad):
    """Adagrad's step, then the proximal step at each element's own learning rate."""
    accum = accum + grad * grad
    rate = lr * jax.lax.rsqrt(accum)
    return _shrunk(var - grad * rate, rate * l1) / (1 + l2 * rate), accum


def _shrunk(x, threshold):
    """x moved towards zero by `threshold`, and no further: x itself for a threshold of zero."""
    return jnp.sign(x) * jnp.maximum(abs(x) - threshold, 0)


def on_rows(formula, cells, indices, grad):
    """`formula(*rows, grad_rows)` on the rows `indices` of `cells`: new cells.

    cells: arrays [rows, ...]; indices: [n]; grad: [n, ...]. Numbers that are no row's change nothing. When a row comes
    twice, its second update starts from the first one's result, as in TensorFlow's loop: each round takes every row's
    first update that is still to do, so that distinct rows need one round.
    """
    count, size = indices.shape[0], cells[0].shape[0]
    order = jnp.arange(count)

    def round_(carried):
        cells, todo = carried
        first = jnp.full(size, count, order.dtype).at[jnp.where(todo, indices, size)].min(order, mode="drop")
        now = todo & (first[indices] == order)
        rows = jnp.where(now, indices, size)
        new = formula(*(c[rows] for c in cells), grad)
        # A loop's arrays are written in place; those of a lax.cond would be copied, which for a table takes longest.
        return tuple(c.at[rows].set(n.astype(c.dtype), mode="drop") for c, n in zip(cells, new)), todo & ~now

    there = (indices >= 0) & (indices < size)
    return jax.lax.while_loop(lambda carried: jnp.any(carried[1]), round_, (tuple(cells), there))[0]

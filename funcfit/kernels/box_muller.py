"""Normal numbers from random words, as TensorFlow makes them: Box-Muller on pairs of unit fractions."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float32, Float64

from .module import AnyArray
from .philox import Word, unit_float32, unit_float64

Odd = Bool[Array, "*lanes"] | bool


def normal32(x0: Word, x1: Word, odd: Odd) -> Float32[Array, "*lanes"]:
    """The sine partner of a Box-Muller pair of float32 normals, or the cosine partner where `odd`."""
    u = jnp.maximum(unit_float32(x0), np.float32(1e-7))
    angle = unit_float32(x1)
    with jax.enable_x64(True):
        # TF 1.1's log and sqrt are C's double ones, rounded once; 2 * pi * u is a double product, rounded once.
        radius = jnp.sqrt(-2.0 * jnp.log(u.astype(jnp.float64))).astype(jnp.float32)
        angle = (2 * np.pi * angle.astype(jnp.float64)).astype(jnp.float32)
        wave = _sine(angle.astype(jnp.float64), odd).astype(jnp.float32)
    return wave * radius


def normal64(x0: Word, x1: Word, x2: Word, x3: Word, odd: Odd) -> Float64[Array, "*lanes"]:
    """As normal32, in float64 from four words."""
    with jax.enable_x64(True):
        radius = jnp.sqrt(-2.0 * jnp.log(jnp.maximum(unit_float64(x0, x1), 1e-7)))
        angle = 2 * np.pi * unit_float64(x2, x3)
        return jnp.where(odd, jnp.cos(angle), jnp.sin(angle)) * radius


def _sine(x: Float64[Array, "*lanes"], odd: Odd) -> Float64[Array, "*lanes"]:
    """sin, or cos where `odd`, of float32 numbers in [0, 2 * pi] given as float64.

    Rounded to float32 it equals glibc's sincosf (since 2.28), whose polynomials these are (ARM's optimized-routines).
    """
    quarter = jnp.floor(x * (2 / np.pi) + 0.5)
    sine, cosine = sine_and_cosine(x - quarter * (np.pi / 2))
    turn = quarter.astype(jnp.int32) + jnp.asarray(odd, jnp.int32)
    y = jnp.where(turn & 1 == 1, cosine, sine)
    return jnp.where(turn & 2 == 2, -y, y)


def sine_and_cosine(r: Float64[AnyArray, "*lanes"]) -> tuple[Float64[AnyArray, "*lanes"], Float64[AnyArray, "*lanes"]]:
    """Of float64 numbers in [-pi / 4, pi / 4], to the precision of float32."""
    z = r * r
    sine = r + r * z * _polynomial(z, -0.16666654943701084, 0.008332178146138854, -0.00019517298981385725)
    cosine = 1.0 + z * _polynomial(
        z, -0.49999999725108224, 0.041666623324344516, -0.001388676379437604, 2.4390450703564542e-05
    )
    return sine, cosine


def _polynomial(x, *coefficients: float):
    """The coefficients, constant first, by Horner's rule."""
    *rest, value = coefficients
    for coefficient in reversed(rest):
        value = coefficient + x * value
    return value

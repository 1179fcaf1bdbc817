"""Layers that bring numbers to one size."""

from jax import lax

from funcfit.kernels.normalization import channel_moments, channels_normalized

from . import draws
from .layer import Layer


def layer_norm(epsilon: float = 1e-6) -> Layer:
    """Each row's last axis to mean 0 and deviation 1, then scaled and shifted. Ba, Kiros and Hinton 2016."""

    def init(key, shape):
        return {"scale": draws.full(shape[-1:], 1.0), "offset": draws.full(shape[-1:], 0.0)}, ()

    def apply(params, x, key=None, carry=()):
        centred = x - x.mean(-1, keepdims=True)
        variance = (centred * centred).mean(-1, keepdims=True)
        return centred * lax.rsqrt(variance + epsilon) * params["scale"] + params["offset"], ()

    return Layer(init, apply)


def batch_norm(decay: float = 0.9, epsilon: float = 1e-5) -> Layer:
    """Each channel to mean 0 and deviation 1, by the batch's moments in training and by their running mean otherwise.

    The running moments are the carry: pass it to `fit(..., carry=carry)`. Ioffe and Szegedy 2015.
    """

    def init(key, shape):
        ones, zeros = draws.full(shape[-1:], 1.0), draws.full(shape[-1:], 0.0)
        return {"scale": ones, "offset": zeros}, {"mean": zeros, "variance": ones}

    def apply(params, x, key=None, carry=()):
        if key is None and not carry:
            raise ValueError("batch_norm needs its carry: net.apply(params, x, carry=carry)")
        mean, variance = (carry["mean"], carry["variance"]) if key is None else channel_moments(x, -1)
        y = channels_normalized(x, mean, variance, params["scale"], params["offset"], epsilon, -1)
        if key is not None and carry:
            new = {"mean": mean, "variance": variance}
            carry = {name: decay * carry[name] + (1 - decay) * new[name] for name in carry}
        return y, carry

    return Layer(init, apply)

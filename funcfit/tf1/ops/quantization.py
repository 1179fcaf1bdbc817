"""Quantization: floats as few integers and back, and floats rounded as if they had been."""

from funcfit.kernels import quantization as kernels
from funcfit.tf1 import shapes
from funcfit.tf1.opdef import api, op, raw

_QUANTIZED = "qint8 quint8 qint16 quint16 qint32"
_LATER = ("num_bits", "narrow_range")


@op(
    "input: float32, min_range: float32, max_range: float32 -> output: T, output_min: float32, output_max: float32",
    T=_QUANTIZED,
    out=lambda node: [node.inputs[0].shape, shapes.SCALAR, shapes.SCALAR],
    gradient=None,
)
def QuantizeV2(input, min_range, max_range, *, T, mode="MIN_COMBINED"):
    return kernels.quantized(input, min_range, max_range, T.as_numpy_dtype, _known(mode)), min_range, max_range


@op(
    "input: T, min_range: float32, max_range: float32 -> output: float32",
    T=_QUANTIZED,
    out=shapes.same,
    gradient=None,
)
def Dequantize(input, min_range, max_range, *, mode="MIN_COMBINED"):
    return kernels.dequantized(input, min_range, max_range, _known(mode))


def _known(mode):
    if mode not in ("MIN_COMBINED", "MIN_FIRST"):
        raise ValueError(f"mode {mode!r} is neither 'MIN_COMBINED' nor 'MIN_FIRST'")
    return mode


@op("inputs: float32 -> outputs: float32", out=shapes.same, later=_LATER)
def FakeQuantWithMinMaxArgs(inputs, *, min=-6.0, max=6.0, num_bits=8, narrow_range=False):
    return kernels.fake_quantized(inputs, *_limits(inputs, min, max), num_bits, narrow_range)


@FakeQuantWithMinMaxArgs.gradient
def _(node, dy):
    how = {name: node.attrs[name] for name in ("min", "max", *_LATER) if name in node.attrs}
    return [raw.FakeQuantWithMinMaxArgsGradient(dy, node.inputs[0], **how)]


@op("gradients: float32, inputs: float32 -> backprops: float32", out=shapes.merged, later=_LATER)
def FakeQuantWithMinMaxArgsGradient(gradients, inputs, *, min=-6.0, max=6.0, num_bits=8, narrow_range=False):
    limits = _limits(inputs, min, max)
    return kernels.fake_quantized_gradients(gradients, inputs, *limits, num_bits, narrow_range)[0]


def _limits(inputs, low, high):
    return inputs.dtype.type(low), inputs.dtype.type(high)


_VARS = "inputs: float32, min: float32, max: float32 -> outputs: float32"
_VARS_GRADIENT = (
    "gradients: float32, inputs: float32, min: float32, max: float32 -> "
    "backprops_wrt_input: float32, backprop_wrt_min: float32, backprop_wrt_max: float32"
)


def _with_limits(node):
    return [x.shape for x in node.inputs[1:]]


def _gradient_by(card):
    def rule(node, dy):
        how = {name: node.attrs[name] for name in _LATER if name in node.attrs}
        return list(raw.get(card)(dy, *node.inputs, **how))

    return rule


@op(_VARS, out=shapes.same, later=_LATER)
def FakeQuantWithMinMaxVars(inputs, min, max, *, num_bits=8, narrow_range=False):
    return kernels.fake_quantized(inputs, min, max, num_bits, narrow_range)


@op(_VARS_GRADIENT, out=_with_limits, later=_LATER)
def FakeQuantWithMinMaxVarsGradient(gradients, inputs, min, max, *, num_bits=8, narrow_range=False):
    return kernels.fake_quantized_gradients(gradients, inputs, min, max, num_bits, narrow_range)


@op(_VARS, out=shapes.same, later=_LATER)
def FakeQuantWithMinMaxVarsPerChannel(inputs, min, max, *, num_bits=8, narrow_range=False):
    return kernels.fake_quantized(inputs, min, max, num_bits, narrow_range)


@op(_VARS_GRADIENT, out=_with_limits, later=_LATER)
def FakeQuantWithMinMaxVarsPerChannelGradient(gradients, inputs, min, max, *, num_bits=8, narrow_range=False):
    return kernels.fake_quantized_gradients(gradients, inputs, min, max, num_bits, narrow_range)


FakeQuantWithMinMaxVars.gradient(_gradient_by("FakeQuantWithMinMaxVarsGradient"))
FakeQuantWithMinMaxVarsPerChannel.gradient(_gradient_by("FakeQuantWithMinMaxVarsPerChannelGradient"))

for _card, _name in {
    Dequantize: "dequantize",
    FakeQuantWithMinMaxArgs: "fake_quant_with_min_max_args",
    FakeQuantWithMinMaxArgsGradient: "fake_quant_with_min_max_args_gradient",
    FakeQuantWithMinMaxVars: "fake_quant_with_min_max_vars",
    FakeQuantWithMinMaxVarsGradient: "fake_quant_with_min_max_vars_gradient",
    FakeQuantWithMinMaxVarsPerChannel: "fake_quant_with_min_max_vars_per_channel",
    FakeQuantWithMinMaxVarsPerChannelGradient: "fake_quant_with_min_max_vars_per_channel_gradient",
}.items():
    api(_name, f"quantization.{_name}")(_card)


@api("quantize_v2", "quantize", "quantization.quantize")
def quantize_v2(input, min_range, max_range, T, mode="MIN_COMBINED", name=None, round_mode="HALF_AWAY_FROM_ZERO"):
    """(integers of type T for numbers in [min_range, max_range], min_range, max_range); numbers outside are clamped."""
    if round_mode != "HALF_AWAY_FROM_ZERO":
        raise ValueError(f"round_mode {round_mode!r} is not supported: halves are rounded away from zero")
    return raw.QuantizeV2(input, min_range, max_range, T=T, mode=mode, name=name)

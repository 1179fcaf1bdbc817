"""Activations, element by element, and their gradients. The sigmoid and tanh are arithmetic and stand with it."""

import jax
import jax.numpy as jnp

from funcfit.tf1 import shapes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.node import Tensor
from funcfit.tf1.opdef import FLOATS, REAL, api, op, raw, tf

SELU_SCALE = 1.0507009873554804934193349852946
SELU_SCALE_ALPHA = 1.7580993408473768599402175208123

_GRADIENT = "gradients: T, features: T -> backprops: T"
_GRADIENT_OF_OUTPUTS = "gradients: T, outputs: T -> backprops: T"


def _zeros_like_input(x):
    return tf.zeros(shape=tf.shape(x), dtype=x.dtype)


@api("nn.relu")
@op("features: T -> activations: T", T=REAL, out=shapes.same)
def Relu(features):
    return jnp.maximum(features, 0)


@Relu.gradient
def _(node, dy):
    return [raw.ReluGrad(dy, node.outputs[0])]


@op(_GRADIENT, T=REAL, out=shapes.merged)
def ReluGrad(gradients, features):
    return jnp.where(features > 0, gradients, 0)


@ReluGrad.gradient
def _(node, dy):
    x = node.inputs[1]
    return [raw.ReluGrad(dy, x), _zeros_like_input(x)]


@api("nn.relu6")
@op("features: T -> activations: T", T=REAL, out=shapes.same)
def Relu6(features):
    return jnp.clip(features, 0, 6)


@Relu6.gradient
def _(node, dy):
    return [raw.Relu6Grad(dy, node.inputs[0])]


@op(_GRADIENT, T=REAL, out=shapes.merged)
def Relu6Grad(gradients, features):
    return jnp.where((features > 0) & (features < 6), gradients, 0)


@Relu6Grad.gradient
def _(node, dy):
    x = node.inputs[1]
    return [raw.Relu6Grad(dy, x), _zeros_like_input(x)]


@api("nn.elu")
@op("features: T -> activations: T", T=REAL, out=shapes.same)
def Elu(features):
    return jnp.where(features < 0, (jnp.exp(jnp.minimum(features, 0)) - 1), features)


@Elu.gradient
def _(node, dy):
    return [raw.EluGrad(dy, node.outputs[0])]


@op(_GRADIENT_OF_OUTPUTS, T=REAL, out=shapes.merged)
def EluGrad(gradients, outputs):
    return jnp.where(outputs < 0, (outputs + 1) * gradients, gradients)


@EluGrad.gradient
def _(node, dy):
    x = node.inputs[1]  # called x in 1.1 though it is Elu's output, which has the input's sign
    first = raw.EluGrad(dy, node.outputs[0])
    negative = x < 0.0
    return [first, tf.where(negative, raw.EluGrad(dy, node.outputs[0] + 1), _zeros_like_input(x))]


@api("nn.selu")
@op("features: T -> activations: T", T=FLOATS, out=shapes.same)
def Selu(features):
    return jnp.where(features < 0, SELU_SCALE_ALPHA * (jnp.exp(jnp.minimum(features, 0)) - 1), SELU_SCALE * features)


@Selu.gradient
def _(node, dy):
    return [raw.SeluGrad(dy, node.outputs[0])]


@op(_GRADIENT_OF_OUTPUTS, T=FLOATS, out=shapes.merged)
def SeluGrad(gradients, outputs):
    return jnp.where(outputs < 0, (outputs + SELU_SCALE_ALPHA) * gradients, SELU_SCALE * gradients)


@SeluGrad.gradient
def _(node, dy):
    dy_outer, y = node.inputs
    curved = tf.where(y < 0.0, dy * dy_outer, _zeros_like_input(y))
    return [raw.SeluGrad(dy, y), curved]


@api("nn.softplus", "math.softplus")
@op("features: T -> activations: T", T=REAL, out=shapes.same)
def Softplus(features):
    return jnp.logaddexp(features, jnp.zeros((), features.dtype))


@Softplus.gradient
def _(node, dy):
    return [raw.SoftplusGrad(dy, node.inputs[0])]


@op(_GRADIENT, T=REAL, out=shapes.merged)
def SoftplusGrad(gradients, features):
    return gradients * jax.nn.sigmoid(features)


@SoftplusGrad.gradient
def _(node, dy):
    dy_outer, x = node.inputs
    with tf.control_dependencies([dy]):
        return [raw.SoftplusGrad(dy, x), dy * dy_outer / (tf.exp(-x) + 2.0 + tf.exp(x))]


@api("log_sigmoid", "math.log_sigmoid")
def log_sigmoid(x, name=None):
    """log(sigmoid(x)), without the overflow of either."""
    with name_scope(name, "LogSigmoid", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        return tf.negative(tf.nn.softplus(-x), name=scope)


@api("nn.softsign", "math.softsign")
@op("features: T -> activations: T", T=REAL, out=shapes.same)
def Softsign(features):
    return features / (1 + jnp.abs(features))


@Softsign.gradient
def _(node, dy):
    return [raw.SoftsignGrad(dy, node.inputs[0])]


@op(_GRADIENT, T=REAL, out=shapes.merged)
def SoftsignGrad(gradients, features):
    return gradients / jnp.square(1 + jnp.abs(features))


@op("features: T -> activations: T", T=FLOATS, out=shapes.same)
def LeakyRelu(features, *, alpha=0.2):
    return jnp.where(features > 0, features, features * alpha)


@LeakyRelu.gradient
def _(node, dy):
    return [raw.LeakyReluGrad(dy, node.inputs[0], alpha=node.get_attr("alpha"))]


@op(_GRADIENT, T=FLOATS, out=shapes.merged)
def LeakyReluGrad(gradients, features, *, alpha=0.2):
    return jnp.where(features > 0, gradients, gradients * alpha)


@LeakyReluGrad.gradient
def _(node, dy):
    x = node.inputs[1]
    return [raw.LeakyReluGrad(dy, x, alpha=node.get_attr("alpha")), _zeros_like_input(x)]


@api("nn.leaky_relu")
def leaky_relu(features, alpha=0.2, name=None):
    """max(features, alpha * features) for alpha below one. Integers are taken as float32."""
    with name_scope(name, "LeakyRelu", [features, alpha]) as scope:
        features = convert_to_tensor(features, name="features")
        if features.dtype.is_integer:
            features = tf.cast(features, tf.float32)
        if isinstance(alpha, Tensor):  # as releases before 1.13 do it
            return tf.maximum(alpha * features, features, name=scope)
        return raw.LeakyRelu(features, alpha=alpha, name=scope)


@api("nn.crelu")
def crelu(features, name=None, axis=-1):
    """relu of the features and of their negatives, side by side along `axis`: twice as many features come out."""
    with name_scope(name, "CRelu", [features]) as scope:
        features = convert_to_tensor(features, name="features")
        both = tf.concat([features, -features], axis, name=scope)
        return raw.Relu(both)


@api("nn.swish", "math.swish")
def swish(features):
    """features * sigmoid(features)."""
    features = convert_to_tensor(features, name="features")
    return features * tf.sigmoid(features)

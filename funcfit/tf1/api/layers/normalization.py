"""Batch normalization as a layer, and its variants: renormalized, fused, in virtual batches."""

import functools

from funcfit.tf1.api.layers.arguments import ONES, ZEROS, choose, known_condition
from funcfit.tf1.api.layers.base import InputSpec, Layer
from funcfit.tf1.api.train.moving_averages import assign_moving_average
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.graph import colocate_with, control_dependencies
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import api, tf


@api("layers.BatchNormalization")
class BatchNormalization(Layer):
    """gamma * (inputs - mean) / sqrt(variance + epsilon) + beta, for each index along `axis` (one or several).

    In training the moments are the batch's, otherwise moving averages. The nodes that move these are the layer's
    `updates` and stand in the collection UPDATE_OPS: training must run them. As in TF 1.1 they move whenever they run,
    even where a fed `training` is False; with the variants below, which are younger, they then stay.

    `renorm` normalises by moving averages with corrections that `renorm_clipping` bounds (Ioffe 2017,
    arXiv:1702.03275); `virtual_batch_size` takes moments over parts of the batch; `adjustment(shape)` gives a random
    scale and bias for training. `fused` uses one op for all (4-D, one axis), which corrects the moving variance for
    the sample size; it is not chosen unless asked for.
    """

    def __init__(
        self,
        axis=-1,
        momentum=0.99,
        epsilon=1e-3,
        center=True,
        scale=True,
        beta_initializer=ZEROS,
        gamma_initializer=ONES,
        moving_mean_initializer=ZEROS,
        moving_variance_initializer=ONES,
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        renorm=False,
        renorm_clipping=None,
        renorm_momentum=0.99,
        fused=None,
        trainable=True,
        virtual_batch_size=None,
        adjustment=None,
        name=None,
        **kwargs,
    ):
        super().__init__(trainable=trainable, name=name, **kwargs)
        self.axis = list(axis) if isinstance(axis, list | tuple) else [axis]
        self.momentum, self.epsilon, self.center, self.scale = momentum, epsilon, center, scale
        self.beta_initializer, self.gamma_initializer = beta_initializer, gamma_initializer
        self.moving_mean_initializer = moving_mean_initializer
        self.moving_variance_initializer = moving_variance_initializer
        self.beta_regularizer, self.gamma_regularizer = beta_regularizer, gamma_regularizer
        self.beta_constraint, self.gamma_constraint = beta_constraint, gamma_constraint
        self.renorm, self.renorm_clipping, self.renorm_momentum = renorm, dict(renorm_clipping or {}), renorm_momentum
        self.fused, self.virtual_batch_size, self.adjustment = bool(fused), virtual_batch_size, adjustment
        unknown = set(self.renorm_clipping) - {"rmax", "rmin", "dmax"}
        if unknown:
            raise ValueError(f"renorm_clipping {renorm_clipping} contains keys not in ['rmax', 'rmin', 'dmax']")

    # -- variables ---------------------------------------------------------------------------------------------------

    def build(self, input_shape):
        input_shape = TensorShape(input_shape)
        if not input_shape.ndims:
            raise ValueError(f"Input has undefined rank: {input_shape}")
        rank = input_shape.ndims
        self._check_axes(rank)
        sizes = {axis: input_shape[axis].value for axis in self.axis}
        if None in sizes.values():
            raise ValueError(f"Input has undefined `axis` dimension. Input shape: {input_shape}")
        self.input_spec = InputSpec(ndim=rank, axes=sizes)
        self._check_variants(rank)
        one_vector = len(self.axis) == 1 and self.virtual_batch_size is None
        shape = [sizes[self.axis[0]]] if one_vector else [sizes.get(axis, 1) for axis in range(rank)]
        if self.virtual_batch_size is not None:
            # The batch [parts * size, ...] is normalised as [size, parts, ...]: an axis more, after the first.
            shape.insert(1, 1)
            self.axis = [axis + 1 for axis in self.axis]
        half = self._dtype in (dtypes.float16, dtypes.bfloat16)
        self._parameter = dict(shape=shape, dtype=dtypes.float32 if half else self._dtype)
        self._add_variables()
        self.built = True

    def _check_axes(self, rank):
        if not all(isinstance(axis, int) for axis in self.axis):
            raise TypeError(f"axis must be int or list, type given: {self.axis}")
        for axis in self.axis:
            if not -rank <= axis < rank:
                raise ValueError(f"Invalid axis: {axis}. Value of `axis` is out of range for input with rank {rank}")
        self.axis = [axis % rank for axis in self.axis]
        if len(self.axis) != len(set(self.axis)):
            raise ValueError(f"Duplicate axis: {self.axis}")

    def _check_variants(self, rank):
        if self.virtual_batch_size is not None:
            if self.virtual_batch_size <= 0:
                raise ValueError(
                    "virtual_batch_size must be a positive integer that divides the true batch size of the input Tensor"
                )
            if 0 in self.axis:
                raise ValueError(
                    "When using virtual_batch_size, the batch dimension must be 0 and thus axis cannot include 0"
                )
            if self.adjustment is not None:
                raise ValueError("When using virtual_batch_size, adjustment cannot be specified")
        self._plain = not self.renorm and self.virtual_batch_size is None and self.adjustment is None
        self.fused = self.fused and rank == 4 and self.axis in ([1], [3]) and self._plain

    def _add_variables(self):
        self.beta = self.gamma = None
        if self.center:
            self.beta = self.add_weight(
                "beta",
                **self._parameter,
                initializer=self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
            )
        if self.scale:
            self.gamma = self.add_weight(
                "gamma",
                **self._parameter,
                initializer=self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
            )
        partitioner = self._scope.partitioner
        self._scope.set_partitioner(None)
        try:
            self.moving_mean = self._average("moving_mean", self.moving_mean_initializer)
            self.moving_variance = self._average("moving_variance", self.moving_variance_initializer)
            if self.renorm:
                self.renorm_mean = self._average("renorm_mean", ZEROS)
                self.renorm_mean_weight = self._average("renorm_mean_weight", ZEROS, shape=())
                self.renorm_stddev = self._average("renorm_stddev", ZEROS)
                self.renorm_stddev_weight = self._average("renorm_stddev_weight", ZEROS, shape=())
        finally:
            self._scope.set_partitioner(partitioner)

    def _average(self, name, initializer, **overrides):
        return self.add_weight(name, **{**self._parameter, **overrides}, initializer=initializer, trainable=False)

    # -- nodes -------------------------------------------------------------------------------------------------------

    def call(self, inputs, training=False):
        if self.fused:
            return self._fused_outputs(inputs, training)
        if self.virtual_batch_size is None:
            return self._normalized(inputs, training)
        sizes = inputs.get_shape().as_list()
        parts = tf.reshape(inputs, [self.virtual_batch_size, -1, *sizes[1:]])
        outputs = tf.reshape(self._normalized(parts, training), [-1, *sizes[1:]])
        outputs.set_shape(inputs.get_shape())
        return outputs

    def _normalized(self, inputs, training):
        rank = inputs.get_shape().ndims
        axes = [axis for axis in range(rank) if axis not in self.axis]
        if self.virtual_batch_size is not None:
            axes.remove(1)
        shape = [1] * rank
        shape[self.axis[0]] = inputs.get_shape()[self.axis[0]].value

        def broadcast(v):
            return v if v is None or v.get_shape().ndims == rank else tf.reshape(v, shape)

        offset, scale = broadcast(self.beta), broadcast(self.gamma)
        if known_condition(training) is not False:
            mean, variance = tf.nn.moments(inputs, axes, keep_dims=True)
            in_training = [(scale, offset)]
            if self.adjustment is not None:
                in_training.append(self.adjustment(tf.shape(inputs)))
            in_training += self._moved(mean, variance, inputs, training, broadcast)
            train_scale, train_offset = _composed(in_training)

        def normalized_by_batch():
            return tf.nn.batch_normalization(inputs, mean, variance, train_offset, train_scale, self.epsilon)

        def normalized_by_averages():
            averages = broadcast(self.moving_mean), broadcast(self.moving_variance)
            return tf.nn.batch_normalization(inputs, *averages, offset, scale, self.epsilon)

        outputs = choose(training, normalized_by_batch, normalized_by_averages)
        outputs.set_shape(inputs.get_shape())
        return outputs

    def _moved(self, mean, variance, inputs, training, broadcast):
        """Adds the updates of the moving averages; gives renormalization's correction, if any, as [(scale, offset)]."""
        corrections = []
        if self.moving_mean.get_shape().ndims == 1:
            mean, variance = tf.reshape(mean, [-1]), tf.reshape(variance, [-1])
        if self.renorm:
            scale, offset, mean, variance = self._renormalized(mean, variance, training)
            corrections = [(broadcast(scale), broadcast(offset))]
        if self.virtual_batch_size is not None:
            mean = tf.reduce_mean(mean, axis=1, keep_dims=True)
            variance = tf.reduce_mean(variance, axis=1, keep_dims=True)
        for average, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moved = functools.partial(assign_moving_average, average, value, self.momentum, zero_debias=False)
            update = moved() if self._plain else choose(training, moved, average.read_value)
            self.add_update(update, inputs=inputs)
        return corrections

    def _renormalized(self, mean, variance, training):
        """The correction (r, d) of batch renormalization, and the moments that it keeps instead of the batch's.

        The averages start at 0 with weight 0: what is missing of a weight is filled up with the batch's moments.
        """
        stddev = tf.sqrt(variance + self.epsilon)
        mixed_mean = self.renorm_mean + (1.0 - self.renorm_mean_weight) * mean
        mixed_stddev = self.renorm_stddev + (1.0 - self.renorm_stddev_weight) * stddev
        r = stddev / mixed_stddev
        d = (mean - mixed_mean) / mixed_stddev
        with control_dependencies([r, d]):  # they read the averages before these move
            mean, stddev = tf.identity(mean), tf.identity(stddev)
        low, high, far = (self.renorm_clipping.get(key) for key in ("rmin", "rmax", "dmax"))
        r = r if low is None else tf.maximum(r, low)
        r = r if high is None else tf.minimum(r, high)
        d = d if far is None else tf.minimum(tf.maximum(d, -far), far)
        new_mean = self._moved_renorm(self.renorm_mean, self.renorm_mean_weight, mean, training)
        new_stddev = self._moved_renorm(self.renorm_stddev, self.renorm_stddev_weight, stddev, training)
        r, d = tf.stop_gradient(r, name="renorm_r"), tf.stop_gradient(d, name="renorm_d")
        return r, d, new_mean, tf.square(new_stddev) - self.epsilon

    def _moved_renorm(self, average, weight, value, training):
        value = tf.identity(value)

        def moved():
            with control_dependencies([value]):
                one = tf.constant(1.0, dtype=weight.dtype.base_dtype)
            new = assign_moving_average(average, value, self.renorm_momentum, zero_debias=False)
            return new / assign_moving_average(weight, one, self.renorm_momentum, zero_debias=False)

        with colocate_with(average.op):
            return choose(training, moved, average.read_value)

    def _fused_outputs(self, inputs, training):
        data_format = "NCHW" if self.axis == [1] else "NHWC"
        size, dtype = self._parameter["shape"], self._parameter["dtype"]
        beta = self.beta if self.center else tf.constant(0.0, dtype=dtype, shape=size)
        gamma = self.gamma if self.scale else tf.constant(1.0, dtype=dtype, shape=size)

        def by_batch():
            return tf.nn.fused_batch_norm(inputs, gamma, beta, epsilon=self.epsilon, data_format=data_format)

        def by_averages():
            averages = dict(mean=self.moving_mean, variance=self.moving_variance)
            options = dict(epsilon=self.epsilon, is_training=False, data_format=data_format)
            return tf.nn.fused_batch_norm(inputs, gamma, beta, **averages, **options)

        outputs, mean, variance = choose(training, by_batch, by_averages)
        if known_condition(training) is not False:
            decay = choose(training, lambda: self.momentum, lambda: 1.0)
            for average, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
                self.add_update(assign_moving_average(average, value, decay, zero_debias=False), inputs=inputs)
        return outputs

    def compute_output_shape(self, input_shape):
        return input_shape


def _composed(transforms):
    """The scale and offset of all (scale, offset) together, the last one applied first; None stands for none."""
    (scale, offset), *inner = transforms
    for then_scale, then_offset in inner:
        if offset is None:
            offset = then_offset if scale is None else then_offset * scale
        else:
            offset = offset + (then_offset if scale is None else then_offset * scale)
        scale = then_scale if scale is None else then_scale * scale
    return scale, offset


@api("layers.batch_normalization")
def batch_normalization(
    inputs,
    axis=-1,
    momentum=0.99,
    epsilon=1e-3,
    center=True,
    scale=True,
    beta_initializer=ZEROS,
    gamma_initializer=ONES,
    moving_mean_initializer=ZEROS,
    moving_variance_initializer=ONES,
    beta_regularizer=None,
    gamma_regularizer=None,
    beta_constraint=None,
    gamma_constraint=None,
    training=False,
    trainable=True,
    name=None,
    reuse=None,
    renorm=False,
    renorm_clipping=None,
    renorm_momentum=0.99,
    fused=None,
    virtual_batch_size=None,
    adjustment=None,
):
    """Makes a `BatchNormalization` layer and applies it to `inputs`; run the nodes in UPDATE_OPS to train."""
    layer = BatchNormalization(
        axis=axis,
        momentum=momentum,
        epsilon=epsilon,
        center=center,
        scale=scale,
        beta_initializer=beta_initializer,
        gamma_initializer=gamma_initializer,
        moving_mean_initializer=moving_mean_initializer,
        moving_variance_initializer=moving_variance_initializer,
        beta_regularizer=beta_regularizer,
        gamma_regularizer=gamma_regularizer,
        beta_constraint=beta_constraint,
        gamma_constraint=gamma_constraint,
        renorm=renorm,
        renorm_clipping=renorm_clipping,
        renorm_momentum=renorm_momentum,
        fused=fused,
        trainable=trainable,
        virtual_batch_size=virtual_batch_size,
        adjustment=adjustment,
        name=name,
        _scope=name,
        _reuse=reuse,
    )
    return layer.apply(inputs, training=training)

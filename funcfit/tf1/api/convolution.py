"""Convolutions and pooling composed of the op types: of any rank, with holes, transposed, separable.

Nodes come in the order in which TensorFlow 1.1 makes them: for filters with holes it moves pixels into the batch and
back.
"""

import numpy as np

from funcfit.tf1 import shapes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import api, raw, tf


def _channels_first(data_format):
    return data_format is not None and data_format.startswith("NC")


@api("nn.convolution")
def convolution(
    input,
    filter=None,
    padding=None,
    strides=None,
    dilation_rate=None,
    name=None,
    data_format=None,
    filters=None,
    dilations=None,
):
    """Images of one to three axes under a filter [*window, in, out], with strides or holes (`dilation_rate`)."""
    filter = filters if filter is None else filter
    dilation_rate = dilations if dilation_rate is None else dilation_rate
    with name_scope(name, "convolution", [input, filter]) as scope:
        input = convert_to_tensor(input, name="input")
        filter = convert_to_tensor(filter, name="filter")
        rank = input.shape.ndims if filter.shape.ndims is None else filter.shape.ndims
        if rank is None:
            raise ValueError("rank of input or filter must be known")
        spatial = rank - 2
        input_shape = input.shape.with_rank(rank)
        channels = input_shape[1 if _channels_first(data_format) else spatial + 1]
        if not channels.is_compatible_with(filter.shape.with_rank(rank)[spatial]):
            raise ValueError(
                "number of input channels does not match corresponding dimension of filter, "
                f"{channels} != {filter.shape[spatial]}"
            )
        strides, dilation_rate = _walk(spatial, strides, dilation_rate)

        def convolved(input, _, padding):
            return _without_holes(input, filter, padding, data_format, strides, scope)

        first = 2 if _channels_first(data_format) else 1
        return with_space_to_batch(
            input=input,
            filter_shape=tf.shape(filter),
            spatial_dims=range(first, first + spatial),
            dilation_rate=dilation_rate,
            padding=padding,
            op=convolved,
        )


def _without_holes(input, filter, padding, data_format, strides, name):
    with name_scope(name, "non_atrous_convolution", [input, filter]) as scope:
        rank = input.shape.with_rank(filter.shape.ndims).ndims
        if rank is None:
            raise ValueError("Rank of convolution must be known")
        if rank == 3:
            if data_format not in (None, "NWC", "NCW"):
                raise ValueError('data_format must be "NWC" or "NCW".')
            as_image = "NCHW" if data_format == "NCW" else "NHWC"
            return conv1d(input, filter, int(strides[0]), padding, data_format=as_image, name=scope)
        if rank == 4:
            if data_format not in (None, "NHWC", "NCHW"):
                raise ValueError('data_format must be "NHWC" or "NCHW".')
            return tf.nn.conv2d(input, filter, list(strides), padding, data_format=data_format or "NHWC", name=name)
        if rank == 5:
            if data_format not in (None, "NDHWC", "NCDHW"):
                raise ValueError('data_format must be "NDHWC" or "NCDHW".')
            return tf.nn.conv3d(input, filter, list(strides), padding, data_format=data_format or "NDHWC", name=name)
        raise ValueError("`input` and `filter` must have rank at least 3 and at most 5")


def _walk(spatial, strides, dilation_rate):
    """Strides and rates as arrays of one number a spatial axis, ones by default."""
    if dilation_rate is None:
        dilation_rate = [1] * spatial
    elif len(dilation_rate) != spatial:
        raise ValueError(f"len(dilation_rate)={len(dilation_rate)} but should be {spatial}")
    dilation_rate = np.array(dilation_rate, np.int32)
    if np.any(dilation_rate < 1):
        raise ValueError("all values of dilation_rate must be positive")
    if strides is None:
        strides = [1] * spatial
    elif len(strides) != spatial:
        raise ValueError(f"len(strides)={len(strides)} but should be {spatial}")
    strides = np.array(strides, np.int32)
    if np.any(strides < 1):
        raise ValueError("all values of strides must be positive")
    if np.any(strides > 1) and np.any(dilation_rate > 1):
        raise ValueError("strides > 1 not supported in conjunction with dilation_rate > 1")
    return strides, dilation_rate


@api("nn.with_space_to_batch")
def with_space_to_batch(input, dilation_rate, padding, op, filter_shape=None, spatial_dims=None, data_format=None):
    """`op(input, number of spatial axes, padding)` as if its filter had `dilation_rate` - 1 holes between its elements.

    Pixels that far apart become images of their own in a larger batch, on which `op` runs with VALID padding.
    """
    input = convert_to_tensor(input, name="input")
    dilation_rate = convert_to_tensor(dilation_rate, tf.int32, name="dilation_rate")
    if dilation_rate.shape.ndims not in (None, 1):
        raise ValueError("rate must be rank 1")
    if not dilation_rate.shape.is_fully_defined():
        raise ValueError("rate must have known shape")
    count = dilation_rate.shape[0].value
    spatial_dims = _spatial_dims(spatial_dims, count, data_format)
    known_rate = shapes.constant_value(dilation_rate)
    if known_rate is not None:
        if np.any(known_rate < 1):
            raise ValueError("dilation_rate must be positive")
        if np.all(known_rate == 1):
            return op(input, count, padding)
    rate = dilation_rate if known_rate is None else known_rate
    margins = _margins_of_filter(padding, filter_shape, count, rate)
    sizes = None if input.shape.ndims is None else [input.shape.as_list()[axis] for axis in spatial_dims]
    if sizes is None or None in sizes:
        sizes = tf.gather(tf.shape(input), spatial_dims)
    paddings, crops = tf.required_space_to_batch_paddings(
        input_shape=sizes, base_paddings=margins, block_shape=dilation_rate
    )
    block = _between(dilation_rate, 1, spatial_dims)
    paddings = _between(paddings, 0, spatial_dims)
    crops = _between(crops, 0, spatial_dims)
    apart = tf.space_to_batch_nd(input=input, block_shape=block, paddings=paddings)
    return tf.batch_to_space_nd(input=op(apart, count, "VALID"), block_shape=block, crops=crops)


def _spatial_dims(given, count, data_format):
    first = 2 if _channels_first(data_format) else 1
    given = list(range(first, first + count) if given is None else given)
    dims = sorted({int(axis) for axis in given})
    if dims != given or any(axis < 1 for axis in dims):
        raise ValueError("spatial_dims must be a montonically increasing sequence of positive integers")
    return dims


def _margins_of_filter(padding, filter_shape, count, rate):
    """What SAME padding of the filter with its holes adds before and after each spatial axis."""
    if padding == "VALID":
        return np.zeros([count, 2], np.int32)
    if padding != "SAME":
        raise ValueError(f"Invalid padding method {padding!r}")
    if filter_shape is None:
        raise ValueError("filter_shape must be specified for SAME padding")
    filter_shape = convert_to_tensor(filter_shape, name="filter_shape")
    known = shapes.constant_value(filter_shape)
    window = (filter_shape if known is None else known)[:count]
    extra = window + (window - 1) * (rate - 1) - 1
    before = extra // 2
    after = extra - before
    return tf.stack([[before[i], after[i]] for i in range(count)])


def _between(per_axis, fill, spatial_dims):
    """Rows for the spatial axes, with rows of `fill` for the axes between the batch and the last spatial one."""
    known = shapes.constant_value(per_axis)
    rows = per_axis if known is None else known
    row = per_axis.shape.as_list()[1:]
    parts, previous, i = [], 0, 0
    while i < len(spatial_dims):
        start, axis = i, spatial_dims[i]
        if axis > 1:
            parts.append(np.full([axis - 1 - previous, *row], fill, per_axis.dtype.as_numpy_dtype))
        while i + 1 < len(spatial_dims) and spatial_dims[i + 1] == spatial_dims[i] + 1:
            i += 1
        parts.append(rows[start : i + 1])
        previous = spatial_dims[i]
        i += 1
    return tf.concat(parts, 0) if known is None else np.concatenate(parts)


@api("nn.pool")
def pool(
    input,
    window_shape,
    pooling_type,
    padding,
    dilation_rate=None,
    strides=None,
    name=None,
    data_format=None,
    dilations=None,
):
    """Pools ("MAX" or "AVG") images of one to three spatial axes, with strides or with holes in the window."""
    dilation_rate = dilations if dilation_rate is None else dilation_rate
    with name_scope(name, f"{pooling_type.lower()}_pool", [input]) as scope:
        input = convert_to_tensor(input, name="input")
        spatial = len(window_shape)
        if not 1 <= spatial <= 3:
            raise ValueError("It is required that 1 <= num_spatial_dims <= 3.")
        input.shape.with_rank(spatial + 2)
        strides, dilation_rate = _walk(spatial, strides, dilation_rate)
        if padding == "SAME" and np.any(dilation_rate > 1):
            raise ValueError("pooling with SAME padding is not implemented for dilation_rate > 1")
        if np.any(strides > window_shape):
            raise ValueError(
                "strides > window_shape not supported due to inconsistency between CPU and GPU implementations"
            )
        kinds = {"MAX": (tf.nn.max_pool, tf.nn.max_pool3d), "AVG": (tf.nn.avg_pool, tf.nn.avg_pool3d)}
        if pooling_type not in kinds:
            raise ValueError(f"{spatial}-D {pooling_type} pooling is not supported.")
        image_pool, volume_pool = kinds[pooling_type]
        first = 2 if _channels_first(data_format) else 1
        window, steps = list(window_shape), list(strides)

        def pooled(input, _, padding):
            if spatial == 3:
                return volume_pool(input, window, steps, padding, data_format or "NDHWC", name=scope)
            if spatial == 2:
                return image_pool(input, window, steps, padding, data_format or "NHWC", name=scope)
            if data_format not in (None, "NWC", "NCW"):
                raise ValueError('data_format must be either "NWC" or "NCW".')
            row = tf.expand_dims(input, first)
            layout = "NCHW" if data_format == "NCW" else "NHWC"
            return tf.squeeze(image_pool(row, [1, *window], [1, *steps], padding, layout, name=scope), [first])

        return with_space_to_batch(
            input=input,
            dilation_rate=dilation_rate,
            padding=padding,
            op=pooled,
            spatial_dims=range(first, first + spatial),
            filter_shape=window_shape,
        )


@api("nn.conv1d")
def conv1d(
    value=None,
    filters=None,
    stride=None,
    padding=None,
    use_cudnn_on_gpu=None,
    data_format=None,
    name=None,
    input=None,
    dilations=None,
):
    """Sequences [batch, width, in] under a filter [width, in, out]; "NCW" (or "NCHW") has channels second."""
    value = input if value is None else value
    with name_scope(name, "conv1d", [value, filters]):
        if data_format in (None, "NHWC", "NWC"):
            data_format, axis = "NHWC", 1
        elif data_format in ("NCHW", "NCW"):
            data_format, axis = "NCHW", 2
        else:
            raise ValueError('data_format must be "NHWC" or "NCHW".')
        stride, holes = _only(stride, axis, "stride"), _only(1 if dilations is None else dilations, axis, "dilations")
        value = tf.expand_dims(value, axis)
        filters = tf.expand_dims(filters, 0)
        result = tf.nn.conv2d(
            value,
            filters,
            [1, stride],
            padding,
            use_cudnn_on_gpu=use_cudnn_on_gpu,
            data_format=data_format,
            dilations=[1, holes],
        )
        return tf.squeeze(result, [axis])


def _only(size, axis, what):
    """The number for a sequence's one spatial axis, from that number or a list of one or three."""
    return shapes.window_sizes(size, 3, "NCW" if axis == 2 else "NWC", what, "conv1d")[axis]


@api("nn.conv1d_transpose", "contrib.nn.conv1d_transpose")
def conv1d_transpose(
    input, filters, output_shape, strides, padding="SAME", data_format="NWC", dilations=None, name=None
):
    """The gradient of `conv1d`'s input as an operation of its own: sequences [batch, width, in] to `output_shape`."""
    with name_scope(name, "conv1d_transpose", [input, filters, output_shape]):
        axis = 2 if _channels_first(data_format) else 1
        layout = "NCHW" if axis == 2 else "NHWC"
        stride = _only(strides, axis, "strides")
        holes = _only(1 if dilations is None else dilations, axis, "dilations")
        shape = convert_to_tensor(output_shape, name="output_shape")
        shape = tf.concat([shape[:axis], [1], shape[axis:]], 0)
        result = tf.nn.conv2d_backprop_input(
            shape,
            tf.expand_dims(filters, 0),
            tf.expand_dims(input, axis),
            [1, stride],
            padding,
            data_format=layout,
            dilations=[1, holes],
        )
        return tf.squeeze(result, [axis])


def _check_padding(padding):
    if padding not in ("VALID", "SAME"):
        raise ValueError(f"padding must be either VALID or SAME: {padding}")


def _output_shape(value, filter, output_shape, rank, channel):
    """`output_shape` as a tensor, when it and the filter fit."""
    if not value.shape.with_rank(rank)[channel].is_compatible_with(filter.shape.with_rank(rank)[rank - 1]):
        raise ValueError(
            f"input channels does not match filter's input channels, {value.shape[channel]} != {filter.shape[rank - 1]}"
        )
    sizes = convert_to_tensor(output_shape, name="output_shape")
    if not sizes.shape.is_compatible_with(TensorShape([rank])):
        raise ValueError(f"output_shape must have shape ({rank},), got {sizes.shape}")
    if isinstance(output_shape, (list, np.ndarray)):
        if not filter.shape[rank - 2].is_compatible_with(_size(output_shape[channel])):
            raise ValueError(
                "output_shape does not match filter's output channels, "
                f"{output_shape[channel]} != {filter.shape[rank - 2]}"
            )
    return sizes


def _size(value):
    """A Python size as it is; None for one that only a run knows."""
    return None if isinstance(value, tf.Tensor) else value


@api("nn.conv2d_transpose")
def conv2d_transpose(
    value=None,
    filter=None,
    output_shape=None,
    strides=None,
    padding="SAME",
    data_format="NHWC",
    name=None,
    input=None,
    filters=None,
    dilations=None,
):
    """The gradient of conv2d's input as an operation of its own; the filter is [height, width, out, in].

    Several output shapes can have given images of one shape: `output_shape` says which.
    """
    value = input if value is None else value
    filter = filters if filter is None else filter
    with name_scope(name, "conv2d_transpose", [value, filter, output_shape]) as scope:
        if data_format not in ("NCHW", "NHWC"):
            raise ValueError("data_format has to be either NCHW or NHWC.")
        value = convert_to_tensor(value, name="value")
        filter = convert_to_tensor(filter, name="filter")
        sizes = _output_shape(value, filter, output_shape, 4, 1 if data_format == "NCHW" else 3)
        _check_padding(padding)
        return tf.nn.conv2d_backprop_input(
            sizes, filter, value, strides, padding, data_format=data_format, dilations=dilations, name=scope
        )


@api("nn.conv3d_transpose")
def conv3d_transpose(
    value=None,
    filter=None,
    output_shape=None,
    strides=None,
    padding="SAME",
    data_format="NDHWC",
    name=None,
    input=None,
    filters=None,
    dilations=None,
):
    """The gradient of conv3d's input as an operation of its own; the filter is [depth, height, width, out, in]."""
    value = input if value is None else value
    filter = filters if filter is None else filter
    with name_scope(name, "conv3d_transpose", [value, filter, output_shape]) as scope:
        value = convert_to_tensor(value, name="value")
        filter = convert_to_tensor(filter, name="filter")
        sizes = _output_shape(value, filter, output_shape, 5, 1 if _channels_first(data_format) else 4)
        _check_padding(padding)
        return tf.nn.conv3d_backprop_input_v2(
            sizes, filter, value, strides, padding, data_format=data_format, dilations=dilations, name=scope
        )


@api("nn.conv_transpose")
def conv_transpose(input, filters, output_shape, strides, padding="SAME", data_format=None, dilations=None, name=None):
    """conv1d_transpose, conv2d_transpose or conv3d_transpose, by the length of `output_shape`."""
    with name_scope(name, "conv_transpose", [input, filters, output_shape]):
        rank = convert_to_tensor(output_shape, name="output_shape").shape.num_elements()
        if rank not in (3, 4, 5):
            raise ValueError(f"output_shape must have 3, 4 or 5 entries, not {rank}")
        function, layout = {
            3: (conv1d_transpose, "NWC"),
            4: (conv2d_transpose, "NHWC"),
            5: (conv3d_transpose, "NDHWC"),
        }[rank]
        layout = data_format or layout
        return function(input, filters, output_shape, strides, padding, data_format=layout, dilations=dilations)


@api("nn.atrous_conv2d")
def atrous_conv2d(value, filters, rate, padding, name=None):
    """conv2d with `rate` - 1 holes between the filter's elements, along height and width alike."""
    with name_scope(name, "atrous_conv2d", [value, filters]) as scope:
        value = convert_to_tensor(value, name="value")
        filters = convert_to_tensor(filters, name="filters")
        if not value.shape[3].is_compatible_with(filters.shape[2]):
            raise ValueError(
                f"value's input channels does not match filters' input channels, {value.shape[3]} != {filters.shape[2]}"
            )
        if rate < 1:
            raise ValueError(f"rate {rate} cannot be less than one")
        if rate == 1:
            return raw.Conv2D(value, filters, strides=[1, 1, 1, 1], padding=padding)
        margins = _margins_of_holes(filters, rate, padding, "Invalid padding")
        sizes = value.shape.as_list() if value.shape.is_fully_defined() else tf.shape(value)
        extra = _extra(sizes, margins, rate)
        (top, bottom), (left, right) = margins
        padded = [[top, bottom + extra[0]], [left, right + extra[1]]]
        value = tf.space_to_batch(input=value, paddings=padded, block_size=rate)
        value = raw.Conv2D(value, filters, strides=[1, 1, 1, 1], padding="VALID", name=scope)
        return tf.batch_to_space(input=value, crops=[[0, extra[0]], [0, extra[1]]], block_size=rate)


def _margins_of_holes(filters, rate, padding, complaint):
    """((top, bottom), (left, right)) that SAME padding adds for a filter with holes."""
    if padding == "VALID":
        return (0, 0), (0, 0)
    if padding != "SAME":
        raise ValueError(complaint)
    shape = filters.shape.as_list() if filters.shape.is_fully_defined() else tf.shape(filters)
    height, width = shape[0], shape[1]
    reach_down = height + (height - 1) * (rate - 1)
    reach_right = width + (width - 1) * (rate - 1)
    down, across = reach_down - 1, reach_right - 1
    top = down // 2
    bottom = down - top
    left = across // 2
    return (top, bottom), (left, across - left)


def _extra(sizes, margins, rate):
    """What is still missing, below and to the right, for the padded sizes to be multiples of `rate`."""
    (top, bottom), (left, right) = margins
    height = sizes[1] + top + bottom
    width = sizes[2] + left + right
    return (rate - height % rate) % rate, (rate - width % rate) % rate


@api("nn.atrous_conv2d_transpose")
def atrous_conv2d_transpose(value, filters, output_shape, rate, padding, name=None):
    """The gradient of `atrous_conv2d`'s value as an operation of its own; the filters are [height, width, out, in]."""
    with name_scope(name, "atrous_conv2d_transpose", [value, filters, output_shape]):
        value = convert_to_tensor(value, name="value")
        filters = convert_to_tensor(filters, name="filters")
        if not value.shape[3].is_compatible_with(filters.shape[3]):
            raise ValueError(
                f"value's input channels does not match filters' input channels, {value.shape[3]} != {filters.shape[3]}"
            )
        if rate < 1:
            raise ValueError(f"rate {rate} cannot be less than one")
        if rate == 1:
            return conv2d_transpose(value, filters, output_shape, strides=[1, 1, 1, 1], padding=padding)
        _output_shape(value, filters, output_shape, 4, 3)
        margins = _margins_of_holes(filters, rate, padding, f"padding must be either VALID or SAME: {padding}")
        (top, bottom), (left, right) = margins
        height = output_shape[1] + top + bottom
        width = output_shape[2] + left + right
        below = (rate - height % rate) % rate
        beside = (rate - width % rate) % rate
        value = tf.space_to_batch(input=value, paddings=[[0, below], [0, beside]], block_size=rate)
        sizes = [rate * rate * output_shape[0], (height + below) // rate, (width + beside) // rate, output_shape[3]]
        value = raw.Conv2DBackpropInput(
            sizes, filters, value, strides=[1, 1, 1, 1], padding="VALID", data_format="NHWC"
        )
        crops = [[top, bottom + below], [left, right + beside]]
        return tf.batch_to_space(input=value, crops=crops, block_size=rate)


@api("nn.depthwise_conv2d")
def depthwise_conv2d(input, filter, strides, padding, rate=None, name=None, data_format=None, dilations=None):
    """Each channel under filters of its own, [height, width, in, multiplier], with holes when `rate` is above one."""
    rate = dilations if rate is None else rate
    with name_scope(name, "depthwise", [input, filter]) as scope:
        input = convert_to_tensor(input, name="tensor_in")
        filter = convert_to_tensor(filter, name="filter_in")

        def convolved(input, _, padding):
            return tf.nn.depthwise_conv2d_native(input, filter, strides, padding, data_format=data_format, name=scope)

        return with_space_to_batch(
            input=input,
            filter_shape=tf.shape(filter),
            dilation_rate=[1, 1] if rate is None else rate,
            padding=padding,
            data_format=data_format,
            op=convolved,
        )


@api("nn.separable_conv2d")
def separable_conv2d(
    input,
    depthwise_filter,
    pointwise_filter,
    strides,
    padding,
    rate=None,
    name=None,
    data_format=None,
    dilations=None,
):
    """depthwise_conv2d, whose channels a filter [1, 1, in * multiplier, out] then mixes."""
    rate = dilations if rate is None else rate
    with name_scope(name, "separable_conv2d", [input, depthwise_filter, pointwise_filter]) as scope:
        input = convert_to_tensor(input, name="tensor_in")
        depthwise_filter = convert_to_tensor(depthwise_filter, name="depthwise_filter")
        pointwise_filter = convert_to_tensor(pointwise_filter, name="pointwise_filter")
        pointwise = pointwise_filter.shape.with_rank(4)
        pointwise[0].assert_is_compatible_with(1)
        pointwise[1].assert_is_compatible_with(1)

        def convolved(input, _, padding):
            return tf.nn.depthwise_conv2d_native(
                input, depthwise_filter, strides, padding, data_format=data_format, name="depthwise"
            )

        between = with_space_to_batch(
            input=input,
            filter_shape=tf.shape(depthwise_filter),
            dilation_rate=[1, 1] if rate is None else rate,
            padding=padding,
            data_format=data_format,
            op=convolved,
        )
        return tf.nn.conv2d(between, pointwise_filter, [1, 1, 1, 1], "VALID", data_format=data_format, name=scope)

"""tf.image's array functions."""

from .inputs import f32, i32, ramp, row, u8

_PICTURE = {"ordinary": f32(ramp(3, 4, 3, start=0.0, stop=1.0)), "byte": u8(ramp(3, 4, 3, start=0.0, stop=255.0))}
_PICTURES = {
    "ordinary": f32(ramp(2, 3, 4, 3, start=0.0, stop=1.0)),
    "byte": u8(ramp(2, 3, 4, 3, start=0.0, stop=255.0)),
}
_FLOAT = {"ordinary": _PICTURE["ordinary"]}
_BATCH = {"ordinary": _PICTURES["ordinary"]}
_BOXES = f32([[0.0, 0.0, 1.0, 1.0], [0.1, 0.2, 0.7, 0.8], [0.5, 0.5, 1.5, 1.2]])
_COLOUR = 1e-4  # hues divide small differences


def _image(name, *args, **options):
    return lambda tf, *inputs: getattr(tf.image, name)(*inputs, *args, **options)


_RESIZES = ("resize_bilinear", "resize_nearest_neighbor", "resize_bicubic", "resize_area")

ROWS = [
    # Turning and cutting.
    *[
        row("image." + name, _image(name), _PICTURE)
        for name in ("flip_left_right", "flip_up_down", "transpose_image", "rot90")
    ],
    row(
        "image flips of a batch",
        lambda tf, x: (
            tf.image.flip_left_right(x),
            tf.image.flip_up_down(x),
            tf.image.rot90(x, 3),
            tf.image.transpose(x),
        ),
        _BATCH,
    ),
    row(
        "image.rot90 times", lambda tf, x: (tf.image.rot90(x, 2), tf.image.rot90(x, k=3), tf.image.rot90(x, 4)), _FLOAT
    ),
    row(
        "image.crop_to_bounding_box",
        _image("crop_to_bounding_box", 1, 1, 2, 3),
        dict(_PICTURE, batch=_BATCH["ordinary"]),
    ),
    row(
        "image.pad_to_bounding_box", _image("pad_to_bounding_box", 1, 2, 6, 7), dict(_PICTURE, batch=_BATCH["ordinary"])
    ),
    row(
        "image.resize_image_with_crop_or_pad",
        lambda tf, x: (
            tf.image.resize_image_with_crop_or_pad(x, 2, 6),
            tf.image.resize_image_with_crop_or_pad(x, 5, 1),
        ),
        dict(_PICTURE, batch=_BATCH["ordinary"]),
    ),
    row(
        "image.central_crop",
        lambda tf, x: (tf.image.central_crop(x, 0.5), tf.image.central_crop(x, 1.0)),
        dict(_PICTURE, batch=_BATCH["ordinary"]),
    ),
    # Resizing.
    *[
        row(
            f"image.{name} to {size}{' aligned' if aligned else ''}",
            _image(name, size, align_corners=aligned),
            _PICTURES,
        )
        for name in _RESIZES
        for size in ([5, 6], [2, 3])
        for aligned in (False, True)
    ],
    *[
        row(
            "image.resize_images " + method,
            lambda tf, x, m=method: tf.image.resize_images(x, [4, 2], method=getattr(tf.image.ResizeMethod, m)),
            dict(_PICTURE, batch=_PICTURES["byte"]),
        )
        for method in ("BILINEAR", "NEAREST_NEIGHBOR", "BICUBIC", "AREA")
    ],
    row(
        "image.resize_images same",
        lambda tf, x: (
            tf.image.resize_images(x, [3, 4]),
            tf.image.resize_images(x, tf.constant([6, 8]), preserve_aspect_ratio=True),
        ),
        _PICTURE,
    ),
    row("image.resize_image_with_pad", _image("resize_image_with_pad", 5, 5), _FLOAT),
    row(
        "image.crop_and_resize",
        lambda tf, x, b: tf.image.crop_and_resize(x, b, [0, 1, 1], [3, 3]),
        {"ordinary": _BATCH["ordinary"] + _BOXES},
    ),
    row(
        "image.crop_and_resize nearest",
        lambda tf, x, b: tf.image.crop_and_resize(x, b, [0, 1, 1], [2, 2], method="nearest", extrapolation_value=7.0),
        {"ordinary": _BATCH["ordinary"] + _BOXES},
    ),
    row(
        "image.extract_glimpse",
        lambda tf, x: (
            tf.image.extract_glimpse(x, [2, 2], [[0.0, 0.0], [0.5, -0.5]]),
            tf.image.extract_glimpse(
                x, [3, 2], [[1.0, 1.0], [2.0, 1.0]], centered=False, normalized=False, uniform_noise=False
            ),
        ),
        {"ordinary": f32(ramp(2, 4, 4, 1))},
    ),
    # Colours.
    *[
        row("image." + name, _image(name), _FLOAT, rtol=_COLOUR)
        for name in ("rgb_to_hsv", "hsv_to_rgb", "rgb_to_yiq", "yiq_to_rgb", "rgb_to_yuv", "yuv_to_rgb")
    ],
    row("image.rgb_to_grayscale", _image("rgb_to_grayscale"), dict(_PICTURE, batch=_BATCH["ordinary"])),
    row(
        "image.grayscale_to_rgb", _image("grayscale_to_rgb"), {"ordinary": f32(ramp(2, 3, 1)), "byte": u8([[[3], [4]]])}
    ),
    row("image.adjust_brightness", _image("adjust_brightness", 0.2), _PICTURE),
    row("image.adjust_contrast", _image("adjust_contrast", 1.7), _PICTURES),
    row("image.adjust_hue", _image("adjust_hue", 0.2), _PICTURE, rtol=_COLOUR),
    row("image.adjust_saturation", _image("adjust_saturation", 0.6), _PICTURE, rtol=_COLOUR),
    row("image.adjust_gamma", _image("adjust_gamma", 1.7, gain=0.9), _FLOAT),  # bytes stay bytes only in 1.15
    row(
        "image.per_image_standardization",
        _image("per_image_standardization"),
        dict(_FLOAT, flat=f32(ramp(2, 2, 1) * 0 + 3)),  # 1.15 scales bytes first and gives bytes
        rtol=1e-4,  # a variance from float32 squares
    ),
    row(
        "image.convert_image_dtype to float",
        lambda tf, x: tf.image.convert_image_dtype(x, tf.float32),
        {"byte": u8([0, 7, 255]), "int": i32([0, 7, 2**30])},
    ),
    row(
        "image.convert_image_dtype to bytes",
        lambda tf, x: tf.image.convert_image_dtype(x, tf.uint8),
        {"ordinary": f32([0.0, 0.2, 1.0]), "byte": u8([0, 7]), "int": i32([0, 2**30])},
    ),
    row(
        "image.convert_image_dtype saturating",
        lambda tf, x: tf.image.convert_image_dtype(x, tf.uint8, saturate=True),
        {"ordinary": f32([-0.5, 0.2, 1.7])},
    ),
    # Measuring.
    row(
        "image.total_variation",
        _image("total_variation"),
        {"ordinary": _PICTURE["ordinary"], "batch": _BATCH["ordinary"]},
    ),
    row("image.image_gradients", _image("image_gradients"), _BATCH),
    row("image.sobel_edges", _image("sobel_edges"), _BATCH),
    row("image.psnr", _image("psnr", 1.0), {"ordinary": f32(ramp(2, 3, 3, 1, start=0.0), ramp(2, 3, 3, 1, start=0.2))}),
    row(
        "image.ssim",
        _image("ssim", 1.0),
        {"ordinary": f32(ramp(1, 12, 12, 1, start=0.0), ramp(1, 12, 12, 1, start=0.2))},
        rtol=1e-3,
    ),  # differences of float32 products
    # Boxes.
    row(
        "image.draw_bounding_boxes",
        lambda tf, x: tf.image.draw_bounding_boxes(x, [[[0.1, 0.1, 0.8, 0.7]], [[0.0, 0.3, 1.0, 0.9]]]),
        {"ordinary": f32(ramp(2, 6, 6, 3, start=0.0))},
    ),
    row(
        "image.non_max_suppression",
        lambda tf, b, s: (
            tf.image.non_max_suppression(b, s, 3),
            tf.image.non_max_suppression(b, s, 3, iou_threshold=0.1, score_threshold=0.4),
        ),
        {"ordinary": f32([[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, 2, 1, 3], [0, 2.1, 1, 3.2]], [0.9, 0.75, 0.6, 0.95])},
    ),
]

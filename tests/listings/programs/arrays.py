"""Array, random and image functions by themselves."""


def makers(tf):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    tf.zeros([2, 3])
    tf.ones([2], dtype=tf.int32)
    tf.zeros(tf.shape(x))
    tf.fill([2, 2], 7)
    tf.zeros_like(x)
    tf.ones_like(x)
    tf.zeros_like(x, dtype=tf.int32)
    tf.zeros_like(tf.constant([1.0, 2.0]))
    tf.range(5)
    tf.range(1, 10, 2)
    tf.range(0.0, 1.0, 0.25)
    tf.linspace(0.0, 1.0, 5)
    tf.eye(3)
    tf.one_hot([0, 2], 3)
    tf.one_hot([0, 2], depth=3, on_value=5, off_value=0, axis=0)
    tf.sequence_mask([1, 3], 4)
    return {x: [[1.0, 2.0, 3.0]]}


def shapes(tf):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    known = tf.constant([[1.0, 2.0]], name="known")
    tf.shape(x)
    tf.shape(known)
    tf.shape(x, out_type=tf.int64)
    tf.size(x)
    tf.size(known)
    tf.rank(x)
    tf.rank(known)
    tf.shape_n([x, known])
    tf.reshape(x, [tf.shape(x)[0] * 3])
    tf.reshape(x, tf.stack([-1, 1]))
    return {x: [[1.0, 2.0, 3.0]]}


def comparisons(tf):
    x = tf.placeholder(tf.float32, [3], name="x")
    tf.equal(x, 1.0)
    tf.not_equal(x, 1.0)
    tf.less(x, 1.0)
    tf.less_equal(x, 1.0)
    tf.greater(x, 1.0)
    tf.greater_equal(x, 1.0)
    tf.logical_and(x > 0.0, x < 2.0)
    tf.logical_or(x > 0.0, x < 2.0)
    tf.logical_xor(x > 0.0, x < 2.0)
    tf.logical_not(x > 0.0)
    tf.is_nan(x)
    tf.is_inf(x)
    tf.is_finite(x)
    tf.reduce_all(x > 0.0)
    tf.reduce_any(x > 0.0)
    tf.count_nonzero(x)
    return {x: [1.0, 2.0, 3.0]}


def searches(tf):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    tf.argmax(x, 1)
    tf.argmin(x, axis=0)
    tf.where(x > 1.0)
    tf.unique([1, 2, 1])
    tf.setdiff1d([1, 2, 3], [2])
    tf.invert_permutation([1, 0, 2])
    tf.nn.top_k(x)
    tf.confusion_matrix([1, 0], [1, 1], num_classes=2)
    tf.bincount([1, 1, 2])
    return {x: [[1.0, 2.0, 3.0]] * 2}


def arrangements(tf):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    tf.meshgrid([1, 2], [3, 4, 5])
    tf.stack([1, 2.0])
    tf.stack([x, x], axis=-1)
    tf.unstack(x, axis=1)
    tf.parallel_stack([x, x])
    tf.concat([x, [[7.0, 8.0, 9.0]]], 0)
    tf.tile([1, 2], [2])
    tf.reverse(x, axis=[-1])
    tf.boolean_mask(x, x > 1.0)
    tf.cross([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    return {x: [[1.0, 2.0, 3.0]] * 2}


def divisions(tf):
    a = tf.constant([7, -7], name="a")
    x = tf.constant([7.0, -7.0], name="x")
    tf.div(a, 2)
    tf.truediv(a, 2)
    tf.floordiv(a, 2)
    tf.mod(a, 2)
    tf.truncatediv(a, 2)
    tf.truncatemod(a, 2)
    tf.div(x, 2.0)
    tf.divide(x, 2.0)
    tf.realdiv(x, 2.0)
    tf.floor_div(x, 2.0)
    tf.scalar_mul(2.0, x)
    tf.saturate_cast(x, tf.uint8)


def random_unseeded(tf):
    tf.random_normal([2, 3])
    tf.random_uniform([2], 0, 10, dtype=tf.int32)
    tf.truncated_normal([2], 1.0, 0.5)
    tf.random_shuffle([1, 2, 3])
    tf.multinomial([[0.5, 0.5]], 3)
    tf.random_gamma([2], 0.5)
    tf.random_crop([[1, 2, 3], [4, 5, 6]], [1, 2])


def random_op_seeds(tf):
    tf.random_normal([2], seed=1)
    tf.random_uniform([2], seed=2)
    tf.truncated_normal([2], seed=3)
    tf.random_shuffle([1, 2, 3], seed=4)
    tf.multinomial([[0.5, 0.5]], 3, seed=5)
    tf.random_gamma([2], 0.5, beta=2.0, seed=6)


def random_graph_seed(tf):
    tf.set_random_seed(42)
    tf.random_normal([2])
    tf.random_normal([2])
    tf.random_uniform([2], seed=9)
    tf.random_uniform([2], minval=-1.0)
    tf.set_random_seed(43)
    tf.random_normal([2])


def images(tf):
    image = tf.placeholder(tf.float32, [4, 4, 3], name="image")
    tf.image.flip_left_right(image)
    tf.image.flip_up_down(image)
    tf.image.rot90(image)
    tf.image.transpose_image(image)
    tf.image.resize_image_with_crop_or_pad(image, 2, 6)
    tf.image.central_crop(image, 0.5)
    tf.image.pad_to_bounding_box(image, 1, 1, 6, 6)
    tf.image.crop_to_bounding_box(image, 1, 1, 2, 2)
    tf.image.rgb_to_grayscale(image)
    tf.image.per_image_standardization(image)
    return {image: [[[0.1, 0.2, 0.3]] * 4] * 4}


def image_resizes(tf):
    image = tf.placeholder(tf.float32, [None, 4, 4, 3], name="image")
    tf.image.resize_images(image, [2, 2])
    tf.image.resize_images(image, [8, 8], method=tf.image.ResizeMethod.NEAREST_NEIGHBOR)
    tf.image.resize_bicubic(image, [3, 3])
    tf.image.resize_area(image, [2, 2])
    tf.image.crop_and_resize(image, [[0.0, 0.0, 1.0, 1.0]], [0], [2, 2])
    return {image: [[[[0.1, 0.2, 0.3]] * 4] * 4]}


def image_colours(tf):
    image = tf.placeholder(tf.float32, [4, 4, 3], name="image")
    tf.image.adjust_brightness(image, 0.1)
    tf.image.adjust_contrast(image, 2.0)
    tf.image.adjust_hue(image, 0.1)
    tf.image.adjust_saturation(image, 0.5)
    tf.image.adjust_gamma(image, 2.0)
    tf.image.convert_image_dtype(image, tf.uint8)
    tf.image.convert_image_dtype(tf.cast(image, tf.uint8), tf.float32)
    tf.image.grayscale_to_rgb(image[:, :, :1])
    return {image: [[[0.1, 0.2, 0.3]] * 4] * 4}


def random_images(tf):
    image = tf.placeholder(tf.float32, [4, 4, 3], name="image")
    tf.image.random_flip_left_right(image, seed=1)
    tf.image.random_flip_up_down(image, seed=2)
    tf.image.random_brightness(image, 0.2, seed=3)
    tf.image.random_contrast(image, 0.5, 1.5, seed=4)
    return {image: [[[0.1, 0.2, 0.3]] * 4] * 4}


def metrics_by_hand(tf):
    labels = tf.placeholder(tf.int32, [None], name="labels")
    logits = tf.placeholder(tf.float32, [None, 3], name="logits")
    predictions = tf.cast(tf.argmax(tf.nn.softmax(logits), 1), tf.int32)
    tf.reduce_mean(tf.to_float(tf.equal(predictions, labels)), name="accuracy")
    return {labels: [0, 1], logits: [[1.0, 0.0, 0.0]] * 2}

"""Who speaks TensorFlow 1. Under Python 3.6 too."""

import os


def provided(provider):
    """The `tf` of "funcfit" or "tensorflow" (of 2.x its compat.v1), and its version."""
    if provider == "funcfit":
        import funcfit.tf1 as tf

        return tf, "funcfit"
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["TF_USE_LEGACY_KERAS"] = "1"  # where TensorFlow 2 keeps its recurrent cells
    import tensorflow as tf

    version = tf.__version__
    if version >= "2":
        tf = tf.compat.v1
        tf.disable_v2_behavior()
    return tf, version

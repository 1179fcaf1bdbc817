"""Records what genuine TensorFlow draws: tests/fixtures/random/tf<release>.json and .npz.

    PYTHON_WITH_TF_1.1  scripts/record_random.py tests/fixtures/random
    PYTHON_WITH_TF_1.15 scripts/record_random.py tests/fixtures/random

A case is a graph: a graph seed or null, and calls made in this order in it, all fetched together in three runs of one
session. tests/recorded_random.py reads the files and says how the values are written. TensorFlow 1.1 records graph
seeds and `multinomial` (whose draws later releases changed), 1.15 op seeds; some cases are in both, for comparison.
"""

import hashlib
import json
import os
import sys

import numpy as np
import tensorflow as tf
from tensorflow.python.ops import random_ops

FLOATS = ("float16", "float32", "float64")
SHAPES = ([], [3], [7, 5], [0, 3], [1001], [100, 100], [10000])
SEEDS = (0, 1, 87654321, 2**31 - 1)
LOGITS = [[0.0, 1.0, 2.0, -1.0, 0.5], [3.0, 0.0, 0.0, 0.0, 0.0], [-1.0, -1.0, -1.0, -1.0, 5.0]]
CLASSES = [[0, 3], [7, 1], [12, 30]]
UNIGRAMS = [1.0, 4.0, 2.0, 0.5, 0.25, 8.0, 3.0]

EXACT = {"random_uniform", "random_shuffle", "random_crop", "multinomial", "nn.dropout"}  # kept as checksums when long


def call(name, fed=(), **kwargs):
    return {"call": name, "kwargs": kwargs, "fed": list(fed)}


def arange(*shape):
    return {"arange": list(shape)}


def array(values, dtype):
    return {"array": values, "dtype": dtype}


def sampler_calls():
    """Every random call with arguments of its own, unseeded, on small shapes."""
    for dtype in FLOATS:
        yield call("random_uniform", shape=[7, 5], dtype=dtype)
        yield call("random_normal", shape=[7, 5], dtype=dtype)
        yield call("truncated_normal", shape=[7, 5], dtype=dtype)
        yield call("random_gamma", shape=[6], alpha=array([0.3, 1.0, 2.5], dtype), dtype=dtype)
        yield call("random_poisson", shape=[6], lam=array([0.0, 0.5, 4.0, 25.0], dtype), dtype=dtype)
        yield call("multinomial", logits=array(LOGITS, dtype), num_samples=7)
        yield call("nn.dropout", x=array([[1.0] * 8, [2.0] * 8], dtype), keep_prob=0.7)
    yield call("random_uniform", shape=[7, 5], minval=-3.0, maxval=5.0)
    yield call("random_normal", shape=[7, 5], mean=2.0, stddev=0.5)
    yield call("truncated_normal", shape=[7, 5], mean=2.0, stddev=0.5)
    yield call("random_uniform", shape=[7, 5], minval=-3, maxval=5, dtype="int32")
    yield call("random_uniform", shape=[7, 5], minval=-(2**31), maxval=2**31 - 1, dtype="int32")
    yield call("random_uniform", shape=[7, 5], minval=-3, maxval=5, dtype="int64")
    yield call("random_uniform", shape=[7, 5], minval=-(2**62), maxval=2**62 + 12345, dtype="int64")
    yield call("random_gamma", shape=[2, 2], alpha=0.5, beta=array([2.0, 3.0], "float32"))
    yield call("random_poisson", shape=[], lam=3.0)
    yield call("random_shuffle", value=arange(1))
    yield call("random_shuffle", value=arange(7))
    yield call("random_shuffle", value=arange(5, 3))
    yield call("random_crop", value=arange(9, 8, 3), size=[4, 8, 2])
    yield call("nn.dropout", x=array([[1.0] * 8, [2.0] * 8], "float32"), keep_prob=0.5, noise_shape=[2, 1])
    for unique in (True, False):
        for name in ("uniform", "log_uniform", "learned_unigram"):
            yield candidates(name, CLASSES, 2, 20, unique, range_max=50)
        yield candidates("fixed_unigram", [[0, 6], [3, 2]], 2, 6, unique, range_max=7, unigrams=UNIGRAMS)
        yield candidates(
            "fixed_unigram",
            [[0], [3]],
            1,
            4,
            unique,
            range_max=9,
            unigrams=UNIGRAMS,
            distortion=0.75,
            num_reserved_ids=2,
        )
    yield candidates("uniform", CLASSES, 2, 50, True, range_max=50)
    yield candidates("log_uniform", CLASSES, 2, 30, True, range_max=31)
    yield call(
        "nn.all_candidate_sampler", true_classes=array([[0], [3]], "int64"), num_true=1, num_sampled=5, unique=True
    )


def candidates(name, true_classes, num_true, num_sampled, unique, **kwargs):
    """The classes are fed: TF 1.1 folds a sampler of constant classes to a constant."""
    return call(
        f"nn.{name}_candidate_sampler",
        fed=["true_classes"],
        true_classes=array(true_classes, "int64"),
        num_true=num_true,
        num_sampled=num_sampled,
        unique=unique,
        **kwargs,
    )


def truncated(shape, mean, stddev, low, high, dtype="float32"):
    means = dict(zip(("means", "stddevs", "minvals", "maxvals"), (array(x, dtype) for x in (mean, stddev, low, high))))
    return call("parameterized_truncated_normal", shape=shape, dtype=dtype, **means)


def parameterized_calls():
    """TF 1.1's only: the kernel has other methods later."""
    for dtype in FLOATS:
        yield truncated([9, 4], 0.0, 1.0, -2.0, 2.0, dtype)
    yield truncated([250], 1.0, 2.0, 0.0, 3.0)
    yield truncated([250], 0.0, 1.0, 3.0, float("inf"))
    yield truncated([250], 0.0, 1.0, float("-inf"), 0.5)
    yield truncated([3, 40], [0.0, 1.0, 5.0], [1.0, 2.0, 0.1], [-1.0, 0.0, -9.0], [1.0, 9.0, 4.0])


def with_seed(calls, seed):
    return [dict(c, kwargs=dict(c["kwargs"], seed=seed)) for c in calls]


def cases():
    first_release = tf.__version__.startswith("1.1.")
    small = [c for c in sampler_calls() if not changed(c, first_release)]
    yield from ((None, with_seed([c], 42)) for c in small)
    if first_release:
        yield from ((42, [c]) for c in small)
        yield from ((42, with_seed([c], 42)) for c in small[:7])
        yield from ((None, with_seed([c], 42)) for c in parameterized_calls())
        yield 7, small  # one graph: seeds come from node counts
        yield None, with_seed([call("multinomial", logits=array(LOGITS * 50, "float32"), num_samples=66)], 1)
        long = [call(name, shape=[10000]) for name in ("random_uniform", "random_normal", "truncated_normal")]
        yield from ((42, [c]) for c in long)
        return
    for seed in SEEDS:
        for name in ("random_uniform", "random_normal", "truncated_normal"):
            yield None, with_seed([call(name, shape=[7, 5])], seed)
        yield None, with_seed([call("random_shuffle", value=arange(20))], seed)
    for shape in SHAPES:
        for name in ("random_uniform", "random_normal", "truncated_normal"):
            if shape != [100, 100] or name == "random_uniform":
                yield None, with_seed([call(name, shape=shape)], 42)
        yield None, with_seed([call("random_uniform", shape=shape, minval=0, maxval=1000003, dtype="int32")], 42)
        yield None, with_seed([call("random_uniform", shape=shape, dtype="float64")], 42)
    for name in ("random_normal", "truncated_normal"):
        yield None, with_seed([call(name, shape=[1001], dtype="float64")], 42)
    yield None, with_seed([call("random_shuffle", value=arange(10000))], 42)
    yield None, with_seed([call("random_shuffle", value=arange(1001, 2))], 42)
    yield None, with_seed([call("random_gamma", shape=[1001], alpha=array([0.2, 1.0, 7.0], "float32"))], 42)
    yield None, with_seed([call("random_gamma", shape=[10000], alpha=2.5)], 42)
    yield None, with_seed([call("random_poisson", shape=[1001], lam=array([0.2, 9.9, 10.0, 300.0], "float32"))], 42)
    yield None, with_seed([call("random_poisson", shape=[10000], lam=4.0)], 42)


def changed(one, first_release):
    """Whether another release draws what funcfit draws: 1.1 computes `random_poisson` in the result's type."""
    if first_release:
        return one["call"] == "random_poisson" and one["kwargs"].get("dtype") != "float64"
    return one["call"] == "multinomial"


def argument(key, value):
    if isinstance(value, dict):
        if "arange" in value:
            return np.arange(np.prod(value["arange"]), dtype=np.int32).reshape(value["arange"])
        return np.array(value["array"], value["dtype"])
    return tf.as_dtype(value) if key == "dtype" else value


def made(one, feeds):
    function = random_ops if one["call"] == "parameterized_truncated_normal" else tf
    for part in one["call"].split("."):
        function = getattr(function, part)
    kwargs = {key: argument(key, value) for key, value in one["kwargs"].items()}
    for key in one["fed"]:
        value = kwargs[key]
        kwargs[key] = tf.placeholder(value.dtype, value.shape)
        feeds[kwargs[key]] = value
    return function(**kwargs)


def random_nodes(operations):
    """Type, seed and seed2 of the nodes that draw."""
    return [[op.type, op.get_attr("seed"), op.get_attr("seed2")] for op in operations if "seed2" in op.node_def.attr]


def recorded(graph_seed, calls, arrays):
    graph = tf.Graph()
    with graph.as_default():
        if graph_seed is not None:
            tf.set_random_seed(graph_seed)
        rows, outputs, feeds = [], [], {}
        for one in calls:
            before = len(graph.get_operations())
            result = made(one, feeds)
            outputs.append(list(result) if isinstance(result, tuple) else [result])
            rows.append(dict(one, nodes=random_nodes(graph.get_operations()[before:]), runs=[]))
        # One thread: `multinomial` and `parameterized_truncated_normal` draw otherwise when their rows are shared out.
        with tf.Session(config=tf.ConfigProto(intra_op_parallelism_threads=1)) as session:
            for run in range(3):
                for row, values in zip(rows, session.run(outputs, feeds)):
                    row["runs"].append([written(row, np.asarray(x), run, arrays) for x in values])
    return {"graph_seed": graph_seed, "calls": rows}


def written(row, x, run, arrays):
    if x.size > 100 and row["call"] in EXACT:
        return {"sha256": hashlib.sha256(np.ascontiguousarray(x).tobytes()).hexdigest()}
    if x.size > 2000 and run < 2:
        return None
    together = arrays.setdefault(x.dtype.name, [])
    place = sum(len(part) for part in together)
    together.append(x.ravel())
    return [x.dtype.name, place, list(x.shape)]


def main(folder):
    arrays = {}
    rows = [recorded(seed, calls, arrays) for seed, calls in cases()]
    path = os.path.join(folder, "tf" + ".".join(tf.__version__.split(".")[:2]))
    with open(path + ".json", "w") as out:
        out.write(f'{{"tensorflow": "{tf.__version__}", "cases": [\n')
        out.write(",\n".join(json.dumps(row, sort_keys=True) for row in rows) + "\n]}\n")
    np.savez_compressed(path + ".npz", **{dtype: np.concatenate(parts) for dtype, parts in arrays.items()})


if __name__ == "__main__":
    main(sys.argv[1])

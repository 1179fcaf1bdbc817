"""Every op gives TensorFlow's values and gradients, on ordinary and odd inputs.

The rows are in op_table; tests/fixtures/values/FAMILY.jsonl is what TensorFlow 1.15.5 made of them, recorded by
scripts/record_values.py. All cases of a row run together, since one compilation is cheaper than ten.
"""

import contextlib
import itertools
import json
import pathlib

import numpy as np
import pytest

import funcfit.tf1 as tf
from funcfit.tf1.opdef import raw
from tests.fixtures import optimizers
from tests.listings.programs import programs
from tests.tf1.op_table import tables
from tests.tf1.op_table.evaluation import Case, from_text

FIXTURES = pathlib.Path(__file__).parents[1] / "fixtures" / "values"
# What the table cannot hold: draws, what changes state or speaks to the session, and what TensorFlow no longer makes.
ELSEWHERE = {
    *(
        "AllCandidateSampler",
        "FixedUnigramCandidateSampler",
        "LearnedUnigramCandidateSampler",
        "UniformCandidateSampler",
    ),
    *("RandomPoisson", "ParameterizedTruncatedNormal", "SampleDistortedBoundingBox", "SampleDistortedBoundingBoxV2"),
    *("FractionalAvgPool", "FractionalAvgPoolGrad", "FractionalMaxPool", "FractionalMaxPoolGrad"),
    *("ScatterMax", "ScatterMin", "StridedSliceAssign", "TemporaryVariable", "DestroyTemporaryVariable"),
    *("GetSessionHandleV2", "GetSessionTensor", "DeleteSessionTensor", "Print", "PyFunc", "PyFuncStateless"),
    *("RefIdentity", "RefMerge", "FusedBatchNormGradV3"),
    *("StackClose", "StackV2", "StackPushV2", "StackPopV2", "StackCloseV2"),
    *("BatchNormWithGlobalNormalization", "BatchNormWithGlobalNormalizationGrad", "TileGrad", "TopK"),
}
TOLERANCES = {np.float16: 5e-3, np.float32: 1e-5, np.float64: 1e-10, np.complex64: 1e-5, np.complex128: 1e-10}


def recorded(family: str) -> dict[str, dict]:
    lines = (FIXTURES / f"{family}.jsonl").read_text().splitlines()
    return {line["case"]: line for line in map(json.loads, lines)}


ROWS = [(row, recorded(family)) for family, rows in tables().items() for row in rows.values()]


@pytest.mark.parametrize(("row", "lines"), [pytest.param(row, lines, id=row.name) for row, lines in ROWS])
def test_values_and_gradients_are_tensorflows(row, lines):
    lines = {word: lines[f"{row.name}/{word}"] for word in row.cases if f"{row.name}/{word}" in lines}
    assert lines, f"not recorded yet: scripts/record_values.py '{row.name}'"
    failures = []
    try:
        compare_together(row, lines)
    except Exception:  # one by one, to name the cases that fail
        for word, line in lines.items():
            try:
                compare_together(row, {word: line})
            except Exception as error:
                failures.append(f"{word}: {type(error).__name__}: {str(error).strip()}")
        assert failures, "the cases pass one by one, and fail together"
    if failures:
        pytest.fail("\n\n".join(failures), pytrace=False)


def test_every_op_type_is_in_the_table_or_in_a_listing():
    used = set()
    for row, _ in ROWS:
        with tf.Graph().as_default() as graph:
            for inputs in row.cases.values():
                with contextlib.suppress(Exception):  # cases that TensorFlow refuses, too
                    Case(tf, row, inputs)
        used |= {node.type for node in graph.get_operations()}
    for program in [*programs().values(), *optimizer_programs()]:
        with tf.Graph().as_default() as graph:
            program(tf)
        used |= {node.type for node in graph.get_operations()}
    missing, needless = sorted({card.name for card in raw} - used - ELSEWHERE), sorted(ELSEWHERE & used)
    assert not missing, f"in no table, no listing and not ELSEWHERE: {missing}"
    assert not needless, f"ELSEWHERE, and in a table or a listing too: {needless}"


def optimizer_programs():
    for make, loss in itertools.product(optimizers.OPTIMIZERS.values(), optimizers.LOSSES.values()):
        yield lambda tf, make=make, loss=loss: make(tf, tf.Variable(0, dtype=tf.int64)).minimize(loss(tf))


def compare_together(row, lines: dict[str, dict]):
    """Build the cases in one graph, run them once, and compare."""
    with tf.Graph().as_default() as graph:
        cases = {word: Case(tf, row, row.cases[word], "gradients" in line) for word, line in lines.items()}
    outputs = {word: [from_text(text) for text in line["outputs"]] for word, line in lines.items()}
    feeds = {}
    for word, case in cases.items():
        feeds |= case.feeds | case.weight_feeds(outputs[word])
    fetches = {word: [case.outputs, [dx for dx in case.gradients if dx is not None]] for word, case in cases.items()}
    with tf.Session(graph=graph) as session:
        runs = [session.run(fetches, feeds) for _ in range(2)]  # the first may be NumPy's, the second is compiled
    for values, (word, case) in itertools.product(runs, cases.items()):
        assert len(values[word][0]) == len(outputs[word])
        for tensor, ours, expected in zip(case.outputs, values[word][0], outputs[word]):
            assert_same(ours, expected, row.rtol)
            assert tensor.get_shape().is_compatible_with(expected.shape), f"{tensor} should admit {expected.shape}"
        if "gradients" not in lines[word]:
            continue
        expected_gradients = lines[word]["gradients"]
        assert [dx is None for dx in case.gradients] == [text is None for text in expected_gradients]
        present = [from_text(text) for text in expected_gradients if text is not None]
        for ours, expected in zip(values[word][1], present):
            assert_same(ours, expected, row.rtol, what="gradient")


def assert_same(ours, expected, rtol, what="value"):
    """The same dtype, shape, NaNs and infinities; numbers within the tolerance of their type.

    A tenth of the tolerance is granted relative to the largest number instead, for what sums to nearly zero.
    """
    ours = np.asarray(ours)
    kind = "object" if expected.dtype == object else expected.dtype
    assert (ours.dtype, ours.shape) == (kind, expected.shape), f"the {what}'s dtype or shape"
    tolerance = TOLERANCES.get(expected.dtype.type, 0)
    if not tolerance:
        np.testing.assert_array_equal(ours, expected, err_msg=what)
        return
    if rtol and tolerance == 1e-5:
        tolerance = rtol
    finite = np.abs(expected[np.isfinite(expected)])
    largest = float(finite.max()) if finite.size else 0.0
    np.testing.assert_allclose(ours, expected, rtol=tolerance, atol=0.1 * tolerance * largest, err_msg=what)

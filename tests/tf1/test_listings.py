"""Graphs list as TensorFlow 1.1.0 lists them, and every listed node can be fetched and gives what it gives there.

The programs are in tests/listings/programs; tests/listings/FAMILY.PROGRAM.txt is what TensorFlow made of them,
recorded by scripts/record_listings.py.
"""

import difflib
import itertools
import pathlib
import re

import pytest

import funcfit.tf1 as tf
from tests.compilations import counted_compilations
from tests.listings.programs import programs
from tests.listings.render import everything, listing, summary

PROGRAMS = programs()
RECORDED = pathlib.Path(__file__).parents[1] / "listings"

SHAPES_OF_DRAWS = [
    "networks.sampled_softmax"
]  # how many labels are in the sample decides shapes, and each run draws anew

every_program = pytest.mark.parametrize("name", PROGRAMS)


OUTPUT = re.compile(r"(\w+?)(\?|\([^)]*\))")  # a dtype and a shape, of unknown or known rank


def as_known_then(ours: str, then: str) -> str:
    """`then` where our line says the same and knows more of the static shapes: later releases mended much of that."""
    line, _, outputs = ours.rpartition(" -> ")
    line_then, _, outputs_then = then.rpartition(" -> ")
    pairs = list(itertools.zip_longest(OUTPUT.findall(outputs), OUTPUT.findall(outputs_then)))
    return then if line == line_then and all(one and other and refines(one, other) for one, other in pairs) else ours


def refines(ours: tuple[str, str], then: tuple[str, str]) -> bool:
    (dtype, shape), (dtype_then, shape_then) = ours, then
    if dtype != dtype_then or shape_then == "?":
        return dtype == dtype_then
    sizes = itertools.zip_longest(shape.strip("()").split(", "), shape_then.strip("()").split(", "))
    return shape != "?" and all(size is not None and size_then in ("?", size) for size, size_then in sizes)


def recorded(name: str) -> tuple[list[str], set[str], dict[str, list[float]]]:
    """The listing; the names of tensors that are dead when the program runs, so that fetches raise; its results."""
    lines = (RECORDED / f"{name}.txt").read_text().splitlines()
    dead = {line.removeprefix("# not valid: ") for line in lines if line.startswith("# not valid")}
    results = [line.split()[2:] for line in lines if line.startswith("# result")]
    numbers = {tensor: [float(number) for number in summary] for tensor, *summary in results}
    return [line for line in lines if not line.startswith("# ")], dead, numbers


@every_program
def test_a_program_lists_as_tensorflow_lists_it(name):
    with tf.Graph().as_default() as graph:
        PROGRAMS[name](tf)
    expected, _, _ = recorded(name)
    lines = listing(graph)
    then = expected + [""] * (len(lines) - len(expected))
    ours = [as_known_then(line, other) for line, other in zip(lines, then)]
    if ours != expected:
        difference = difflib.unified_diff(expected, ours, "TensorFlow 1.1.0", "funcfit", n=2, lineterm="")
        pytest.fail("\n".join(difference), pytrace=False)


@every_program
def test_whatever_may_be_fetched_is_fetched_and_a_third_run_compiles_nothing(name):
    with tf.Graph().as_default() as graph:
        feeds = PROGRAMS[name](tf)
        fetches = everything(graph)
        initializers = [tf.global_variables_initializer(), tf.local_variables_initializer()]
    _, dead, results = recorded(name)
    alive = [fetch for fetch in fetches if fetch.name not in dead]
    with tf.Session(graph=graph) as session:
        session.run(initializers, feeds)
        values = dict(zip((fetch.name for fetch in alive), session.run(alive, feeds)))
        session.run(alive, feeds)  # compiled, where the first run was NumPy's
        with counted_compilations() as compiled:
            session.run(alive, feeds)
        assert not compiled or name in SHAPES_OF_DRAWS
        for tensor in dead:
            with pytest.raises(tf.errors.InvalidArgumentError, match="was not valid"):
                session.run(tensor, feeds)
    for tensor, expected in results.items():
        mean, magnitude = (float(number) for number in summary(values[tensor]).split())
        noise = 2e-7  # what is left where numbers of about one cancel
        assert [mean, magnitude] == pytest.approx(expected, rel=1e-4, abs=1e-5 * expected[1] + noise), tensor

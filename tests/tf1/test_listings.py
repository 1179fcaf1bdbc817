"""Graphs list as TensorFlow 1.1.0 lists them; every listed node can be fetched; a second run compiles nothing.

The programs are in tests/listings/programs; tests/listings/FAMILY.PROGRAM.txt is what TensorFlow made of them, recorded
by scripts/record_listings.py.
"""

import difflib
import itertools
import pathlib
import re

import pytest

import funcfit.tf1 as tf
from tests.compilations import counted_compilations
from tests.listings.programs import programs
from tests.listings.render import everything, listing

PROGRAMS = programs()
RECORDED = pathlib.Path(__file__).parents[1] / "listings"

every_program = pytest.mark.parametrize("name", PROGRAMS)


OUTPUT = re.compile(r"(\w+?)(\?|\([^)]*\))")  # a dtype and a shape, of unknown or known rank


def as_known_then(ours: str | None, then: str | None) -> str | None:
    """`then` where our line says the same and knows more of the static shapes: later releases mended much of that."""
    if not ours or not then:
        return ours
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


def recorded_lines(name: str) -> tuple[list[str], set[str]]:
    """The listing, and the names of tensors that are dead when the program runs, so that a fetch of one raises."""
    lines = (RECORDED / f"{name}.txt").read_text().splitlines()
    dead = {line.removeprefix("# not valid: ") for line in lines if line.startswith("# ")}
    return [line for line in lines if not line.startswith("# ")], dead


@every_program
def test_a_program_lists_as_tensorflow_lists_it(name):
    with tf.Graph().as_default() as graph:
        PROGRAMS[name](tf)
    expected, _ = recorded_lines(name)
    ours = [as_known_then(line, then) for line, then in itertools.zip_longest(listing(graph), expected)]
    if ours != expected:
        difference = difflib.unified_diff(expected, ours, "TensorFlow 1.1.0", "funcfit", n=2, lineterm="")
        pytest.fail("\n".join(difference), pytrace=False)


@every_program
def test_whatever_may_be_fetched_is_fetched_and_a_second_run_compiles_nothing(name):
    with tf.Graph().as_default() as graph:
        feeds = PROGRAMS[name](tf)
        fetches = everything(graph)
        initializers = [tf.global_variables_initializer(), tf.local_variables_initializer()]
    _, dead = recorded_lines(name)
    alive = [fetch for fetch in fetches if fetch.name not in dead]
    with tf.Session(graph=graph) as session:
        session.run(initializers, feeds)
        session.run(alive, feeds)
        with counted_compilations() as compiled:
            session.run(alive, feeds)
        assert not compiled
        for tensor in dead:
            with pytest.raises(tf.errors.InvalidArgumentError, match="was not valid"):
                session.run(tensor, feeds)

"""Building and planning a graph: how much work that is."""

import pathlib
import runpy
import sys

import numpy as np
import pytest

import funcfit.tf1 as tf
from funcfit.tf1.run.plan import plan

CASES = runpy.run_path(str(pathlib.Path(__file__).parents[3] / "scripts" / "bench" / "graph_cases.py"))["CASES"]


def lines_run(function):
    """How many lines of Python a call runs."""
    count = 0

    def trace(frame, event, arg):
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("name", CASES)
def test_a_graph_of_four_times_as_many_nodes_takes_four_times_the_work(name):
    def build_and_plan(size):
        with tf.Graph().as_default() as graph:
            fetches = CASES[name](tf, np, size)
            plan(fetches, [node.outputs[0] for node in graph.get_operations() if node.type == "Placeholder"])

    build_and_plan(40)  # what the first call of everything costs
    few, some, many = (lines_run(lambda size=size: build_and_plan(size)) for size in (40, 160, 640))
    assert (many - some) / (some - few) == pytest.approx(4, rel=0.15)

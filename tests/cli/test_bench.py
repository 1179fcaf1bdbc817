"""`funcfit bench`: a table of what a program ran, and what to change."""

import textwrap

import pytest

from funcfit.cli import main
from funcfit.cli.bench import Row, advice
from funcfit.tf1.run.program import Program


@pytest.fixture
def benched(tmp_path, monkeypatch, capsys):
    """benched(text) gives (status, stdout) of the program under `funcfit bench`."""
    monkeypatch.chdir(tmp_path)

    def run(text):
        (tmp_path / "prog.py").write_text(textwrap.dedent(text))
        return main(["bench", "--plots", "plots", "prog.py"]), capsys.readouterr().out

    return run


def rows(out):
    """The table's cells by plan."""
    lines = [line.split() for line in out.splitlines()]
    start = next(i for i, line in enumerate(lines) if line[:2] == ["calls", "total"])
    return {line[-1]: line for line in lines[start + 1 :] if line[0] != "-"}


def test_each_plan_has_its_calls_compilations_and_bytes(benched):
    before = Program.__call__
    status, out = benched("""
        import numpy as np, tensorflow as tf
        x = tf.placeholder(tf.float32, [None, 256], name="x")
        double = tf.multiply(x, 2.0, name="double")
        session = tf.Session()
        for i in range(5):
            session.run(double, {x: np.zeros((4, 256), np.float32)})
        print("the program's own")
    """)
    assert status == 0 and "the program's own" in out
    calls, _, dispatch, compute, host, compiled, _, fed, fetched, _ = rows(out)["double"]
    assert (calls, compiled, host, fed, fetched) == ("5", "1", "0", "4.0", "4.0")
    assert float(dispatch) > 0 and float(compute) > 0
    assert Program.__call__ is before


def test_a_program_is_told_what_to_change(benched):
    _, out = benched("""
        import numpy as np, tensorflow as tf
        x = tf.placeholder(tf.float32, [1, None, 1], name="x")
        total = tf.reduce_sum(tf.nn.pool(x, [2], "MAX", "SAME", strides=[2]), name="total")  # ceil(n / 2) of them
        session = tf.Session()
        for i in range(21):
            session.run(total, {x: np.zeros([1, i + 1, 1], np.float32)})
        for i in range(20):
            session.run(tf.constant(i) + 1)
    """)
    assert "- total: compiled in 21 of 21 calls, for shapes that change" in out
    assert "- 20 plans ran once: where a loop adds to the graph, build before it" in out


def test_a_program_that_fails_is_reported_too(benched):
    status, out = benched("""
        import tensorflow as tf
        tf.Session().run(tf.constant(1, name="one"))
        raise SystemExit(3)
    """)
    assert status == 3 and rows(out)["one"][0] == "1"


def test_small_steps_and_large_feeds_are_named():
    small = Row("step", [], calls=100, dispatch=[3e-5] * 100, compute=[1e-5] * 100, host=[0.0] * 100)
    large = Row("step", [], calls=100, dispatch=[1e-3] * 100, compute=[1e-2] * 100, host=[0.0] * 100, fed=400 << 20)
    slow = Row("step", ["f runs on the host"], 100, dispatch=[0.1] * 100, compute=[0.1] * 100, host=[1.0] * 100)
    assert [next(advice([row])).split(": ")[1] for row in (small, large, slow)] == [
        "a call computes less than it takes to make",
        "4 MiB are fed in each call",
        "most of a call is spent outside compiled code",
    ]

"""The first session's CPU computes within the call; a user's own setting, and what runs already, stay as they are."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import jax
import funcfit.tf1 as tf
if {used_before}:
    jax.devices()
x = tf.Variable(tf.ones([1500, 1500]))
step = x.assign(tf.matmul(tf.matmul(x, x), x) * 1e-3)
with tf.Session() as session:
    session.run(x.initializer)
    session.run(step.op)
    (cell,) = session._state
    session.run(step.op)
    print(session._state[cell].is_ready(), jax.config.read("jax_cpu_enable_async_dispatch"))
"""


@pytest.mark.parametrize(
    ("used_before", "settings", "within"),
    [(False, {}, True), (True, {}, False), (False, {"JAX_CPU_ENABLE_ASYNC_DISPATCH": "1"}, False)],
    ids=["first", "JAX has started", "settled by the user"],
)
def test_whether_a_step_is_done_when_its_run_returns(used_before, settings, within):
    as_it_is = {name: value for name, value in os.environ.items() if name != "JAX_CPU_ENABLE_ASYNC_DISPATCH"}
    out = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(used_before=used_before)],
        env={**as_it_is, "JAX_PLATFORMS": "cpu", "FUNCFIT_CACHE": "off", **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    assert out.stdout.split() == [str(within), "True"]

#!/usr/bin/env python3
"""What training steps reach of the device: by `program` and by a session against hand-written JAX, in two dtypes.

    python scripts/bench_accelerator.py [--sizes small,medium,large] [--models mlp,lstm] [--dtypes float32] [--rounds 7]
    python scripts/bench_accelerator.py --json FILE

Runs on whatever JAX finds; without --sizes the small ones on a CPU, all elsewhere. Four ways take turns, round by
round, all from the same parameters: a hand-written lax.scan over steps and `program`, whose data lies on the device;
and a hand-written loop over a jitted step and a session, both fed a batch each step. Adam throughout.

For each way microseconds a step (median); the ratios of `program` to scan and of session to loop, round by round
(median, spread); and what each reached of the ceilings that a large matmul and a large copy set beside them: the
step's operations (counted in the hand-written step as it is traced, loops with all their turns) and the bytes that XLA
says the hand-written step moves, by each way's time. In bfloat16 parameters stay float32 and are cast where they are
used, in a session by its products alone; TensorFlow 1's convolutions and recurrent cells take no bfloat16, so that
these two models have no session there.
"""

import argparse
import gc
import json
import statistics
import sys
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from bench.accelerator_cases import MODELS, Model
from bench.choices import some_of
from bench.tables import heads, spread
from bench.training_cases import OPTIMIZER, RATE, Case, begun, scanned, stepped
from bench.turns import in_turns, seconds

import funcfit.tf1 as tf
from funcfit import program
from funcfit.train.ceilings import Ceilings, ceilings
from funcfit.train.work import work
from funcfit.tree import map_floats

BURST = 0.2  # seconds that are timed at once, about
DTYPES = ("float32", "bfloat16")
WAYS = ("scan", "program", "loop", "session")
AGAINST = (("program", "scan"), ("session", "loop"))


class Half(Case):
    """A case whose loss is computed in bfloat16."""

    def loss(self, params: Any, batch: Any, key: Any = None) -> jax.Array:
        params, batch = (map_floats(lambda x: x.astype(jnp.bfloat16), t) for t in (params, batch))
        return super().loss(params, batch, key).astype(jnp.float32)


class Scan:
    """A hand-written scan; `steps` of it are one call."""

    def __init__(self, case: Case, steps: int):
        self.carry, self.arrays, self.order = begun(case), case.arrays(), case._replace(steps=steps).order()
        self.scan = jax.jit(partial(scanned, case), donate_argnums=0)

    def run(self, steps: int) -> Any:
        self.carry, losses = self.scan(self.carry, self.arrays, self.order)
        return losses


class ByProgram:
    def __init__(self, case: Case, precision: str):
        self.train = program(case.loss, OPTIMIZER, case.data(), precision=precision)
        self.state = self.train.init(case.params())

    def run(self, steps: int) -> Any:
        self.state, metrics = self.train(self.state, steps)
        return metrics["loss"]


class Loop:
    """A hand-written loop over a jitted step that is fed from the host."""

    def __init__(self, case: Case):
        self.carry, self.batches = begun(case), fed(case)
        self.step = jax.jit(lambda carry, batch: stepped(case, carry, batch, ...), donate_argnums=0)

    def run(self, steps: int) -> Any:
        losses = []
        for i in range(steps):
            self.carry, loss = self.step(self.carry, self.batches[i % len(self.batches)])
            losses.append(loss)
        return losses

    def work(self) -> tuple[float, float]:
        """The operations of a step, and the bytes that it moves."""
        traced = self.step.trace(self.carry, self.batches[0])
        done, cost = work(traced.jaxpr), traced.lower().compile().cost_analysis() or {}
        return float(done.flops.total()), cost.get("bytes accessed", 0.0) * done.bytes / max(done.bytes_once, 1)


class Session:
    """The graph that a TensorFlow 1 program builds, with the parameters of the other ways."""

    def __init__(self, model: Model, case: Case, precision: str):
        self.batches, self.values = fed(case), []
        with tf.Graph().as_default() as graph:
            self.x = tf.placeholder(tf.float32, [None, *case.x.shape[1:]])
            self.y = tf.placeholder(tf.int32, [None])
            product = tf.matmul if precision == "float32" else in_bfloat16
            logits = model.logits(tf, jax.device_get(case.params()), self.x, product, self._variable)
            self.loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=self.y, logits=logits))
            self.train = tf.train.AdamOptimizer(RATE).minimize(self.loss)
            start = tf.global_variables_initializer()
        self.session = tf.Session(graph=graph)
        self.session.run(start)
        for variable, value in self.values:
            variable.load(value, self.session)

    def _variable(self, value: np.ndarray) -> Any:
        made = tf.Variable(tf.zeros(value.shape))
        self.values.append((made, value))
        return made

    def run(self, steps: int) -> Any:
        for i in range(steps):
            x, y = self.batches[i % len(self.batches)]
            self.session.run(self.train, {self.x: x, self.y: y})
        return self.session.run(self.values[-1][0])  # waits for the steps


def in_bfloat16(a: Any, b: Any, **options: Any) -> Any:
    a, b = (tf.cast(x, tf.bfloat16) for x in (a, b))
    return tf.cast(tf.matmul(a, b, **options), tf.float32)


def fed(case: Case) -> list[tuple[np.ndarray, np.ndarray]]:
    starts = range(0, len(case.x), case.size)
    return [(case.x[i : i + case.size], case.y[i : i + case.size]) for i in starts]


def timed(way: Any, steps: int) -> float:
    """Microseconds a step."""
    return 1e6 * seconds(lambda: jax.block_until_ready(way.run(steps))) / steps


def steps_of(loop: Loop) -> int:
    """How many steps a burst has."""
    timed(loop, 1)
    return int(min(max(BURST * 1e6 / timed(loop, 2), 4), 1000))


def check_session(name: str, ways: dict[str, Any], case: Case) -> None:
    """The session has come where the loop has. Raises ValueError."""
    if "session" not in ways:
        return
    session, (x, y) = ways["session"], fed(case)[0]
    ours = session.session.run(session.loss, {session.x: x, session.y: y})
    by_hand = float(jax.jit(case.loss)(ways["loop"].carry[0], (x, y)))
    if not np.isclose(ours, by_hand, rtol=0.03):
        raise ValueError(f"{name}: the session's model is another one: loss {ours} after as many steps, not {by_hand}")


def measured(model: Model, size: str, precision: str, rounds: int) -> dict[str, Any]:
    plain = model.case(*model.sizes[size])
    case = plain if precision == "float32" else Half(*plain)
    loop = Loop(case)
    flops, moved = loop.work()
    has_session = precision == "float32" or model.halves
    ways = {"loop": loop, **({"session": Session(model, plain, precision)} if has_session else {})}
    for way in ways.values():
        timed(way, 3)
    check_session(f"{model.case.__name__}, {size}, {precision}", ways, case)
    steps = steps_of(loop)
    ways |= {"scan": Scan(case, steps), "program": ByProgram(plain, precision)}
    for way in ways.values():
        timed(way, steps)
    taken = in_turns(ways, rounds, partial(timed, steps=steps))
    if has_session:
        ways["session"].session.close()
    return {"steps": steps, "flops": flops, "bytes": moved, "microseconds": taken}


def row(name: str, found: dict[str, Any], most: Any) -> str:
    """A line of the table: times, ratios, and the shares of the ceilings that the times come to."""
    taken = found["microseconds"]
    middle = {way: statistics.median(times) for way, times in taken.items()}
    cells = [f"{middle[way]:,.1f}" if way in taken else "-" for way in WAYS]
    for one, other in AGAINST:
        cells.append(spread([a / b for a, b in zip(taken[one], taken[other])]) if one in taken else "-")
    for amount, ceiling in ((found["flops"], most.flops_per_second), (found["bytes"], most.bytes_per_second)):
        shares = [f"{amount / us * 1e6 / ceiling:.0%}" if (us := middle.get(way)) else "-" for way in WAYS]
        cells += [f"{amount / 1e6:,.1f}", " ".join(shares)]
    return f"| {name} | {' | '.join(cells)} |"


def main() -> int:
    device = jax.devices()[0]
    sizes = ("small", "medium", "large")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=some_of(sizes), default=sizes[:1] if device.platform == "cpu" else sizes)
    parser.add_argument("--models", type=some_of(MODELS), default=list(MODELS))
    parser.add_argument("--dtypes", type=some_of(DTYPES), default=DTYPES)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    held: dict[str, Any] = {"jax": jax.__version__, "device": device.device_kind, "ceilings": {}, "cases": {}}
    most = {precision: Ceilings(0.0, 0.0) for precision in options.dtypes}
    print(f"jax {jax.__version__} on {device.device_kind}\n")
    shares = " ".join(WAYS)
    heads(
        f"{WAYS[0]}, us/step",
        *WAYS[1:],
        *(f"{a} / {b}" for a, b in AGAINST),
        *(f"Mflop | of the ceiling: {shares} | MB | of the ceiling: {shares}".split(" | ")),
    )
    for model in options.models:
        for size in options.sizes:
            for precision in options.dtypes:
                found = measured(MODELS[model], size, precision, options.rounds)
                held["cases"][f"{model}, {size}, {precision}"] = found
                gc.collect()
                ceilings.cache_clear()  # measured anew beside each case: the best so far counts
                most[precision] = Ceilings(*map(max, most[precision], ceilings(precision)))
                print(row(f"{model}, {size}, {precision}", found, most[precision]), flush=True)
    print()
    for precision, best in most.items():
        held["ceilings"][precision] = best._asdict()
        print(
            f"ceilings, {precision}: {best.flops_per_second / 1e12:.3g} Tflop/s, {best.bytes_per_second / 1e9:.3g} GB/s"
        )
    if options.json:
        Path(options.json).write_text(json.dumps(held, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())

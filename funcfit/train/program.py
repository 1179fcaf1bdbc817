"""Many training steps in one compiled call."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Int

from funcfit.tree import differences, in_short, joined, leaf_bytes, own

from .compiled import EXHAUSTED, compiled, fewest_parts, too_large
from .data import Data, batches
from .memory import available, wanted
from .outcome import Loss, Metrics
from .report import NO_STEPS, Report, Timing, in_time, report_of
from .state import State
from .update import Step, step


def program(
    loss: Loss | None = None,
    optimizer: optax.GradientTransformation | None = None,
    data: Any = None,
    *,
    update: Callable[[State, Any], tuple[State, Metrics]] | None = None,
    freeze: str | Sequence[str] = (),
    groups: dict[str, optax.GradientTransformation] | None = None,
    precision: str = "float32",
    microbatches: int | str = 1,
    ema: float | None = None,
    norms: bool = False,
    nonfinite: str = "stop",
    span: int = 256,
) -> "Program":
    """The compiled program that trains by `loss` and `optimizer` on `data`, or by an `update` of your own.

    Path globs name parameters: `freeze` those that stay as they are (no gradient of theirs is computed), `groups` those
    that have another optimizer. `precision` "bfloat16" or "float16" is what the loss computes in; the parameters stay
    what they are, and a float16 loss is scaled so that small gradients survive. A batch is worked on in `microbatches`,
    one after the other, and counts as one; "auto" is the fewest whose program fits the device's memory, settled before
    the first step. (More than one draw their own numbers, and the loss is the mean of theirs: a loss that looks across
    the rows of a batch is another one then.) `ema` keeps a running mean of the parameters, with this decay. Among the
    metrics is the learning rate, "lr", where it can be read (with groups, that of the others); `norms` adds those of
    parameters and gradient, as it is before any clipping, which is the optimizer's:
    `optax.chain(optax.clip_by_global_norm(1.0), optax.adam(1e-3))`. A step whose loss or gradient is not finite is not
    taken: with "stop" the program stays before it (`state.extra["halted"]`), with "skip" it goes on with the next one,
    and "ignore" does not look. (A float16 step is first left out and the scale of the loss halved, until that is 1.) A
    loss may name its metrics as it likes, but for "step", "loss" and those of `norms`. `span` is the most steps between
    two returns to Python.

    >>> data = batches(jnp.array([1.0, 2.0, 3.0]))
    >>> train = program(lambda w, x, key: ((w - x) ** 2).mean(), optax.sgd(0.5), data)
    >>> state, metrics = train(train.init(0.0), 2)
    >>> float(state.params), metrics["loss"].tolist()
    (2.0, [4.666..., 0.666...])
    """
    data = data if isinstance(data, Data) else batches(data)
    if update is not None and loss is None and optimizer is None:
        return Program(Step(own_init, update), data, span)
    if update is not None or loss is None or optimizer is None:
        raise ValueError("a program needs a loss and an optimizer, or an update of its own")

    def parted(microbatches: int) -> Step:
        return step(
            loss,
            optimizer,
            freeze=freeze,
            groups=groups,
            precision=precision,
            microbatches=microbatches,
            ema=ema,
            norms=norms,
            nonfinite=nonfinite,
        )

    if not (microbatches == "auto" or isinstance(microbatches, int)):
        raise TypeError(f"microbatches is a number, or 'auto', not {microbatches!r}")
    return Program(parted(1 if microbatches == "auto" else microbatches), data, span, microbatches, parted)


def own_init(params: Any, seed: int = 0, carry: Any = None) -> State:
    """The first state of a program whose update is the user's, who keeps in `opt` whatever they like."""
    return State(jnp.zeros((), jnp.int32), own(params), (), jax.random.key(seed), own(carry), {})


class Program:
    """n steps in one device call, for any n: 3 steps and then 4 are bit for bit the same as 7, and it compiles once.

    `update(state, batch) -> (state, metrics)` is the pure step: jit, vmap or differentiate it yourself. `init` is pure
    as well. A call takes the state it is given (its buffers are reused) and returns the next.
    What changes: the first call compiles, and from then on every other shape or dtype is refused; `microbatches`, if
    "auto", and `update` are then those that fit.
    """

    def __init__(
        self,
        step: Step,
        data: Data,
        span: int,
        microbatches: int | str = 1,
        parted: Callable[[int], Step] | None = None,
    ):
        self._init, self.update = step
        self.data, self.span, self.microbatches = data, span, microbatches
        self.compile_seconds = 0.0
        self._parted, self._ran = parted, False
        self._made: Any = None
        self._compiled: Any = None
        self._shapes: Any = None

    def init(self, params: Any, seed: int = 0, carry: Any = None) -> State:
        """The state of step 0. `params` and `carry` stay the caller's: the state holds copies."""
        return self._init(params, seed, carry)

    def __call__(self, state: State, n: int = 1) -> tuple[State, dict[str, Array]]:
        """The state n steps later, and the metrics of each of the n steps, stacked.

        Steps that a halted program did not take have NaN in their rows; `state.step` tells how many it took.
        """
        if n < 1:
            raise ValueError(f"a program runs one step or more, not {n}")
        state, pieces, done = apart(state), [], 0
        first = 0 if self.data.on_device else int(state.step)
        while done < n:
            feed, until = self.data.feed(first + done)
            count = min(self.span, n - done, until - first - done)
            state, metrics, _ = self.records(state, feed, count)
            # m[:count] takes several times as long to say the same.
            pieces.append(jax.tree.map(lambda m, count=count: jax.lax.slice_in_dim(m, 0, count), metrics))
            done += count
        return state, jax.tree.map(lambda *parts: jnp.concatenate(parts), *pieces)

    def records(self, state: State, feed: Any, n: int) -> tuple[State, dict[str, Array], Int[Array, ""]]:
        """As a call, for at most `span` steps that are in `feed`; and how many steps were taken.

        The metrics come in arrays of length `span`, of which so many rows are filled.
        """
        run = self._compiled or self.compile(state, feed)._compiled
        try:
            out = run(state, feed, np.int32(n))
            if not self._ran:  # so that memory which is not there is missed here
                jax.block_until_ready(out[2])
                self._ran = True
            return out
        except TypeError:
            self._refuse(state, feed)
            raise
        except jax.errors.JaxRuntimeError as error:
            if EXHAUSTED not in str(error):
                raise
            there, state = min(available((state, feed)), wanted(self._made.memory) - 1), self._shapes["state"]
            fitting = fewest_parts(self._parted, int(self.microbatches), there, state, feed, self.span)
            raise too_large(there, state, feed, self._made, fitting) from error

    def compile(self, state: State, feed: Any = None, *, memory: int | None = None) -> "Program":
        """Compile for states and batches like these, without a step; what is compiled already stays.

        The program may take `memory` bytes, by default all that the device has left. Raises OutOfMemory when it wants
        more, unless `microbatches` is "auto" and some number of them does not.
        """
        if self._compiled is not None:
            return self
        feed = self.data.like() if feed is None else feed
        start = time.perf_counter()
        there = available((state, feed)) if memory is None else memory
        parts = 1 if isinstance(self.microbatches, str) else self.microbatches
        try:
            made = compiled(self.update, state, feed, self.span, parts)
        except Exception as error:
            self._blame(state, error)
            raise
        if made is None or wanted(made.memory) > there:
            fitting = fewest_parts(self._parted, parts, there, state, feed, self.span)
            if fitting is None or self.microbatches != "auto":
                raise too_large(there, state, feed, made, fitting)
            made = fitting
        self.update, self.microbatches = made.update, made.microbatches
        self._compiled, self._made = made.run, made
        self._shapes = jax.tree.map(shape, {"state": state, "data": feed})
        self.compile_seconds = time.perf_counter() - start
        return self

    def averaged(self, state: State) -> Any:
        """The parameters to use: their running mean where the program keeps one, else themselves."""
        mean = state.extra.get("ema")
        return state.params if mean is None else joined(mean, state.params)

    def report(self, timing: Timing = NO_STEPS) -> Report:
        """What the compiled program costs, and what a step takes at best; with an event's `timing`, what it took."""
        if self._compiled is None:
            raise ValueError("nothing is compiled yet: run a step, or program.compile(state)")
        state, data = (jax.tree.leaves(self._shapes[name]) for name in ("state", "data"))
        return report_of(
            self._made,
            parameters=sum(leaf.size for leaf in jax.tree.leaves(self._shapes["state"].params)),
            microbatches=self.microbatches,
            compile_seconds=self.compile_seconds,
            state_bytes=sum(map(leaf_bytes, state)),
            data_bytes=sum(map(leaf_bytes, data)),
            timing=timing,
        )

    def __repr__(self) -> str:
        parts = f", {self.microbatches} microbatches" if self.microbatches != 1 else ""
        if self._compiled is None:
            return f"Program(not compiled yet{parts}, {self.data!r})"
        count = sum(leaf.size for leaf in jax.tree.leaves(self._shapes["state"].params))
        return f"Program({count:,} parameters, compiled in {in_time(self.compile_seconds)}{parts}, {self.data!r})"

    def _blame(self, state: State, error: Exception) -> None:
        """Raise what is wrong with the state, if it is why a step of it failed."""
        if self._init is own_init:
            return
        first = jax.eval_shape(lambda params, carry: self._init(params, 0, carry), state.params, state.carry)
        extra = {name: state.extra[name] for name in first.extra if name in state.extra}
        said = differences({"opt": first.opt, "extra": first.extra}, {"opt": state.opt, "extra": extra})
        if said:
            raise ValueError(
                f"the state is not one of this program's: {in_short(said)}. Begin with program.init(params), or give "
                "the optimizer and the options that the state was trained with"
            ) from error

    def _refuse(self, state: State, feed: Any) -> None:
        changed = differences(self._shapes, jax.tree.map(shape, {"state": state, "data": feed}))
        if changed:
            raise ValueError(f"the program is compiled for other shapes: {in_short(changed)}; make another program")


def shape(leaf: Any) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(np.shape(leaf), jax.dtypes.result_type(leaf))


def apart(state: State) -> State:
    """The state, with a leaf that stands in two places copied, since a buffer can be given away once."""
    seen: set[int] = set()

    def alone(leaf):
        if id(leaf) in seen:
            return jnp.array(leaf, copy=True)
        seen.add(id(leaf))
        return leaf

    return jax.tree.map(alone, state)

"""What a step may be asked for: each option against the plain step or the formula."""

import functools
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from funcfit import NonFinite, batches, fit, program
from funcfit.train.nonfinite import first_nonfinite
from funcfit.train.rates import learning_rate
from funcfit.train.update import finite, norm

RNG = np.random.default_rng(0)
X = RNG.normal(size=(64, 4)).astype(np.float32)
Y = np.tanh(X.sum(1))


def loss(w, batch, key):
    x, y = batch
    hidden = jnp.tanh(x @ w["body"]["w"] + w["body"]["b"])
    return ((hidden @ w["head"] - y) ** 2).mean()


def start():
    return {
        "body": {"w": RNG.normal(size=(4, 5)).astype("f") * 0 + 0.3, "b": np.zeros(5, "f")},
        "head": np.ones(5, "f"),
    }


def after(steps=10, optimizer=None, data=(X, Y), loss=loss, **options):
    train = program(loss, optimizer or optax.adam(0.05), data, **options)
    return train, *train(train.init(start()), steps)


def close(a, b, **tolerance):
    jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, **tolerance), a, b)


def test_frozen_parameters_stay_and_have_no_gradient_and_no_memory():
    _, state, _ = after(freeze="body")
    close(state.params["body"], start()["body"])
    assert np.abs(state.params["head"] - 1).max() > 0.1
    assert sum(leaf.size for leaf in jax.tree.leaves(state.opt)) == 2 * 5 + 1

    def refuses(w, batch, key):
        blocked = jax.custom_vjp(lambda x: x)
        blocked.defvjp(lambda x: (x, None), lambda _, g: 1 / 0)
        return loss({**w, "body": jax.tree.map(blocked, w["body"])}, batch, key)

    after(loss=refuses, freeze=["body/*"])
    with pytest.raises(ZeroDivisionError):
        after(loss=refuses)


def test_groups_have_optimizers_of_their_own():
    _, state, metrics = after(optimizer=optax.sgd(0.1), groups={"head": optax.sgd(0.0)})
    close(state.params["head"], start()["head"])
    close(metrics["lr"], np.full(10, 0.1))
    _, plain, _ = after(optimizer=optax.sgd(0.1), freeze="head")
    close(state.params["body"], plain.params["body"], rtol=1e-6)


@pytest.mark.parametrize("option", [{"freeze": "tail"}, {"groups": {"tail/*": optax.sgd(1.0)}}])
def test_a_glob_that_means_nothing_is_refused_with_the_names_there_are(option):
    with pytest.raises(ValueError, match=r"no parameter's name matches 'tail.*there are body/b, body/w, head"):
        after(**option)


def test_ema_is_the_running_mean_of_the_parameters():
    train, state, _ = after(7, ema=0.8)
    mean = start()
    for n in range(1, 8):
        params = after(n)[1].params
        mean = jax.tree.map(lambda m, p: 0.8 * m + 0.2 * p, mean, params)
    close(train.averaged(state), mean, rtol=1e-4)
    result = fit(loss, start(), (X, Y), optax.adam(0.05), steps=7, ema=0.8)
    close(result.params, mean, rtol=1e-4)


def test_microbatches_are_the_same_step():
    _, whole, losses = after(5)
    _, parts, in_parts = after(5, microbatches=8)
    close(parts.params, whole.params, atol=1e-5)
    close(in_parts["loss"], losses["loss"], rtol=1e-4)
    assert jax.tree.structure(parts.opt) == jax.tree.structure(whole.opt)
    with pytest.raises(ValueError, match="64 rows does not part into 7"):
        after(microbatches=7)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_low_precision_computes_low_and_keeps_float32_masters(precision):
    seen = []

    def spy(w, batch, key):
        seen.append((w["head"].dtype, batch[0].dtype))
        return loss(w, batch, key)

    _, state, metrics = after(30, loss=spy, precision=precision)
    assert set(seen) == {(jnp.dtype(precision), jnp.dtype(precision))}
    assert {leaf.dtype for leaf in jax.tree.leaves(state.params)} == {jnp.dtype("float32")}
    close(metrics["loss"], after(30)[2]["loss"], rtol=0.1, atol=0.01)


def test_the_scale_of_a_float16_loss_halves_after_an_overflow_and_the_step_is_skipped():
    def steep(w, batch, key):
        return loss(w, batch, key) * 100

    train, state, _ = after(1, loss=steep, precision="float16")
    assert float(state.extra["loss_scale"]["scale"]) < 2.0**15
    close(state.params, start())
    assert int(state.step) == 1
    state, metrics = train(state, 30)
    assert metrics["loss"][-1] < metrics["loss"][0]


def test_a_float16_gradient_that_no_scale_makes_finite_stops_the_run():
    """Fault 6."""

    def broken(w, batch, key):
        return jnp.sqrt(w["head"].sum() * 0)  # 0, with a gradient that is NaN

    with pytest.raises(NonFinite, match="step 15 ") as stopped:
        fit(broken, start(), (X, Y), optax.adam(0.1), steps=40, precision="float16")
    close(stopped.value.state.params, start())
    result = fit(broken, start(), (X, Y), optax.adam(0.1), steps=20, precision="float16", nonfinite="skip")
    assert int(result.state.step) == 20


def poisoned(at, kind="log"):
    rows = X.copy()
    rows[at] = np.nan if kind == "data" else -9.0

    def bad(w, batch, key):
        x, y = batch
        risky = jnp.log(x[:, 0] + 8.5).mean() if kind == "log" else x[:, 0].mean()
        return loss(w, (jnp.maximum(x, -4), y), key) + 0.0 * risky

    return bad, batches((rows, Y), 1, shuffle=False)


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16, jnp.float16])
@pytest.mark.parametrize("value", [jnp.nan, jnp.inf, -jnp.inf, 0.0, -1.0, "largest"])
def test_one_number_that_is_not_finite_is_seen(value, dtype):
    value = jnp.finfo(dtype).max if value == "largest" else value
    for shape in [(), (7,), (70, 3), (4, 3, 2, 5)]:
        tree = {"w": jnp.full(shape, value, dtype), "none": jnp.zeros((0, 3))}
        assert jax.jit(finite)(tree) == np.isfinite(np.float32(value))
        tree = {"w": jnp.full(shape, -1.5, dtype).at[(-1,) * len(shape)].set(value), "b": jnp.ones(2)}
        assert jax.jit(finite)(tree) == np.isfinite(np.float32(value))


@pytest.mark.parametrize("kind", ["log", "data"])
def test_a_program_stops_before_the_step_that_is_not_finite(kind):
    """Fault 6."""
    bad, data = poisoned(13, kind)
    train, state, metrics = after(40, data=data, loss=bad)
    assert int(state.step) == 13 and bool(state.extra["halted"])
    assert np.isfinite(metrics["loss"][:13]).all() and np.isnan(metrics["loss"][14:]).all()
    good = after(13, data=data, loss=bad)[1]
    jax.tree.map(np.testing.assert_array_equal, state.params, good.params)
    again, _ = train(state, 5)
    assert int(again.step) == 13


@pytest.mark.parametrize("bad", [3, 99, 100, 130])
def test_a_step_that_is_not_finite_is_named_also_where_its_batch_can_be_had_only_once(bad):
    def rows():
        return (np.float32([-1.0 if n == bad else 1.0]) for n in range(300))

    with pytest.raises(NonFinite, match=rf"step {bad} .*came from log of float32\[1\] with values from -1 to -1"):
        fit(lambda w, x, key: (w * jnp.log(x)).mean(), 1.0, batches(rows()), optax.sgd(0.1), steps=300)


@pytest.mark.parametrize("steps", [14, 15])
def test_the_last_step_of_a_run_is_looked_at_as_well_and_a_step_that_was_not_taken_has_no_row(tmp_path, steps):
    bad, data = poisoned(13)
    with pytest.raises(NonFinite, match="step 13 "):
        fit(bad, start(), data, optax.adam(0.05), steps=steps, run=tmp_path)
    assert len((tmp_path / "metrics.jsonl").read_text().splitlines()) == 13


def test_skip_leaves_the_parameters_as_they_were_and_goes_on():
    """Fault 6."""
    bad, data = poisoned(13)
    before = after(13, data=data, loss=bad)[1].params
    _, state, _ = after(14, data=data, loss=bad, nonfinite="skip")
    jax.tree.map(np.testing.assert_array_equal, state.params, before)
    assert int(state.step) == 14
    assert np.isfinite(after(40, data=data, loss=bad, nonfinite="skip")[1].params["head"]).all()


def test_fit_names_the_operation_the_values_and_the_line(tmp_path):
    """Fault 6."""
    bad, data = poisoned(13)
    with pytest.raises(NonFinite, match=r"step 13 .*came from log of float32\[1\] with values from -0.5 .*test_update"):
        fit(bad, start(), data, optax.adam(0.05), steps=40, run=tmp_path)
    with pytest.raises(NonFinite) as again:
        fit(bad, start(), data, optax.adam(0.05), steps=40, run=tmp_path)
    assert int(again.value.state.step) == 13
    bad, data = poisoned(0, "data")
    with pytest.raises(NonFinite, match=r"step 0 .*what it was given is not finite: batch/0 float32.1,4. in 4 places"):
        fit(bad, start(), data, optax.adam(0.05), steps=40)


@pytest.mark.parametrize(
    ("fn", "op"),
    [
        (lambda x: jax.jit(lambda x: jnp.log(x) * 2)(x).sum(), "log"),
        (lambda x: jax.lax.scan(lambda c, r: (c / r, c), 1.0, x)[0], "div"),
        (lambda x: jax.lax.cond(x[0] > 0, lambda: jnp.sqrt(x - 5), lambda: x), "sqrt"),
        (lambda x: jax.grad(lambda x: jnp.sqrt(x).sum())(x), "div"),
        (lambda x: jax.nn.relu(jnp.exp(x * 1e4)), "exp"),
    ],
)
def test_the_origin_is_found_inside_compiled_parts_loops_and_gradients(fn, op):
    origin = first_nonfinite(fn, jnp.array([1.0, 2.0, 0.0]))
    assert origin.op == op and "test_update.py" in origin.line


def test_a_carry_goes_from_step_to_step():
    def counting(w, batch, key, carry):
        return loss(w, batch, key), {"seen": carry["n"]}, {"n": carry["n"] + 1}

    train = program(counting, optax.adam(0.1), (X, Y))
    state, metrics = train(train.init(start(), carry={"n": 5}), 3)
    assert metrics["seen"].tolist() == [5, 6, 7] and int(state.carry["n"]) == 8


def test_metrics_may_be_sums_and_weights():
    def weighted(w, batch, key):
        return loss(w, batch, key), {"accuracy": (jnp.float32(3), jnp.float32(4))}

    assert after(2, loss=weighted)[2]["accuracy"].tolist() == [0.75, 0.75]


def flat(tree):
    return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(tree)])


def test_norms_are_those_of_gradient_and_parameters():
    _, state, metrics = after(1, norms=True)
    gradient = jax.grad(loss)(start(), (X, Y), None)
    np.testing.assert_allclose(metrics["gradient_norm"][0], np.linalg.norm(flat(gradient)), rtol=1e-5)
    np.testing.assert_allclose(metrics["parameter_norm"][0], np.linalg.norm(flat(state.params)), rtol=1e-5)


def test_the_norm_of_many_small_numbers_of_16_bits_is_not_too_large():
    np.testing.assert_allclose(norm({"a": jnp.ones(100_000, jnp.float16), "b": jnp.float16(0)}), 100_000**0.5)


@pytest.mark.parametrize("name", ["loss", "step", "gradient_norm", "parameter_norm"])
def test_a_metric_cannot_have_the_name_of_another(name):
    with pytest.raises(ValueError, match=f"'{name}'.*give it another name"):
        after(2, loss=lambda w, batch, key: (loss(w, batch, key), {name: 3.0}), norms=True)


SCHEDULE = optax.cosine_decay_schedule(0.5, 10)


@pytest.mark.parametrize(
    ("optimizer", "rate"),
    [
        (optax.sgd(0.5, momentum=0.9), 0.5),
        (optax.adamw(SCHEDULE), SCHEDULE(3)),
        (optax.chain(optax.clip_by_global_norm(1.0), optax.lamb(0.25)), 0.25),
        (optax.inject_hyperparams(optax.adam)(0.125), 0.125),
        (optax.partition({"a": optax.sgd(0.1), "b": optax.sgd(0.2)}, {"a": "a", "b": "b"}), None),
        (optax.partition({"a": optax.sgd(0.1), "b": optax.adam(0.1)}, {"a": "a", "b": "b"}), 0.1),
        (optax.sgd(jnp.float32(0.25)), 0.25),
        (optax.adafactor(0.1), 0.1),
        (optax.MultiSteps(optax.adam(SCHEDULE), 1).gradient_transformation(), SCHEDULE(3)),
        (optax.GradientTransformation(optax.sgd(0.1).init, jax.jit(optax.sgd(0.1).update)), 0.1),
        (optax.GradientTransformation(optax.sgd(0.1).init, functools.partial(optax.sgd(0.1).update)), 0.1),
    ],
)
def test_the_learning_rate_is_read_where_it_stands(optimizer, rate):
    params = {"a": jnp.zeros(2), "b": jnp.zeros(2)}
    opt = optimizer.init(params)
    for _ in range(3):
        _, opt = optimizer.update(params, opt, params)
    found = learning_rate(optimizer, opt, jnp.int32(3))
    assert (found is None) if rate is None else np.isclose(found, rate)


def test_a_rate_that_cannot_be_read_is_said_once_with_the_cure():
    def clipped(rate):
        return optax.GradientTransformation(
            lambda p: (), lambda g, s, p=None: (jax.tree.map(lambda g: -rate * g, g), s)
        )

    with pytest.warns(UserWarning, match=r"\(clipped\) cannot be read.*optax.inject_hyperparams\(optax.adam\)") as said:
        _, _, metrics = after(optimizer=clipped(0.1))
    assert len(said) == 1 and "lr" not in metrics
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        after(optimizer=clipped(0.1), loss=lambda w, batch, key: (loss(w, batch, key), {"lr": 0.1}))


def test_optimizers_that_ask_for_the_loss_have_it():
    falling = optax.chain(optax.sgd(0.1), optax.contrib.reduce_on_plateau())
    for optimizer in (optax.lbfgs(), falling):
        losses = after(5, optimizer=optimizer)[2]["loss"]
        assert losses[-1] < losses[0]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (lambda w, batch, key: w["head"], r"a loss is one number, and this one has the shape \(5,\)"),
        (lambda w, batch, key: (loss(w, batch, key), {"head": w["head"]}, 3)[:1], "a tuple of 1"),
    ],
)
def test_a_loss_that_gives_something_else_is_refused(bad, says):
    with pytest.raises(ValueError, match=says):
        after(loss=bad)


def test_an_update_of_ones_own_needs_no_loss():
    def update(state, batch):
        return state._replace(step=state.step + 1, params=state.params + batch.mean()), {"mean": batch.mean()}

    own = program(update=update, data=batches(np.arange(6.0), 2, shuffle=False))
    state, metrics = own(own.init(0.0), 3)
    assert float(state.params) == 7.5 and metrics["mean"].tolist() == [0.5, 2.5, 4.5]

    wrong = program(update=lambda s, b: (s._replace(params=s.params[None]), {}), data=np.zeros(3))
    with pytest.raises(ValueError, match=r"params should be float32\[\] and is float32\[1\]"):
        wrong(wrong.init(0.0))
    with pytest.raises(ValueError, match="a loss and an optimizer, or an update"):
        program(loss, data=(X, Y))


def test_another_shape_is_an_error_that_names_the_leaf():
    train, state, _ = after(1)
    with pytest.raises(ValueError, match=r"state/params/head should be float32\[5\] and is float32\[6\]"):
        train(state._replace(params={**state.params, "head": np.zeros(6, "f")}))

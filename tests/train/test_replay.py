import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from funcfit import Every, NonFinite, Run, batches, fit, program, replay

X = np.linspace(-1, 1, 40).astype(np.float32)


def loss(w, batch, key):
    return ((w * batch + jax.random.normal(key) - 3 * batch) ** 2).mean() + 0.0 * jnp.log(50.0 - batch.max())


def test_a_step_is_taken_again_in_the_same_bits(tmp_path):
    train = program(loss, optax.adam(0.1), batches(X, 8))
    result = fit(loss, 0.0, batches(X, 8), optax.adam(0.1), steps=25, run=Run(tmp_path, every=Every(steps=10)))
    for step in (10, 17, 24):
        found = replay(train, tmp_path, train.init(0.0), step)
        assert int(found.state.step) == step
        _, metrics = found.again()
        np.testing.assert_allclose(metrics["loss"], result.history["loss"][step], rtol=1e-6)
        assert found.first_nonfinite() is None and "log" in str(found.jaxpr)
    exact, _ = train(replay(train, tmp_path, train.init(0.0), 24).state, 1)
    np.testing.assert_array_equal(exact.params, result.state.params)
    with pytest.raises(FileNotFoundError, match="as early as step 3"):
        replay(train, tmp_path, train.init(0.0), 3)


def test_a_run_that_broke_is_replayed_at_the_step_that_broke_it(tmp_path):
    """Fault 6."""
    rows = X.copy()
    rows[30] = 60
    data = batches(rows, 4, shuffle=False)
    with pytest.raises(NonFinite):
        fit(loss, 0.0, data, optax.adam(0.1), steps=25, run=tmp_path)
    train = program(loss, optax.adam(0.1), data)
    origin = replay(train, tmp_path, train.init(0.0), 7).first_nonfinite()
    assert origin.op == "log" and origin.least == -10.0

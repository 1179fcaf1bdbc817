import jax.numpy as jnp
import numpy as np
import pytest

from funcfit import batches, evaluate, predict
from funcfit.compile import traces

X = np.random.default_rng(0).normal(size=(37, 3)).astype(np.float32)


def squares(w, batch, key):
    return ((batch - w) ** 2).mean(), {"first": batch[:, 0].mean(), "mass": (batch.sum(), jnp.float32(batch.shape[0]))}


class Items:
    def __len__(self):
        return len(X)

    def __getitem__(self, i):
        return X[i]


@pytest.mark.parametrize("size", [1, 8, 37, 50])
@pytest.mark.parametrize("source", [X, Items()], ids=["arrays", "items"])
def test_means_are_exact_however_the_rows_are_cut(source, size):
    found = evaluate(squares, 0.5, batches(source, size))
    np.testing.assert_allclose(found["loss"], ((X - 0.5) ** 2).mean(), rtol=1e-5)
    np.testing.assert_allclose(found["first"], X[:, 0].mean(), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found["mass"], X.sum() / 37, rtol=1e-4, atol=1e-6)


def test_a_metric_whose_rows_weigh_differently_is_a_quotient_of_sums():
    def by_words(w, batch, key):
        words = (batch > 0).sum()
        return jnp.float32(0), {"rate": ((batch * (batch > 0)).sum(), words.astype(jnp.float32))}

    found = evaluate(by_words, None, batches(X, 5))["rate"]
    np.testing.assert_allclose(found, X[X > 0].mean(), rtol=1e-5)


def test_the_last_piece_does_not_compile_again():
    evaluate(squares, 0.5, batches(X, 8))
    before = traces()
    evaluate(squares, 0.25, batches(X, 8))
    assert traces() == before


def test_a_row_that_is_filled_up_cannot_spoil_the_mean():
    rows = np.arange(1.0, 6.0, dtype=np.float32)
    found = evaluate(lambda w, x, key: jnp.log(x).mean(), None, batches(rows, 4))
    np.testing.assert_allclose(found["loss"], np.log(rows).mean(), rtol=1e-6)


@pytest.mark.parametrize("size", [2, 5])
@pytest.mark.parametrize("on_device", [True, False])
def test_padded_data_has_its_weights_here_too_and_the_mean_is_that_of_the_rows(size, on_device):
    rows = np.array([1.0, 2.0, 4.0, 8.0, 16.0], np.float32)

    def weighted(w, batch, key):
        x, weights = batch
        return (weights * x).sum() / weights.sum()

    data = batches(rows, size, pad=True, on_device=on_device)
    assert evaluate(weighted, None, data)["loss"] == rows.mean()
    assert predict(lambda w, batch: batch[0] * 2, None, data).tolist() == (rows * 2).tolist()


def test_predictions_come_in_the_order_of_the_rows():
    np.testing.assert_allclose(predict(lambda w, x: x * w, 2.0, batches(X, 8, seed=3)), X * 2)


def test_a_stream_cannot_be_evaluated():
    with pytest.raises(ValueError, match="where this data ends"):
        evaluate(squares, 0.0, batches(iter([X])))

import pytest

pytest.importorskip("IPython")


@pytest.fixture
def shell(monkeypatch):
    from IPython.core.interactiveshell import InteractiveShell

    monkeypatch.setenv("IPYTHONDIR", "/nonexistent")
    yield InteractiveShell()
    InteractiveShell.clear_instance()


def test_load_ext_gives_following_cells_tensorflow_and_old_names(shell):
    shell.run_cell("%load_ext funcfit").raise_error()
    shell.run_cell("import tensorflow as tf, numpy as np").raise_error()
    shell.run_cell("x = tf.Session().run(tf.constant(3)) + np.float(1)").raise_error()
    assert shell.user_ns["x"] == 4
    shell.run_cell("%unload_ext funcfit").raise_error()
    shell.run_cell("old = hasattr(np, 'float')").raise_error()
    assert shell.user_ns["old"] is False

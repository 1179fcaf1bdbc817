import subprocess
import sys

import numpy as np
import pytest

from funcfit.cli.past import REMOVED, restored


def test_removed_names_are_there_for_the_program_only():
    missing = [(owner, name) for owner, names in REMOVED for name in names if name not in vars(owner)]
    assert (np, "float") in missing
    with restored():
        assert np.float is float
        assert np.bool(1) is np.True_ or np.bool is bool
        assert all(hasattr(owner, name) for owner, name in missing)
    assert not any(name in vars(owner) for owner, name in missing)


def test_names_are_taken_back_after_an_error():
    with pytest.raises(ZeroDivisionError), restored():
        1 / 0
    assert "float" not in vars(np)


def test_names_that_are_there_stay_as_they_are():
    before = np.bool
    with restored():
        assert np.bool is before


def test_numbers_print_as_they_did():
    with restored():
        assert str(np.float32(23.794882)) == "23.7949"
        assert repr(np.float32(2) * np.ones(1)) == "array([ 2.])"
        assert repr([np.int32(3)]) == "[3]"
    assert repr([np.int32(3)]) == "[np.int32(3)]"


# (an expression of the time, its value)
CASES = [
    ("np.zeros(2, np.int).dtype == int", True),
    ("np.product([2, 3])", 6),
    ("np.cumproduct([2, 3]).tolist()", [2, 6]),
    ("np.alltrue([1, 0]), np.sometrue([1, 0])", (False, True)),
    ("np.in1d([[1, 5]], [1, 2]).tolist()", [True, False]),
    ("np.asscalar(np.array([3.5]))", 3.5),
    ("np.fromstring(b'\\x01\\x02', dtype=np.uint8).tolist()", [1, 2]),
    ("np.fromstring('1 2', sep=' ').tolist()", [1.0, 2.0]),
    ("np.asfarray([1, 2]).dtype == float, np.asfarray([1], np.int32).dtype == float", (True, True)),
    ("np.rank([[1]]), np.alen([4, 5])", (2, 2)),
    ("np.trapz([1, 3])", 2.0),
    ("np.Inf, np.NINF", (float("inf"), -float("inf"))),
    ("isinstance({}, collections.Mapping)", True),
    ("time.clock() <= time.clock()", True),
    ("fractions.gcd(12, 18)", 6),
    ("inspect.getargspec(lambda a, b=1: 0).args", ["a", "b"]),
    ("base64.decodestring(b'aGk=')", b"hi"),
]


@pytest.mark.parametrize(("expression", "value"), CASES, ids=[case[0] for case in CASES])
def test_names_mean_what_they_meant(expression, value):
    namespace = {"np": np} | {
        name: __import__(name) for name in ("base64", "collections", "fractions", "inspect", "time")
    }
    with restored():
        assert eval(expression, namespace) == value


def test_scipy_misc_reads_scales_and_writes_images(tmp_path):
    pytest.importorskip("scipy")
    pytest.importorskip("PIL")
    with restored():
        from scipy import misc

        pixels = np.arange(48, dtype=np.uint8).reshape(4, 4, 3) * 5
        misc.imsave(tmp_path / "a.png", pixels)
        np.testing.assert_array_equal(misc.imread(tmp_path / "a.png"), pixels)
        assert misc.imresize(pixels, (8, 2)).shape == (8, 2, 3)
        assert misc.imresize(pixels, 0.5).shape == (2, 2, 3)
        assert misc.imresize(pixels, 200).shape == (8, 8, 3)
        assert misc.imread(tmp_path / "a.png", flatten=True).dtype == np.float32
        np.testing.assert_array_equal(misc.toimage(np.array([[0.0, 1.0]])), [[0, 255]])
        np.testing.assert_allclose(misc.logsumexp([0.0, 0.0]), np.log(2))


def test_importing_the_runner_imports_no_extra():
    seen = "import sys, funcfit.cli; print([m for m in ('matplotlib', 'scipy', 'PIL', 'IPython') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"

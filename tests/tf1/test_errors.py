"""Bad input raises TensorFlow's class with TensorFlow's words, and the session goes on with its state intact.

The programs are in tests/fixtures/errors.py, what TensorFlow 1.1 and 1.15 say in errors.json beside it, recorded by
scripts/record_errors.py. Where the two raise different classes, either is right.
"""

import json
import pathlib

import pytest

import funcfit.tf1 as tf
from tests.fixtures.errors import PHRASES, PROGRAMS, with_kept_variable

RECORDED = json.loads((pathlib.Path(__file__).parents[1] / "fixtures" / "errors.json").read_text())


@pytest.mark.parametrize("name", PROGRAMS)
def test_bad_input_is_refused_as_tensorflow_refuses_it_and_the_session_goes_on(name):
    refusals = [refusal for refusal in RECORDED[name].values() if refusal]
    with tf.Graph().as_default():
        session, kept = with_kept_variable(tf)
        with pytest.raises(Exception) as raised:
            PROGRAMS[name](tf, session)
        assert session.run(kept).tolist() == [1.0, 2.0]
        assert session.run(tf.assign_add(kept, [1.0, 1.0])).tolist() == [2.0, 3.0]
        session.close()
    classes = {cls.__name__ for cls in type(raised.value).__mro__[:-2]}  # without BaseException and object
    assert classes & {expected for expected, _ in refusals}, f"{raised.value!r}, where TensorFlow says {refusals}"
    assert PHRASES[name] in str(raised.value), f"{raised.value}\n\nwhere TensorFlow says {refusals}"

import json

import pytest

from funcfit.cli import main

GOOD = "import tensorflow as tf\nx = tf.constant(1)\ny = tf.constant(2)\n"
BAD = "import tensorflow as tf\n\nx = tf.constnt(1)\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "bad.py").write_text(BAD)
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "bad.py").write_text(BAD)
    (tmp_path / "notes.txt").write_text("tf.nothing")
    return tmp_path


def test_a_program_that_has_all_is_fine(folder, capsys):
    assert main(["check", str(folder / "good.py")]) == 0
    out = capsys.readouterr().out
    assert "there   tf.constant" in out
    assert "lines 2, 3" in out
    assert out.endswith("1 symbols, 1 there, 0 missing\n")


def test_missing_symbols_come_with_line_and_nearest_and_status_1(folder, capsys):
    assert main(["check", str(folder)]) == 1
    out = capsys.readouterr().out
    assert "MISSING tf.constnt" in out
    assert "line 3   nearest: tf.constant" in out
    assert out.endswith("2 symbols, 1 there, 1 missing\n")
    assert ".hidden" not in out


def test_json_says_the_same(folder, capsys):
    assert main(["check", "--json", str(folder)]) == 1
    good, bad = json.loads(capsys.readouterr().out)["symbols"]
    assert good["symbol"] == "tf.constant"
    assert (good["there"], good["places"]) == (True, ["2", "3"])
    assert (bad["symbol"], bad["there"], bad["places"]) == ("tf.constnt", False, ["3"])
    assert "tf.constant" in bad["nearest"]


def test_a_notebook_is_one_program_with_places_by_cell(tmp_path, capsys):
    cells = [
        {"cell_type": "code", "source": s} for s in ("%pylab inline\nimport tensorflow as tf", "x = 1\ntf.constant(x)")
    ]
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    assert main(["check", str(path)]) == 0
    assert "line 2:2" in capsys.readouterr().out


def test_an_internal_module_is_judged_by_what_is_used_of_it(tmp_path, capsys):
    path = tmp_path / "a.py"
    path.write_text("from tensorflow.python.framework import ops\nops.Graph()\nops.no_such_thing")
    assert main(["check", str(path)]) == 1
    out = capsys.readouterr().out
    assert "there   tf.python.framework.ops.Graph" in out
    assert "MISSING tf.python.framework.ops.no_such_thing" in out
    assert out.endswith("2 symbols, 1 there, 1 missing\n")


@pytest.mark.parametrize(("text", "says"), [("print 'x'", "is Python 2"), ("x = (", "line 1")])
def test_what_python_cannot_read_is_told_and_counts(tmp_path, capsys, text, says):
    path = tmp_path / "a.py"
    path.write_text(text)
    assert main(["check", str(path)]) == 1
    assert says in capsys.readouterr().out


def test_a_path_that_is_not_there_is_told(tmp_path, capsys):
    assert main(["check", str(tmp_path / "none.py")]) == 1
    assert "cannot open" in capsys.readouterr().out

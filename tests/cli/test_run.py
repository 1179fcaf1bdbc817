"""Programs under `funcfit run`: tiny ones, written into a folder, and what they print, draw and end with."""

import json
import subprocess
import sys
import textwrap

import pytest

from funcfit.cli import main


@pytest.fixture
def program(tmp_path):
    """program(text, name) writes a program and gives its path; .ipynb takes a list of cells."""

    def write(text, name="prog.py"):
        path = tmp_path / "programs" / name
        path.parent.mkdir(exist_ok=True)
        if isinstance(text, list):
            cells = [{"cell_type": "code", "source": cell.splitlines(keepends=True), "outputs": []} for cell in text]
            text = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 0})
        path.write_text(textwrap.dedent(text))
        return path

    return write


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """run(path, *arguments) gives (status, stdout, stderr); plots go to the folder `plots`."""
    monkeypatch.chdir(tmp_path)

    def run(path, *arguments):
        status = main(["run", "--plots", "plots", str(path), *arguments])
        return status, *capsys.readouterr()

    return run


def test_a_script_imports_tensorflow_and_gets_funcfit(program, run):
    path = program("import tensorflow as tf\nprint(tf.Session().run(tf.constant(2) + tf.constant(3)))")
    status, out, err = run(path)
    assert (status, out) == (0, "5\n")
    assert "prog.py ended well after" in err


def test_a_script_finds_itself_as_python_would_set_it(program, run):
    program("answer = 42", "neighbour.py")
    path = program("""
        import os, sys, neighbour, __main__
        print(sys.argv[1:], os.path.samefile(sys.argv[0], __file__), __name__)
        print(neighbour.answer, os.path.samefile(sys.path[0], os.path.dirname(__file__)))
        x = 5
        print(__main__.x, sys.modules["__main__"] is __main__)
    """)
    argv, modules = sys.argv, sys.modules["__main__"]
    status, out, _ = run(path, "--lr", "0.1", "-v")
    assert (status, out) == (0, "['--lr', '0.1', '-v'] True __main__\n42 True\n5 True\n")
    assert (argv, modules) == (sys.argv, sys.modules["__main__"])


def test_removed_numpy_names_are_back(program, run):
    status, out, _ = run(program("import numpy as np\nprint(np.zeros(2, np.float).dtype, np.product([2, 3]))"))
    assert (status, out) == (0, "float64 6\n")


@pytest.mark.parametrize(
    ("end", "status", "says"),
    [
        ("sys.exit()", 0, ""),
        ("sys.exit(0)", 0, ""),
        ("sys.exit(3)", 3, ""),
        ("sys.exit('that was it')", 1, "that was it\n"),
        ("raise SystemExit(4)", 4, ""),
        ("raise KeyboardInterrupt", 130, "interrupted"),
    ],
)
def test_the_status_is_the_programs(program, run, end, status, says):
    got, _, err = run(program(f"import sys\n{end}"))
    assert got == status
    assert says in err


def test_a_traceback_starts_at_the_programs_frame(program, run):
    path = program("""
        def deep():
            return 1 / 0

        deep()
    """)
    status, _, err = run(path)
    assert status == 1
    lines = err.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1] == f'  File "{path}", line 5, in <module>'
    assert "ZeroDivisionError: division by zero" in lines
    assert "funcfit/cli" not in err


# (what is wrong, file name, text, words of the message)
BAD_PROGRAMS = [
    ("missing file", None, None, ["cannot open", "No such file"]),
    ("folder", ".", None, ["is a folder"]),
    ("broken notebook", "a.ipynb", "{", ["is not a notebook"]),
    ("json that is none", "a.ipynb", "[1]", ["is not a notebook"]),
    (
        "notebook in R",
        "a.ipynb",
        '{"cells": [], "metadata": {"language_info": {"name": "R"}}}',
        ["in R, not in Python"],
    ),
    ("not text", "a.py", "# coding: ascii\n\N{SNOWMAN}", ["not text in the encoding"]),
    ("syntax", "a.py", "x = (1,\ny = 2", ["a.py", "line 1", "SyntaxError"]),
    ("indentation", "a.py", "if x:\n  y\n z", ["IndentationError"]),
    ("python 2", "a.py", "x = 1\nprint 'x', x", ["is Python 2", "line 2: print 'x', x", "print(...)"]),
    ("python 2 name", "a.py", "for i in xrange(3): pass", ["a.py:1", "xrange", "in Python 3 it is range"]),
    ("python 2 module", "a.py", "import cPickle", ["a.py:1", "cPickle", "it is pickle"]),
    ("python 2 method", "a.py", "{}.iteritems()", ["a.py:1", "iteritems", "it is items()"]),
    ("missing symbol", "a.py", "import tensorflow as tf\ntf.nn.no_such_thing", ["a.py:2 needs tf.nn.no_such_thing"]),
    ("near symbol", "a.py", "import tensorflow as tf\ntf.constnt(1)", ["tf.constnt", "nearest: tf.constant"]),
    ("missing import", "a.py", "from tensorflow import no_such", ["a.py:1 needs tf.no_such"]),
    ("missing module", "a.py", "import tensorflow.contrib.no_such", ["a.py:1 needs tf.contrib.no_such"]),
    ("an extra", "a.py", "raise ModuleNotFoundError(name='flax.nnx')", ["pip install 'funcfit[examples]'"]),
    ("foreign module", "a.py", "import no_such_package", ["ModuleNotFoundError: No module named 'no_such_package'"]),
    ("failing run", "a.py", "import tensorflow as tf\ntf.Session().run('x:0')", ["a.py", "line 2", "Error"]),
]


@pytest.mark.parametrize(("name", "text", "words"), [c[1:] for c in BAD_PROGRAMS], ids=[c[0] for c in BAD_PROGRAMS])
def test_bad_programs_get_a_sentence_that_helps(tmp_path, program, run, name, text, words):
    path = tmp_path / (name or "no_such_file.py") if text is None else program(text, name)
    status, _, err = run(path)
    assert status in (1, 2)
    for word in words:
        assert word in err
    assert "funcfit/cli" not in err  # none of our own frames


def test_a_notebook_prints_the_last_value_of_a_cell(program, run):
    status, out, _ = run(program(["x = 2\nx + 1", "x;", "print(x)", "None", "_ = 3"], "a.ipynb"))
    assert (status, out) == (0, "3\n2\n")


def test_a_notebook_has_the_shorthands_of_ipython(program, run):
    cells = ["%matplotlib inline\nx = 1", "%%time\nx += 1", "%time x += 1", "!pip install x\nx", "?x", "%%bash\nls"]
    status, out, err = run(program(cells, "a.ipynb"))
    assert status == 0
    assert [line for line in out.splitlines() if not line.startswith("Wall time")] == ["3"]
    assert "not run, since it is a command for the shell: !pip install x" in err
    assert "a cell in bash is not run" in err


@pytest.mark.parametrize(
    ("cell", "says"),
    [("files = !ls\nfiles", "runs no shell commands"), ("%nonsense 3", "%nonsense"), ("%%cython\nx", "%%cython")],
)
def test_shorthands_without_a_meaning_end_the_notebook(program, run, cell, says):
    status, _, err = run(program([cell], "a.ipynb"))
    assert status == 1
    assert says in err


def test_python_2_is_told_for_all_cells_before_any_runs(program, run):
    status, out, err = run(program(["print(1)", "print 2", "x = 1", "y = `x`"], "a.ipynb"))
    assert (status, out) == (1, "")
    assert "cell 2 is Python 2" in err
    assert "cell 4 is Python 2" in err


def test_an_error_in_a_notebook_names_the_cell(program, run):
    path = program(["x = 1", "y = 2\n1 / 0"], "a.ipynb")
    status, _, err = run(path)
    assert status == 1
    assert f'File "{path}, cell 2", line 2' in err
    assert "1 / 0" in err


def test_old_notebooks_keep_their_cells_on_worksheets(tmp_path, run):
    cells = [{"cell_type": "code", "input": ["print(7)"]}, {"cell_type": "markdown", "source": "x"}]
    path = tmp_path / "old.ipynb"
    path.write_text(json.dumps({"worksheets": [{"cells": cells}], "nbformat": 3, "metadata": {}}))
    assert run(path)[:2] == (0, "7\n")


def test_a_squeezed_notebook_runs_and_its_reading_is_told(program, run):
    path = program(["for i in range(20):\n x = i\n if i % 10 == 0:\n print(i)\nprint('end')"], "a.ipynb")
    status, out, err = run(path)
    assert (status, out) == (0, "0\n10\nend\n")
    assert "cell 1: the body of line 3 `if i % 10 == 0:` has lost its indentation" in err


DRAWING = """
    import matplotlib
    matplotlib.use("TkAgg")
    import matplotlib.pyplot as plt
    plt.plot([1, 2])
    plt.show()
    plt.figure(); plt.figure()
    plt.show()
    plt.figure()
"""


def test_plots_that_are_shown_are_saved(tmp_path, program, run):
    pytest.importorskip("matplotlib")
    status, _, err = run(program(DRAWING))
    assert status == 0
    assert sorted(p.name for p in (tmp_path / "plots").iterdir()) == ["prog-1.png", "prog-2.png", "prog-3.png"]
    assert "plot saved: plots/prog-1.png" in err
    assert "3 plots in plots" in err


def test_figures_of_an_animation_are_saved_when_it_ends(tmp_path, program, run):
    pytest.importorskip("matplotlib")
    status, _, _ = run(
        program("""
        import matplotlib.pyplot as plt
        plt.ion()
        plt.show()
        for y in range(3):
            plt.cla(); plt.plot([0, y]); plt.pause(10)
    """)
    )
    assert status == 0
    assert [p.name for p in (tmp_path / "plots").iterdir()] == ["prog-1.png"]


def test_figures_of_a_notebook_are_saved_cell_by_cell(tmp_path, program, run):
    pytest.importorskip("matplotlib")
    cells = ["%matplotlib inline\nimport matplotlib.pyplot as plt", "plt.plot([1, 2]);", "plt.plot([2, 1]);"]
    assert run(program(cells, "a.ipynb"))[0] == 0
    assert len(list((tmp_path / "plots").iterdir())) == 2


def test_matplotlib_is_itself_again_afterwards(program, run):
    plt = pytest.importorskip("matplotlib.pyplot")
    before = plt.show, plt.pause
    run(program(DRAWING))
    assert (plt.show, plt.pause) == before


def test_the_command_is_a_module_too(program):
    path = program("import sys\nprint(sys.argv[1:], sys.path[0])\nsys.exit(5)")
    command = [sys.executable, "-m", "funcfit.cli", "run", str(path), "-x"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (5, f"['-x'] {path.parent}\n")

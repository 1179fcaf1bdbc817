"""Every example runs to its end, script and notebook, and the two styles of a story tell the same."""

import re
import runpy
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

import funcfit.tf1 as tf
from funcfit.cli import main

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "examples").glob("*/*.py"))
PLOTS = {"four_levels": 0}  # one each, where nothing else is said
LEARNED = {  # the percentages that a story prints, in their order, are within these bounds
    "autoencoder": [(65, 100)],
    "convolution": [(95, 100)],
    "digits": [(95, 100)],
    "ensemble": [(96, 100), (93, 100), (90, 100)],
    "transfer": [(94, 100), (90, 100), (50, 90), (50, 90)],
    "transformer": [(93, 100)],
    "with_equinox": [(30, 70)],
    "with_flax": [(96, 100), (96, 100)],
}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """told(path) runs an example, once, and gives what it printed and how many plots it drew."""
    results = {}

    def run(path, capsys):
        if path not in results:
            plots = tmp_path_factory.mktemp("plots")
            capsys.readouterr()
            tf.reset_default_graph()  # a process of its own would begin with an empty one, and without pictures
            plt.close("all")
            assert main(["run", "--plots", str(plots), str(path)]) == 0
            results[path] = capsys.readouterr().out, len(list(plots.iterdir()))
        return results[path]

    return run


def name(path):
    return f"{path.parent.name}/{path.name}"


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_an_example_runs_and_its_notebook_draws_and_prints_the_same(path, told, capsys):
    printed, plots = told(path, capsys)
    assert printed
    assert plots == PLOTS.get(path.parent.name, 1)
    if path.parent.name not in LEARNED:  # of the longer ones the script is enough: the notebook has the same text
        same_in_notebook(path, told, capsys, printed, plots)
    else:
        learned(path, printed)


def same_in_notebook(path, told, capsys, printed, plots):
    printed_in_notebook, plots_in_notebook = told(path.with_suffix(".ipynb"), capsys)
    lines = iter(printed_in_notebook.splitlines())  # the values of cells stand between what the program prints
    assert all(line in lines for line in printed.splitlines())
    assert plots_in_notebook == plots


def learned(path, printed):
    shares = [float(share) for share in re.findall(r"([\d.]+)%", printed)]
    bounds = LEARNED[path.parent.name]
    assert len(shares) == len(bounds)
    assert all(least <= share <= most for share, (least, most) in zip(shares, bounds, strict=True)), shares


@pytest.mark.parametrize("story", [script.parent.name for script in SCRIPTS if script.name == "session.py"])
def test_what_is_told_in_session_style_is_told_in_functional_style(story):
    assert {script.name for script in SCRIPTS if script.parent.name == story} == {"functional.py", "session.py"}


def test_every_example_is_in_the_table():
    table = (ROOT / "examples" / "README.md").read_text()
    assert set(re.findall(r"\]\(([\w/]+\.py)\)", table)) == {name(script) for script in SCRIPTS}


def test_three_ways_to_a_line_are_one_path(told, capsys):
    for style in ("session", "functional"):
        printed, _ = told(ROOT / "examples" / "linear_regression" / f"{style}.py", capsys)
        ends = {line.split("y =")[1] for line in printed.splitlines()}
        assert len(printed.splitlines()) == 3
        assert len(ends) == 1


def test_four_levels_print_the_same_numbers(told, capsys):
    levels = []
    for style in ("session", "functional"):
        printed, _ = told(ROOT / "examples" / "four_levels" / f"{style}.py", capsys)
        levels += re.split(r"^\w+\n", printed, flags=re.MULTILINE)[1:]
    assert len(levels) == 8
    assert len(set(levels)) == 1


def test_hospital_visits_fall_by_five_a_degree(told, capsys):
    for style in ("session", "functional"):
        printed, _ = told(ROOT / "examples" / "hospital_visits" / f"{style}.py", capsys)
        level, slope = map(float, re.search(r"visits = (\d+) (-[\d.]+) x degrees", printed).groups())
        assert abs(level - 1000) < 25
        assert abs(slope + 5) < 0.3
    assert "the same bits: True" in printed  # of the run that stopped and went on


def test_a_story_is_learned_and_written_in_the_same_words(told, capsys):
    session, functional = (
        told(ROOT / "examples" / "one_letter_at_a_time" / f"{style}.py", capsys)[0]
        for style in ("session", "functional")
    )
    assert session == functional
    assert float(re.findall(r"([\d.]+) nats", session)[-1]) < 0.5


def test_notebooks_are_those_of_their_scripts():
    notebook = runpy.run_path(str(ROOT / "scripts" / "notebooks.py"))["notebook"]
    for script in SCRIPTS:
        assert script.with_suffix(".ipynb").read_text() == notebook(script.read_text()), (
            f"run scripts/notebooks.py for {script}"
        )

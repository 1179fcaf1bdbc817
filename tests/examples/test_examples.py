"""Every example runs to its end, script and notebook, and the two styles of a story tell the same."""

import re
import runpy
from pathlib import Path

import pytest

import funcfit.tf1 as tf
from funcfit.cli import main

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "examples").glob("*/*.py"))
STORIES = sorted({script.parent.name for script in SCRIPTS})
PLOTS = {"four_levels": 0}  # one each, where nothing else is said


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """told(path) runs an example, once, and gives what it printed and how many plots it drew."""
    results = {}

    def run(path, capsys):
        if path not in results:
            plots = tmp_path_factory.mktemp("plots")
            capsys.readouterr()
            tf.reset_default_graph()  # a process of its own would begin with an empty one
            assert main(["run", "--plots", str(plots), str(path)]) == 0
            results[path] = capsys.readouterr().out, len(list(plots.iterdir()))
        return results[path]

    return run


def name(path):
    return f"{path.parent.name}/{path.name}"


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_an_example_runs_and_draws(path, told, capsys):
    printed, plots = told(path, capsys)
    assert printed
    assert plots == PLOTS.get(path.parent.name, 1)


@pytest.mark.parametrize("path", [script.with_suffix(".ipynb") for script in SCRIPTS], ids=name)
def test_the_notebook_of_an_example_prints_what_the_script_prints(path, told, capsys):
    script, plots = told(path.with_suffix(".py"), capsys)
    printed, plots_of_notebook = told(path, capsys)
    lines = iter(printed.splitlines())  # the values of cells stand between what the program prints
    assert all(line in lines for line in script.splitlines())
    assert plots == plots_of_notebook


@pytest.mark.parametrize("story", [story for story in STORIES if story not in ("bridge", "digits")])
def test_a_story_is_told_in_both_styles(story):
    assert {script.name for script in SCRIPTS if script.parent.name == story} == {"functional.py", "session.py"}


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

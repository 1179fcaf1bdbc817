"""Commands about training runs: what they print and what their exit status says."""

import json
from pathlib import Path

import pytest

from funcfit import NonFinite
from funcfit.cli import main

PROGRAM = '''
import sys
import numpy as np
import optax
from funcfit import Every, Run, fit

X = np.linspace(-1, 1, 20).astype("f")

def loss(w, batch, key):
    return ((w * batch - 3 * batch) ** 2).mean()

def train(run: str, lr: float = 0.1, steps=30):
    """A line through points."""
    return fit(loss, 0.0, X, optax.sgd(lr), steps=steps, run=Run(run, every=Every(steps=10)), validation=X)

if __name__ == "__main__":
    train(sys.argv[1], float(sys.argv[2]))
'''


@pytest.fixture
def train(tmp_path):
    (tmp_path / "line.py").write_text(PROGRAM)

    def run(name, *options):
        assert main(["fit", f"{tmp_path}/line.py:train", "--run", str(tmp_path / name), *options]) == 0
        return str(tmp_path / name)

    return run


def test_fit_takes_a_functions_arguments_and_prints_its_result(train, capsys):
    train("a", "--lr", "0.5", "--steps", "20")
    assert capsys.readouterr().out.startswith("Result(1 parameters, ended by steps, {'step': '20', 'loss': ")


def test_fit_says_what_it_does_not_find(tmp_path, capsys):
    (tmp_path / "line.py").write_text(PROGRAM)
    assert main(["fit", f"{tmp_path}/line.py:tain"]) == 2
    assert "has no function 'tain'; it has fit, loss, train" in capsys.readouterr().err
    assert main(["fit", "nowhere.py:train"]) == 2


def test_info_tells_what_made_a_run_and_how_far_it_is(train, capsys):
    run = train("a")
    capsys.readouterr()
    assert main(["info", run]) == 0
    printed = capsys.readouterr().out
    assert "array float32[20]" in printed and "metrics step 30, loss " in printed and "lr 0.1" in printed
    assert " s for 30 steps\n" in printed
    assert "checkpoint of step 20, saved" in printed and "checkpoint of step 30" in printed
    assert printed.endswith(", the end: steps\n")


def test_verify_names_the_damaged_leaf_and_changes_nothing(train, tmp_path, capsys):
    run = train("a")
    assert main(["verify", run]) == 0
    assert capsys.readouterr().out.endswith("step-000000030: whole\n")
    manifest = tmp_path / "a" / "checkpoints" / "step-000000020" / "manifest.json"
    manifest.write_text(manifest.read_text().replace("20", "21", 1))
    assert main(["verify", run]) == 1
    assert "step-000000020: manifest.json is damaged" in capsys.readouterr().out
    assert manifest.exists()


def test_diff_tells_leaves_that_differ(train, capsys):
    first, same, other = train("a"), train("b"), train("c", "--lr", "0.2")
    capsys.readouterr()
    assert main(["diff", first, same]) == 0
    assert capsys.readouterr().out == "the same bits, at step 30\n"
    assert main(["diff", first, other]) == 1
    assert "params: 1 of 1 numbers, by up to" in capsys.readouterr().out


def test_plot_draws_runs_into_one_file(train, tmp_path, capsys):
    pytest.importorskip("matplotlib").use("Agg")
    assert main(["plot", train("a"), train("b", "--lr", "0.2"), "--file", str(tmp_path / "both.png")]) == 0
    assert (tmp_path / "both.png").stat().st_size > 1000


def test_who_looks_at_runs_changes_nothing_in_them(train, tmp_path, capsys):
    """Fault 12: also while they are being trained, and on a disk that can only be read."""
    pytest.importorskip("matplotlib").use("Agg")
    runs = train("a"), train("b", "--lr", "0.2")
    before = [contents(run) for run in runs]
    for command in (
        ["info", runs[0]],
        ["verify", runs[0]],
        ["diff", *runs],
        ["plot", *runs, "--file", f"{tmp_path}/p"],
    ):
        main(command)
    assert [contents(run) for run in runs] == before


def contents(folder):
    files = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in Path(folder).rglob("*") if path.is_file()}
    return files | {path: path.stat().st_mtime_ns for path in Path(folder).rglob("*") if path.is_dir()}


def test_replay_takes_a_step_again_by_the_runs_own_program_and_changes_nothing(train, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the run is told by a name that counts from here
    assert main(["fit", "line.py:train", "--run", "a"]) == 0
    run, before = tmp_path / "a", contents(tmp_path / "a")
    monkeypatch.chdir("/")
    row = json.loads((run / "metrics.jsonl").read_text().splitlines()[17])
    capsys.readouterr()
    assert main(["replay", str(run), "17"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("step 17, from the checkpoint of step 10:\n")
    assert f"  loss {row['loss']:.8g}, to the bit what it was\n  lr 0.1, to the bit" in printed
    assert main(["replay", str(run), "9"]) == 2
    assert "no checkpoint in" in capsys.readouterr().err
    assert contents(run) == before


def test_replay_has_nothing_to_hold_a_metric_against_that_was_measured_later_only(train, tmp_path, capsys):
    log = Path(run := train("a")) / "metrics.jsonl"
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    for row in rows[:18]:
        del row["lr"]
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    capsys.readouterr()
    assert main(["replay", run, "17", f"{tmp_path}/line.py", run, "0.1"]) == 0
    assert capsys.readouterr().out.endswith("to the bit what it was\n  lr 0.1\n")


def test_replay_by_another_program_tells_in_what_it_differs(train, tmp_path, capsys):
    run, script = train("a"), f"{tmp_path}/line.py"
    capsys.readouterr()
    assert main(["replay", run, "12", script, run, "0.1"]) == 0
    assert main(["replay", run, "12", script, run, "0.2"]) == 1
    assert "lr 0.2, and it was 0.1" in capsys.readouterr().out
    for nothing in (f"{tmp_path}/nowhere.py", "ipykernel_launcher.py", f"{script}:tain"):
        assert main(["replay", run, "12", nothing]) == 2
    assert main(["replay", run, "12", script, f"{tmp_path}/other", "0.1"]) == 2
    assert "took no step in" in capsys.readouterr().err


def test_replay_names_where_a_number_that_is_not_finite_came_from(tmp_path, capsys):
    (tmp_path / "broken.py").write_text(BROKEN)
    with pytest.raises(NonFinite, match="step 11 "):
        main(["fit", f"{tmp_path}/broken.py:train", "--run", str(tmp_path / "a")])
    assert main(["replay", str(tmp_path / "a"), "11"]) == 1
    printed = capsys.readouterr().out
    assert "step 11, which the run did not take, from the checkpoint of step 11:\n  loss nan\n" in printed
    assert "not finite: log of float32[] with values from -" in printed and "broken.py:8" in printed


BROKEN = """
import jax.numpy as jnp
import optax
from funcfit import Every, Run, fit


def loss(w, batch, key):
    return jnp.log(w)


def train(run: str):
    fit(loss, 3.0, jnp.ones(2), optax.sgd(0.5), steps=30, run=Run(run, every=Every(steps=5)))
"""

"""A run in a directory: killed, damaged or interrupted, it goes on and ends where it would have."""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from funcfit import Every, Run, Stop, batches, checkpoint, early_stopping, fit, on, plateau, program, replay
from funcfit.train.history import columns_in
from funcfit.train.update import finite

RNG = np.random.default_rng(3)
X = RNG.normal(size=(50, 3)).astype(np.float32)
Y = X.sum(1)


def loss(w, batch, key):
    x, y = batch
    return ((x * jax.random.bernoulli(key, 0.9, x.shape) @ w - y) ** 2).mean()


def start():
    return np.zeros(3, np.float32)


def data():
    return batches((X, Y), 8, seed=1)


def train(run=None, steps=60, events=(), **options):
    return fit(loss, start(), data(), optax.adam(0.1), steps=steps, run=run, events=events, **options)


def same(a, b):
    a, b = (jax.tree.leaves(state._replace(key=jax.random.key_data(state.key))) for state in (a, b))
    return len(a) == len(b) and all(np.array_equal(x, y) for x, y in zip(a, b))


def test_a_first_state_is_made_only_for_a_run_that_begins(tmp_path):
    own, made = program(loss, optax.sgd(0.1), data()), []

    def first():
        state = own.init(start())
        made.append(not isinstance(state.params, jax.core.Tracer))
        return state

    for until in (3, 5):
        with Run(tmp_path) as run:
            for event in run.steps(own, run.restore(first), until):
                assert event.step == until
    assert made.count(True) == 1


def test_a_run_that_goes_on_is_the_run_that_did_not_stop(tmp_path):
    options = dict(ema=0.9, validation=(X[:9], Y[:9]), every=7, events=[early_stopping(patience=50)])
    whole = train(steps=60, **options)
    for steps in (13, 14, 40, 60):
        part = train(Run(tmp_path, every=Every(steps=5)), steps=steps, **options)
        assert part.history["step"].tolist() == list(range(1, steps + 1))
        assert part.clock["step"][-1] == steps and (np.diff(part.clock["milliseconds"]) >= 0).all()
    assert same(part.state, whole.state)
    jax.tree.map(np.testing.assert_array_equal, part.history, whole.history)
    assert set(range(7, 61, 7)) <= set(part.validation["step"].tolist())


def test_checkpoints_come_at_their_pace_and_the_best_stays(tmp_path):
    def falling(w, batch, key):
        return (w**2).sum(), {"far": jnp.abs(batch[1] - 3.0).sum()}

    values = np.arange(10, dtype="f")
    rows = batches((np.zeros(10), values), 1, shuffle=False)
    run = Run(tmp_path, keep=2, every=Every(steps=1), best="far")
    fit(falling, start(), rows, optax.sgd(0.1), steps=10, run=run)
    assert [step for step, _ in checkpoint.saved_steps(tmp_path / "checkpoints")] == [4, 9, 10]


def test_a_directory_is_one_process_at_a_time(tmp_path):
    """Fault 12."""
    with Run(tmp_path), pytest.raises(RuntimeError, match=f"in use by process {os.getpid()}"):
        with Run(tmp_path):
            pass
    with Run(tmp_path):
        pass


def test_a_run_may_be_used_again_and_lets_go_of_its_directory_whatever_fails_at_its_end(tmp_path):
    run = Run(tmp_path, every=Every(steps=5))
    for steps in (7, 12):
        assert train(run, steps=steps).history["step"].tolist() == list(range(1, steps + 1))

    def broken(step, values):
        pass

    def close():
        raise OSError("the connection is gone")

    broken.close = close
    with pytest.raises(OSError, match="the connection is gone"):
        train(Run(tmp_path, log=broken), steps=14)
    assert train(tmp_path, steps=15).history["step"].size == 15


def test_a_dead_owners_lock_holds_nobody_up(tmp_path):
    """Fault 12: the lock is the kernel's, and ends with its process, however that ends."""
    (tmp_path / "lock").touch()
    hold = f"import fcntl, sys, time; f = open({str(tmp_path / 'lock')!r}, 'a'); fcntl.flock(f, fcntl.LOCK_EX)"
    owner = subprocess.Popen([sys.executable, "-c", f"{hold}; print('held', flush=True); time.sleep(99)"], stdout=-1)
    assert owner.stdout.readline() == b"held\n"
    with pytest.raises(RuntimeError, match="one run, one process"), Run(tmp_path):
        pass
    owner.kill()
    owner.wait()
    owner.stdout.close()
    with Run(tmp_path):
        pass


def test_a_path_may_be_relative_with_spaces_and_the_program_may_go_elsewhere(tmp_path, monkeypatch):
    """Fault 16."""
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")
    monkeypatch.chdir(tmp_path)
    goes = on(Every(steps=3), lambda event: os.chdir("/"))
    train(Run("link/a b ü", every=Every(steps=2)), steps=9, events=[goes])
    assert checkpoint.latest(tmp_path / "there" / "a b ü" / "checkpoints") == 9
    assert len((tmp_path / "there" / "a b ü" / "metrics.jsonl").read_text().splitlines()) == 9


def test_changed_data_is_refused_with_both_fingerprints(tmp_path):
    """Fault 18."""
    train(tmp_path, steps=5)
    with pytest.raises(ValueError, match=r"data of this run has changed.*float32\[50,3\].*float32\[50,3\]"):
        fit(loss, start(), batches((X + 1, Y), 8, seed=1), optax.adam(0.1), steps=9, run=tmp_path)
    with pytest.raises(ValueError, match="'size'"):
        fit(loss, start(), batches((X, Y), 4, seed=1), optax.adam(0.1), steps=9, run=tmp_path)


def test_another_model_is_refused_leaf_by_leaf(tmp_path):
    """Fault 14."""
    train(tmp_path, steps=5)
    with pytest.raises(ValueError, match=r"params should be float32\[4\] and is float32\[3\]"):
        fit(loss, np.zeros(4, np.float32), data(), optax.adam(0.1), steps=9, run=tmp_path)


def test_a_log_cut_in_a_line_goes_on_cleanly(tmp_path):
    """Fault 19."""
    train(Run(tmp_path, every=Every(steps=10)), steps=20)
    log = tmp_path / "metrics.jsonl"
    lines = log.read_text().splitlines(keepends=True)
    log.write_text("".join(lines) + '{"step": 21, "loss": 0.')
    train(tmp_path, steps=30)
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    assert [row["step"] for row in rows] == list(range(1, 31))


def test_a_metric_that_is_new_or_gone_after_a_resume_has_nan_in_the_other_rows(tmp_path):
    def more(w, batch, key):
        return loss(w, batch, key), {"size": jnp.abs(w)}

    train(tmp_path, steps=4)
    fit(more, start(), data(), optax.adam(0.1), steps=7, run=tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = train(tmp_path, steps=9).history
    assert np.isnan(history["size"]).all(1).tolist() == [True] * 4 + [False] * 3 + [True] * 2
    assert np.isfinite(history["loss"]).all() and history["step"].tolist() == list(range(1, 10))


def test_a_log_is_json_and_gives_back_what_is_not_finite(tmp_path):
    def strict(constant):
        raise ValueError(f"{constant} is no JSON")

    def holed(w, batch, key):
        return loss(w, batch, key), {"NaN": jnp.array([jnp.nan, -jnp.inf, 1.0])}

    with pytest.warns(UserWarning, match="the metric 'NaN' was not finite in 3 steps, first in step 1"):
        before = fit(holed, start(), data(), optax.adam(0.1), steps=3, run=tmp_path).history
    for line in (tmp_path / "metrics.jsonl").read_text().splitlines():
        assert json.loads(line, parse_constant=strict)["NaN"][0] is None
    jax.tree.map(np.testing.assert_array_equal, columns_in(tmp_path / "metrics.jsonl"), before)


def test_rows_after_the_checkpoint_are_taken_again_once(tmp_path):
    """Faults 4 and 19."""
    train(Run(tmp_path, every=Every(steps=10)), steps=25)
    newest = checkpoint.saved_steps(tmp_path / "checkpoints")[-1][1]
    (newest / "manifest.json").write_text("{}")
    with pytest.warns(UserWarning, match="damaged-step-000000025"):
        result = train(tmp_path, steps=25)
    assert [json.loads(line)["step"] for line in (tmp_path / "metrics.jsonl").open()] == list(range(1, 26))
    assert same(result.state, train(steps=25).state)


def test_when_every_checkpoint_is_damaged_nothing_starts_from_scratch(tmp_path):
    """Fault 5."""
    train(Run(tmp_path, every=Every(steps=10)), steps=20)
    for _, place in checkpoint.saved_steps(tmp_path / "checkpoints"):
        (place / "manifest.json").unlink()
    with pytest.warns(UserWarning), pytest.raises(checkpoint.Damaged, match=r"(?s)step-000000020.*step-000000010"):
        train(tmp_path, steps=20)
    with pytest.raises(checkpoint.Damaged, match="damaged-step-000000010, damaged-step-000000020 were set aside"):
        train(tmp_path, steps=20)


def test_a_run_is_open_inside_its_with_block_only(tmp_path):
    with pytest.raises(RuntimeError, match="is not open: use it in `with run:`"):
        Run(tmp_path).commit(program(loss, optax.adam(0.1), data()).init(start()))


def test_a_save_that_fails_in_the_background_is_raised_and_the_next_one_works(tmp_path, monkeypatch):
    """Faults 3 and 17."""

    def full(*args):
        raise OSError(28, "No space left on device")

    with Run(tmp_path) as run:
        state = program(loss, optax.adam(0.1), data()).init(start())
        run.restore(state)
        run.commit(state, wait=True)
        monkeypatch.setattr(checkpoint.arrays, "write", full)
        run.commit(state._replace(step=jnp.int32(1)))
        with pytest.raises(OSError, match=r"step 1 was not saved.*No space left"):
            run.commit(state._replace(step=jnp.int32(2)))
        monkeypatch.undo()
        run.commit(state._replace(step=jnp.int32(3)), wait=True)
    assert [step for step, _ in checkpoint.saved_steps(run.checkpoints)] == [0, 3]
    monkeypatch.setattr(checkpoint.arrays, "write", full)
    with pytest.raises(OSError, match="step 4 was not saved"), run:  # the last one is seen at the end
        run.commit(state._replace(step=jnp.int32(4)))


def test_a_disk_that_fills_up_ends_the_run_and_with_space_it_goes_on_in_the_same_bits(tmp_path):
    """Fault 3, for the loop: here it is the log that finds no more room, in the midst of a line."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(event):
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))

    try:
        with pytest.raises(OSError, match="File too large"):
            train(Run(tmp_path, every=Every(steps=10)), steps=600, events=[on(Every(steps=35), fill)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert all(faults == [] for faults in checkpoint.verify(tmp_path / "checkpoints").values())
    assert same(train(tmp_path, steps=300).state, train(steps=300).state)
    assert [json.loads(row)["step"] for row in (tmp_path / "metrics.jsonl").open()] == list(range(1, 301))


def test_the_next_process_finds_what_was_compiled_and_a_damaged_entry_is_compiled_again(tmp_path):
    """Fault 20."""
    train(tmp_path, steps=5)
    (entry,) = (tmp_path / "compiled").glob("*train*-cache")
    assert jax.config.jax_compilation_cache_dir is None

    def goes_on():
        jax.clear_caches()
        own = program(loss, optax.adam(0.1), data())
        with Run(tmp_path) as run:
            return [event.why for event in run.steps(own, run.restore(own.init(start())), 7)]

    hits = []
    jax.monitoring.register_event_listener(lambda event, **_: hits.append(event))
    assert goes_on() == ["steps"]
    assert hits.count("/jax/compilation_cache/cache_hits") == 1
    whole = entry.read_bytes()
    for damaged in (b"damaged", b"", whole[: len(whole) // 2]):
        entry.write_bytes(damaged)
        with pytest.warns(UserWarning, match="persistent compilation cache"):
            assert goes_on() == ["steps"]


def test_early_stopping_ends_the_run_and_the_run_stays_ended(tmp_path):
    def stuck(w, batch, key):
        return (w * 0).sum() + 1.0

    options = dict(steps=100, events=[early_stopping(patience=3, when=Every(steps=5))], run=tmp_path)
    first = fit(stuck, start(), data(), optax.sgd(0.1), **options)
    assert int(first.state.step) == 20 and "has not become better than 1 3 times" in first.why
    for _ in range(2):
        again = fit(stuck, start(), data(), optax.sgd(0.1), **options)
        assert int(again.state.step) == 20 and again.history["step"].size == 20 and again.why == first.why
    assert [step for step, _ in checkpoint.saved_steps(tmp_path / "checkpoints")] == [20]


def test_plateau_lowers_the_rate_that_is_among_the_metrics():
    def stuck(w, batch, key):
        return w.sum() * 0 + 1.0

    events = [plateau(patience=1, factor=0.5, when=Every(steps=4))]
    history = fit(stuck, start(), data(), optax.sgd(0.1), steps=12, events=events).history
    np.testing.assert_allclose(history["lr"], [0.1] * 8 + [0.05] * 4)


def test_callbacks_see_each_others_states_and_the_loop_is_an_iterator():
    seen = []
    events = [
        on(Every(steps=4), lambda event: event.remember(count=event.state.extra["count"] + 1), count=0),
        on(Every(steps=6), lambda event: seen.append((event.step, int(event.state.extra["count"])))),
        on(Every(steps=12), lambda event: Stop("enough")),
    ]
    assert train(events=events).why == "enough"
    assert seen == [(6, 1), (12, 3)]

    own = program(loss, optax.adam(0.1), data())
    with Run() as run:
        steps = [event.step for event in run.steps(own, own.init(start()), 10, [on(Every(epochs=1), lambda e: None)])]
    assert steps == [7, 10]


@pytest.mark.parametrize("on_device", [True, False])
def test_a_state_of_another_step_is_refused(on_device):
    rows, early = batches((X, Y), 8, on_device=on_device), program(loss, optax.adam(0.1), data()).init(start())

    def back(event):
        return event.state._replace(step=early.step)

    for answer in (back, lambda event: Stop("back", back(event))):
        with pytest.raises(ValueError, match="a State of step 0 at step 7, and a run goes forward"):
            fit(loss, start(), rows, optax.adam(0.1), steps=60, events=[on(Every(steps=7), answer)])

    def anew(event):
        return event.state._replace(params=early.params + 1, opt=jax.tree.map(jnp.copy, early.opt))

    history = fit(loss, start(), rows, optax.adam(0.1), steps=30, events=[on(Every(steps=7), anew)]).history
    assert history["step"].tolist() == list(range(1, 31))


def test_a_run_that_is_stopped_is_validated_at_its_last_step_and_the_first_stop_counts(tmp_path):
    stops = [on(Every(steps=5), lambda event, n=n: Stop(f"number {n}")) for n in (1, 2)]
    result = train(tmp_path, validation=(X, Y), every=3, events=stops)
    assert result.why == "number 1" and result.validation["step"].tolist() == [3, 5]
    assert train(tmp_path, validation=(X, Y), every=3).why == "number 1"
    result = train(validation=(X, Y), every=5, events=stops)
    assert result.validation["step"].tolist() == [5]


@pytest.mark.parametrize("why", ["", "steps", "interrupted", "terminated"])
def test_a_stop_has_words_of_its_own(why):
    with pytest.raises(ValueError, match="in words of its own"):
        train(events=[on(Every(steps=5), lambda event: Stop(why))])


def memories(n):
    """A callback that remembers a pair, and counts in it."""

    def look(event):
        seen, total = event.state.extra[f"pair{n}"]["of"]
        return event.remember(**{f"pair{n}": {"of": (seen + 1, total + event.step)}})

    return on(Every(steps=5), look, **{f"pair{n}": {"of": (0, 0)}})


def test_the_loop_makes_room_for_what_callbacks_remember(tmp_path):
    own, events = program(loss, optax.adam(0.1), data()), [early_stopping(patience=50), memories(1)]
    for until in (5, 20):
        with Run(tmp_path) as run:
            for event in run.steps(own, run.restore(own.init(start())), until, events):
                state = event.state
    assert tuple(map(int, state.extra["pair1"]["of"])) == (4, 50)
    assert same(state, train(steps=20, events=events).state)


def test_a_run_goes_on_with_a_callback_more_or_less(tmp_path):
    train(tmp_path, steps=10, events=[memories(1)])
    state = train(tmp_path, steps=20, events=[memories(1), memories(2), plateau()]).state
    assert [tuple(map(int, state.extra[name]["of"])) for name in ("pair1", "pair2")] == [(4, 50), (2, 35)]
    state = train(tmp_path, steps=30).state
    assert "plateau_best" in state.extra and float(state.extra["rate"]) == 1
    state = train(tmp_path, steps=40, events=[memories(2)]).state
    assert tuple(map(int, state.extra["pair2"]["of"])) == (4, 110)
    assert same(replay(program(loss, optax.adam(0.1), data()), tmp_path, state, 40).state, state)
    with pytest.raises(ValueError, match="remembers 'pair1': pair1 is missing"):
        train(tmp_path, steps=50, events=[on(Every(steps=1), print, pair1=0)])
    with pytest.raises(ValueError, match=r"extra/ema.* is missing"):
        train(tmp_path, steps=50, ema=0.9)


@pytest.mark.parametrize("name", ["rate", "ema", "halted", "loss_scale"])
def test_names_that_the_step_itself_keeps_are_not_a_callbacks(name):
    with pytest.raises(ValueError, match=f"'{name}' is the step's own name"):
        on(Every(steps=1), print, **{name: 0})


def test_what_is_remembered_keeps_its_name_and_shape():
    with pytest.raises(ValueError, match="'other' is remembered"):
        train(events=[on(Every(steps=1), lambda event: event.remember(other=1))])
    with pytest.raises(ValueError, match=r"count is remembered in the shape \(\), not \(2,\)"):
        train(events=[on(Every(steps=1), lambda event: event.remember(count=np.zeros(2)), count=0)])
    with pytest.raises(ValueError, match="cannot share"):
        train(events=[early_stopping(), early_stopping()])


def test_an_interrupt_ends_after_the_steps_under_way_and_keeps_the_result():
    before = signal.getsignal(signal.SIGINT)  # ignored, where the tests run in the background of a shell
    threading.Timer(0.7, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    result = train(steps=10**7)
    assert result.why == "interrupted"
    assert result.history["step"][-1] == int(result.state.step) < 10**7
    assert finite(result.params)
    assert signal.getsignal(signal.SIGINT) is before


CAMPAIGN = Path(__file__).parents[2] / "scripts" / "campaign_kills.py"


def script(*arguments):
    env = {**os.environ, "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(CAMPAIGN.parents[1])}
    command = [sys.executable, str(CAMPAIGN), *map(str, arguments)]
    return subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_killed_five_times_it_ends_in_the_same_bits():
    """Fault 1; the script does it 50 times."""
    process = script("--kills", 5, "--steps", 600)
    said, _ = process.communicate(timeout=240)
    assert process.returncode == 0, said


@pytest.mark.slow
def test_two_processes_may_share_one_compile_cache(tmp_path, monkeypatch):
    """Fault 20: both write it, or one reads what the other is writing."""
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    folders = [tmp_path / name for name in ("a", "b")]
    processes = [script("--life", folder, "--steps", 120) for folder in folders]
    assert [process.wait(200) for process in processes] == [0, 0]
    first, second = (checkpoint.restore(folder / "checkpoints").tree for folder in folders)
    assert all(np.array_equal(first[name], second[name]) for name in first if name != "key")
    assert list((tmp_path / "cache").iterdir())


@pytest.mark.slow
def test_sigterm_saves_and_says_resumable(tmp_path):
    process = script("--life", tmp_path, "--steps", 10**7)
    while not (checkpoint.latest(tmp_path / "checkpoints") or 0):
        time.sleep(0.02)
    process.terminate()
    assert process.wait(60) == 75
    saved = checkpoint.restore(tmp_path / "checkpoints")
    assert saved.facts["why"] == "terminated"


def test_minutes_are_counted_by_a_clock_that_is_never_set_back(monkeypatch):
    """Fault 11."""
    seconds, seen = iter(range(10**6)), []
    monkeypatch.setattr(time, "monotonic", lambda: 10 * next(seconds))
    monkeypatch.setattr(time, "time", lambda: 0.0)
    train(steps=60, events=[on(Every(minutes=2), lambda event: seen.append(event.step))])
    assert seen and seen == sorted(set(seen))


def test_importing_waits_for_nothing_that_is_not_used():
    heavy = ("orbax", "matplotlib", "safetensors", "tensorstore", "funcfit.tf1", "scipy")
    say = f"""if True:
        import sys, funcfit
        print("optax" in sys.modules)
        funcfit.fit
        print([name for name in {heavy} if name in sys.modules])
    """
    found = subprocess.run([sys.executable, "-c", say], capture_output=True, text=True, cwd=CAMPAIGN.parents[1])
    assert found.stdout == "False\n[]\n", found.stderr

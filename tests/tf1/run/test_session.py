"""Running: fetch structures, feeds, state, compilations, threads, interrupts."""

import collections
import gc
import signal
import threading
import tracemalloc

import jax
import numpy as np
import pytest

import funcfit.tf1 as tf
from funcfit import compile as compiling
from tests.compilations import counted_compilations


@pytest.fixture(autouse=True)
def fresh_graph():
    with tf.Graph().as_default():
        yield


def counter():
    """A variable at 0.0 and the node that adds one to it, in a session where it is initialized."""
    x = tf.Variable(0.0)
    up = tf.assign_add(x, 1.0)
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    return x, up, session


Pair = collections.namedtuple("Pair", "first second")

STRUCTURES = {
    "tensor": (lambda a, b: a, 1.0),
    "operation": (lambda a, b: a.op, None),
    "name": (lambda a, b: "a:0", 1.0),
    "list": (lambda a, b: [a, b], [1.0, 2.0]),
    "tuple": (lambda a, b: (a, b), (1.0, 2.0)),
    "dict": (lambda a, b: {"x": a, "y": [b]}, {"x": 1.0, "y": [2.0]}),
    "ordered dict": (
        lambda a, b: collections.OrderedDict([("y", b), ("x", a)]),
        collections.OrderedDict([("y", 2.0), ("x", 1.0)]),
    ),
    "named tuple": (lambda a, b: Pair(a, b), Pair(1.0, 2.0)),
    "nested": (lambda a, b: [a, (b, {"k": a}), []], [1.0, (2.0, {"k": 1.0}), []]),
    "the same twice": (lambda a, b: [a, a], [1.0, 1.0]),
    "nothing": (lambda a, b: [], []),
}


@pytest.mark.parametrize("name", STRUCTURES)
def test_values_come_back_in_the_structure_of_the_fetches(name):
    fetch, expected = STRUCTURES[name]
    a, b = tf.constant(1.0, name="a"), tf.constant(2.0, name="b")
    with tf.Session() as session:
        for _ in range(2):
            got = session.run(fetch(a, b))
            assert got == expected and type(got) is type(expected) or np.isscalar(expected)


def test_scalars_are_numpy_scalars_and_arrays_are_the_callers_own():
    x, _, session = counter()
    assert type(session.run(x)) is np.float32
    vector = tf.Variable([1.0, 2.0])
    session.run(vector.initializer)
    mine = session.run(vector)
    mine[0] = 5
    assert session.run(vector)[0] == 1


def test_a_fed_array_may_be_changed_after_the_run():
    p = tf.placeholder(tf.float32, [1000])
    x = tf.Variable(np.zeros(1000, np.float32))
    keep = tf.assign(x, p)
    with tf.Session() as session:
        fed = np.ones(1000, np.float32)
        session.run(keep.op, {p: fed})
        fed[:] = 7
        assert session.run(x).max() == 1


def test_any_tensor_can_be_fed():
    a = tf.constant(1.0)
    b = a + 1.0
    c = b * 10.0
    with tf.Session() as session:
        assert session.run(c, {b: 5.0}) == 50
        assert session.run(c, {"add:0": 6.0}) == 60
        assert session.run([b, c], {b: 5.0}) == [5, 50]
        assert session.run(c) == 20


def test_a_second_run_compiles_nothing():
    x, up, session = counter()
    p = tf.placeholder(tf.float32)
    y = x * p
    session.run([up, y], {p: 2.0})
    before = compiling.traces()
    for i in range(5):
        session.run([up, y], {p: float(i)})
    assert compiling.traces() == before


def test_a_run_that_checks_and_writes_nothing_compiles_once():
    place = tf.placeholder(tf.int32)
    rows = tf.gather(tf.constant([1.0, 2.0]), place)
    with tf.Session() as session:
        before = compiling.traces()
        assert session.run(rows, {place: 1}) == 2.0
        assert compiling.traces() == before + 1
        with pytest.raises(tf.errors.InvalidArgumentError, match="not in"):
            session.run(rows, {place: 2})


def test_a_run_whose_checks_hold_while_tracing_compiles_once():
    x, fed = tf.Variable(0.0), tf.placeholder(tf.float32, [3, 2])
    up = tf.assign_add(x, tf.reduce_sum(tf.gather(fed, [0, 2])))
    with tf.Session() as session:
        session.run(x.initializer)
        before = compiling.traces()
        session.run(up, {fed: np.ones((3, 2))})
        assert compiling.traces() == before + 1


def test_the_same_fetches_in_another_structure_compile_nothing():
    x, _, session = counter()
    y, z = x * 2.0, x * 3.0
    for _ in range(2):  # the first run is NumPy's
        session.run([y, z])
    before = compiling.traces()
    session.run({"a": y, "b": z})
    session.run((y, z))
    assert compiling.traces() == before


def test_a_variable_that_was_written_is_fetched_from_the_state():
    x, up, session = counter()
    assert session.run([up, x, up, tf.identity(x) * 2.0]) == [1.0, 1.0, 1.0, 0.0]
    (program,) = (p for p in session._programs.values() if up.op.outputs[0] in p.elements)
    assert [len(stage.gives) for stage in program.plan.stages] == [1]


def test_what_a_state_comes_from_is_compiled_from_the_first_run_on():
    x, v = tf.placeholder(tf.float32, []), tf.Variable(0.0)
    y = tf.py_func(lambda value: value, [tf.exp(x)], tf.float32)
    with tf.Session() as session:
        for fetch, times in ((y, 0), (tf.assign(v, y), 2)):
            with counted_compilations() as compiled:
                assert session.run(fetch, {x: 0.0}) == 1.0
            assert len(compiled) == times


def test_what_is_too_much_for_numpy_is_traced_and_compiled_once():
    x = tf.placeholder(tf.float32, [])
    y = tf.reduce_sum(tf.ones([300, 300]) * x)
    with tf.Session() as session:
        before = compiling.traces()
        assert session.run(y, {x: 2.0}) == session.run(y, {x: 2.0}) == 180000.0
        assert compiling.traces() == before + 1


def test_an_empty_variable_beside_a_step_is_an_error_before_the_step():
    x, up, session = counter()
    empty = tf.Variable(0.0)
    for _ in range(2):
        with pytest.raises(tf.errors.FailedPreconditionError, match="uninitialized value Variable_1"):
            session.run([up, empty])
    assert session.run(x) == 0.0
    session.run(empty.initializer)
    assert session.run([up, empty]) == [1.0, 0.0]


def test_reading_variables_compiles_nothing():
    x, _, session = counter()
    before = compiling.traces()
    assert session.run([x, x.value(), "Variable:0"]) == [0, 0, 0]
    assert compiling.traces() == before


def test_drawing_first_values_holds_little_more_than_the_variables():
    size, count = 1 << 18, 16
    with tf.Graph().as_default(), tf.Session() as session:
        for _ in range(count):
            tf.Variable(tf.truncated_normal([size], stddev=0.1))
        start = tf.global_variables_initializer()
        tracemalloc.start()  # sees what NumPy holds, which the state may take over
        try:
            session.run(start)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 1.5 * 4 * size * count


def test_a_variable_is_held_once_and_what_it_was_made_of_not_at_all():
    with tf.Graph().as_default(), tf.Session() as session:
        variables = [tf.Variable(tf.truncated_normal([2048, 1024])), tf.Variable(tf.zeros([2048, 1024]))]
        step = tf.train.GradientDescentOptimizer(0.1).minimize(sum(tf.nn.l2_loss(v) for v in variables))
        gc.collect()
        before = sum(x.nbytes for x in jax.live_arrays())
        session.run(tf.global_variables_initializer())
        for _ in range(3):
            session.run(step)
            session.run([v.op for v in variables])
        gc.collect()
        held = sum(x.nbytes for x in jax.live_arrays()) - before
    assert held <= 2 * (8 << 20) + 1000  # besides the streams of the draws


def test_sessions_on_one_graph_have_states_of_their_own():
    x, up, session = counter()
    other = tf.Session()
    session.run(up)
    with pytest.raises(tf.errors.FailedPreconditionError, match="Attempting to use uninitialized value Variable"):
        other.run(x)
    other.run(x.initializer)
    assert (session.run(x), other.run(x)) == (1, 0)


def test_eight_threads_lose_no_update():
    x, up, session = counter()
    session.run(up.op)
    failures = []

    def work():
        try:
            for _ in range(1000):
                session.run(up.op)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failures
    assert session.run(x) == 8001


def test_an_interrupt_leaves_the_state_whole():
    x, up, session = counter()
    session.run(up.op)
    done = 0

    def interrupt(*_):
        raise KeyboardInterrupt

    old = signal.signal(signal.SIGALRM, interrupt)
    try:
        for delay in np.linspace(0.0005, 0.01, 60):
            try:
                signal.setitimer(signal.ITIMER_REAL, float(delay))
                while True:
                    session.run(up.op)
                    done += 1
            except KeyboardInterrupt:
                pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    # A run that was interrupted may have counted or not; none is lost or done twice.
    assert done + 1 <= session.run(x) <= done + 1 + 60


def test_an_error_in_a_run_leaves_the_session_usable():
    x, up, session = counter()
    p = tf.placeholder(tf.float32, [2])
    y = p * x
    for bad in ({}, {p: [1.0, 2.0, 3.0]}, {p: "no"}, {"no such name:0": 1}):
        with pytest.raises((ValueError, TypeError, tf.errors.OpError)):
            session.run([y, up], bad)
    assert session.run(x) == 0
    np.testing.assert_array_equal(session.run(y + 1.0, {p: [1.0, 2.0]}), [1, 1])


def test_a_run_whose_check_fails_changes_no_variable():
    table, total = tf.Variable(np.ones((3, 2), np.float32)), tf.Variable(0.0)
    ids = tf.placeholder(tf.int32, [None])
    rows = tf.gather(table, ids)
    train = tf.train.AdamOptimizer(0.1).minimize(tf.reduce_sum(rows * rows))
    up = tf.assign_add(total, tf.reduce_sum(rows))
    dense = tf.train.GradientDescentOptimizer(0.1).minimize(tf.square(total) * tf.reduce_sum(rows), var_list=[total])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for fetch in (train, up, dense, [train, up]):
            before = session.run(tf.global_variables())
            with pytest.raises(tf.errors.InvalidArgumentError, match=r"indices\[1\] = 3 is not in \[0, 3\)"):
                session.run(fetch, {ids: [0, 3]})
            for old, new in zip(before, session.run(tf.global_variables())):
                np.testing.assert_array_equal(old, new)
        session.run([train, up], {ids: [0, 2]})
        assert session.run(total) != 0


def test_a_closed_session_refuses_to_run():
    x, _, session = counter()
    session.close()
    with pytest.raises(RuntimeError, match="Attempted to use a closed Session"):
        session.run(x)


def test_a_with_block_is_default_and_closes():
    x = tf.Variable(3.0)
    with tf.Session() as session:
        x.initializer.run()
        assert x.eval() == 3
        assert tf.get_default_session() is session
    assert tf.get_default_session() is None
    with pytest.raises(ValueError, match="No default session is registered"):
        x.eval()


def test_an_interactive_session_is_default_until_closed():
    session = tf.InteractiveSession()
    assert tf.constant(2.0).eval() == 2
    session.close()
    assert tf.get_default_session() is None


def test_make_callable_runs_its_fetches():
    p, q = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    with tf.Session() as session:
        add = session.make_callable(p + q, [p, q])
        assert add(1.0, 2.0) == 3


def test_a_partial_run_does_each_effect_once():
    x, up, session = counter()
    p, q = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [])
    first = tf.identity(up) * 1.0 + p
    second = first * q
    handle = session.partial_run_setup([first, second], [p, q])
    assert session.partial_run(handle, first, {p: 10.0}) == 11
    assert session.partial_run(handle, second, {q: 2.0}) == 22
    assert session.run(x) == 1


def test_a_fetch_that_raises_names_the_users_line():
    x = tf.Variable(1.0, name="weights")
    with (
        tf.Session() as session,
        pytest.raises(tf.errors.FailedPreconditionError, match=r"(?s)uninitialized value weights.*test_session.py:\d+"),
    ):
        session.run(x)


def test_many_shapes_warn():
    p = tf.placeholder(tf.float32, [1, None, 1])
    y = tf.layers.max_pooling1d(p, 2, 2)
    with (
        tf.Session() as session,
        pytest.warns(UserWarning, match="different shapes.*no one program serves them: an axis is"),
    ):
        for n in range(2, 26):
            session.run(y, {p: np.ones((1, n, 1), np.float32)})


def test_a_dependency_on_a_fed_placeholder_is_met():
    x = tf.placeholder(tf.float32, name="x")
    with tf.control_dependencies([x]):
        after = tf.constant(3.0)
    with tf.Session() as session:
        assert session.run(after, {x: 1.0}) == 3.0
        with pytest.raises(tf.errors.InvalidArgumentError, match="You must feed a value for placeholder tensor 'x'"):
            session.run(after)


def test_placements_are_told_when_asked_for_and_again_when_the_graph_has_grown(capsys):
    x = tf.placeholder(tf.float32, name="x")
    v = tf.Variable(1.0, name="v")
    with tf.Session(config=tf.ConfigProto(log_device_placement=True)) as session:
        session.run(v.initializer)
        session.run(v)
        first = capsys.readouterr().out.splitlines()
        session.run(x + v, {x: 1.0})
        session.run(v.name)
        second = capsys.readouterr().out.splitlines()
    device = "/job:localhost/replica:0/task:0/device:CPU:0"
    nodes = [
        "v: (VariableV2)",
        "v/Assign: (Assign)",
        "v/read: (Identity)",
        "x: (Placeholder)",
        "v/initial_value: (Const)",
    ]
    assert first == [f"{node}: {device}" for node in nodes]
    assert len(second) == 6 and f"add: (Add): {device}" in second


def test_what_a_session_compiles_is_kept_and_jax_set_as_it_was(tmp_path, monkeypatch):
    monkeypatch.setenv("FUNCFIT_CACHE", str(tmp_path))
    before = jax.config.jax_compilation_cache_dir
    x = tf.placeholder(tf.float32, [3])
    y = tf.sin(x) * 2.0
    with tf.Session() as session:
        session.run(y, {x: np.zeros(3)})
        assert not list(tmp_path.iterdir())  # what runs once and is small is not compiled
        session.run(y, {x: np.zeros(3)})
        kept = list(tmp_path.iterdir())
        assert kept and jax.config.jax_compilation_cache_dir == before
        jax.jit(lambda x: jax.numpy.cos(x) + 3)(np.zeros(3))
        assert list(tmp_path.iterdir()) == kept


def test_nothing_is_kept_where_the_cache_is_off(tmp_path, monkeypatch):
    monkeypatch.setenv("FUNCFIT_CACHE", "off")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with tf.Session() as session:
        session.run(tf.sin(tf.placeholder_with_default(1.0, [])))
    assert not list(tmp_path.iterdir())


def test_a_cache_that_cannot_be_made_is_none(tmp_path, monkeypatch, recwarn):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FUNCFIT_CACHE", str(tmp_path / "file" / "folder"))
    with tf.Session() as session:
        session.run(tf.cos(tf.placeholder_with_default(1.0, [])))
    assert not recwarn


def test_strings_may_be_fed_as_objects():
    x = tf.placeholder(tf.string, [None])
    with tf.Session() as session:
        for _ in range(2):
            fed = {x: np.array(["a", "b"], object)}
            assert session.run(tf.identity(x), fed).tolist() == [b"a", b"b"]


def test_a_mapping_with_a_default_can_be_fetched():
    with tf.Session() as session:
        assert session.run(collections.defaultdict(list, a=tf.constant(1))) == {"a": 1}


def test_a_variable_is_read_through_any_number_of_nodes():
    x = variable = tf.Variable(1.0)
    for _ in range(1200):
        x = tf.identity(x)
    with tf.Session() as session:
        session.run(variable.initializer)
        assert session.run(x + 1.0) == 2.0


@pytest.mark.parametrize("size", [300, 1200])  # a small feed is copied, a large one waited for
def test_what_was_fed_may_be_written_to_when_the_run_is_over(size):
    buffer = np.zeros(size * size + 16, np.float32)
    fed = buffer[-buffer.ctypes.data % 64 // 4 :][: size * size].reshape(size, size)  # JAX might use it where it is
    x, v = tf.placeholder(tf.float32, [size, size]), tf.Variable(0.0)
    slow = tf.reduce_sum(tf.matmul(tf.tanh(tf.matmul(x, x)), x)) * 0.0
    up = tf.assign(v, slow + tf.reduce_sum(x)).op
    with tf.Session() as session:
        for _ in range(3):
            fed[:] = 1.0
            session.run(up, {x: fed})
            fed[:] = 7.0
            assert session.run(v) == size * size


def test_what_a_session_has_compiled_serves_the_next():
    x, cell = tf.placeholder(tf.float32, [3]), tf.Variable([1.0, 2.0, 3.0])
    step = tf.assign_add(cell, tf.while_loop(lambda y: tf.reduce_sum(y) < 100.0, lambda y: y * 2.0, [x]))
    values = []
    for _ in range(3):
        with tf.Session() as session:
            session.run(cell.initializer)
            before = compiling.traces()
            values.append([session.run(step, {x: [1.0, 2.0, 3.0]}), session.run(step, {x: [1.0, 2.0, 3.0]})])
    assert compiling.traces() == before
    np.testing.assert_array_equal(values[0], values[1])
    np.testing.assert_array_equal(values[0], values[2])


def test_what_another_thread_runs_is_not_left():
    entered, leave = threading.Event(), threading.Event()

    def wait(x):
        entered.set()
        leave.wait(60)
        return x

    y = tf.py_func(wait, [tf.constant(1.0)], tf.float32) + 1.0
    graph = tf.get_default_graph()
    session = tf.Session()
    thread = threading.Thread(target=session.run, args=[y])
    thread.start()
    assert entered.wait(60)
    session.close()
    assert not graph.programs_left
    leave.set()
    thread.join()
    other = tf.Session()
    assert other.run(y) == 2.0
    other.close()
    assert len(graph.programs_left) == 1


def test_two_sessions_at_once_keep_what_is_theirs():
    cell = tf.Variable(1.0)
    add = tf.assign_add(cell, 1.0)
    with tf.Session() as one:
        one.run(cell.initializer)
        with tf.Session() as other:
            other.run(cell.initializer)
            assert [one.run(add), one.run(add), other.run(add)] == [2.0, 3.0, 2.0]
        assert one.run(add) == 4.0
    with tf.Session() as third, pytest.raises(tf.errors.FailedPreconditionError, match="uninitialized"):
        third.run(add)


def test_a_graph_that_was_rewired_is_planned_anew():
    cell, other = tf.Variable(1.0), tf.Variable(10.0)
    shown, add = tf.identity(cell), tf.assign_add(other, 1.0)
    start = tf.global_variables_initializer()
    with tf.Session() as session:
        session.run(start)
        session.run(shown)
        assert session.run(other) == 10.0
        shown.op._add_control_input(add.op)
    with tf.Session() as session:
        session.run(start)
        session.run(shown)
        assert session.run(other) == 11.0


def test_a_large_feed_may_change_after_a_first_assignment():
    x, cell = tf.placeholder(tf.float32, [1500, 1500]), tf.Variable(tf.zeros([1500, 1500]))
    first = cell.assign(tf.matmul(tf.matmul(x, x), x))
    fed = np.eye(1500, dtype="float32")
    with tf.Session() as session:
        session.run(first.op, {x: fed})
        fed[:] = 7.0
        np.testing.assert_array_equal(session.run(cell), np.eye(1500))


def test_what_differs_only_in_names_is_compiled_once(tmp_path, monkeypatch):
    monkeypatch.setenv("FUNCFIT_CACHE", str(tmp_path))
    for suffix in ("one", "other"):
        with tf.Graph().as_default(), tf.Session() as session:
            x, w = tf.placeholder(tf.float32, [8, 4], name=f"x_{suffix}"), tf.Variable(tf.ones([4, 3]), name=suffix)
            loss = tf.reduce_mean(tf.square(tf.matmul(x, w)), name=f"loss_{suffix}")
            train = tf.train.AdamOptimizer().minimize(loss, name=f"train_{suffix}")
            session.run(tf.global_variables_initializer())
            session.run([train, loss], {x: np.ones((8, 4))})
            assert len(list(tmp_path.glob("*-cache"))) == 1

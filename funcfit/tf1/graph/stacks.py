"""The default graph and the default session of a thread, and what is asked of them by name.

The only module state of the graph floor: two stacks a thread, and the graph that is default when a stack is empty.
"""

import contextlib
import threading


class DefaultStack(threading.local):
    """A stack a thread; `as_default` pushes for the length of a with-block, which must nest."""

    def __init__(self):
        self.items = []
        self.enforce_nesting = True

    def top(self):
        return self.items[-1] if self.items else None

    @contextlib.contextmanager
    def as_default(self, item):
        self.items.append(item)
        try:
            yield item
        finally:
            if self.enforce_nesting:
                if self.items[-1] is not item:
                    raise AssertionError(f"Nesting violated for default stack of {type(item)} objects")
                self.items.pop()
            elif item in self.items:
                self.items.remove(item)


class GraphStack(DefaultStack):
    """Falls back on one graph for the thread, made by `new_graph` when first asked for."""

    new_graph = None  # set by the module that defines Graph

    def __init__(self):
        super().__init__()
        self.fallback = None

    def top(self):
        if self.items:
            return self.items[-1]
        if self.fallback is None:
            self.fallback = GraphStack.new_graph()
        return self.fallback

    def reset(self):
        """Forgets the fallback graph. AssertionError inside a `with graph.as_default()` block."""
        if self.items:
            raise AssertionError(
                "Do not use tf.reset_default_graph() to clear nested graphs. If you need a cleared graph, exit the "
                "nesting and create a new graph."
            )
        self.fallback = None


graphs = GraphStack()
sessions = DefaultStack()


def session_for(graph, session, what, kind):
    """`session`, or the thread's default session; ValueError when there is none or it has another graph."""
    if session is None:
        session = sessions.top()
        if session is None:
            verb = "evaluate tensor using `eval()`" if what == "eval" else "execute operation using `run()`"
            raise ValueError(
                f"Cannot {verb}: No default session is registered. Use `with sess.as_default()` or pass an explicit "
                f"session to `{what}(session=sess)`"
            )
        if session.graph is not graph:
            raise ValueError(
                f"Cannot use the default session to {'evaluate tensor' if what == 'eval' else 'execute operation'}: "
                f"the {kind}'s graph is different from the "
                f"session's graph. Pass an explicit session to `{what}(session=sess)`."
            )
    elif session.graph is not graph:
        raise ValueError(
            f"Cannot use the given session to {'evaluate tensor' if what == 'eval' else 'execute operation'}: the "
            f"{kind}'s graph is different from the session's graph."
        )
    return session


def device_string(device):
    """The name of a device: a string as it is, a DeviceSpec through its `to_string`, None as an empty one."""
    if device is None:
        return ""
    return device if isinstance(device, str) else device.to_string()

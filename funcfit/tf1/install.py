"""`install()`: makes `import tensorflow` mean funcfit.tf1 in this process.

Public modules (`tensorflow.nn`, `tensorflow.contrib.layers`) are the registry's namespaces. Modules below
`tensorflow.python` and `tensorflow.contrib.X.python`, which programs of those years import although they were internal,
answer with the public pieces: each looks a name up where its own public names went, then everywhere.
"""

import functools
import importlib.abc
import importlib.util
import sys
import types

from funcfit.tf1.opdef import Namespace, tf

# Path below tensorflow.python (or from contrib on) -> where the names of that module live: public names, or below
# `python` those that never were. The longest match counts; what no line matches in contrib.X is found in contrib.X.
_HOMES = {
    "": [""],
    "client": [""],
    "contrib.rnn.python.ops.rnn": ["contrib.rnn", "nn"],
    "contrib.rnn.python": ["contrib.rnn", "nn.rnn_cell", "nn", "python.ops.rnn_cell_impl"],
    "framework": ["", "errors"],
    "framework.errors": ["errors"],
    "framework.errors_impl": ["errors"],
    "framework.graph_util": ["graph_util"],
    "layers": ["layers"],
    "lib.io": ["python_io"],
    "ops": ["", "nn", "math"],
    "ops.image_ops": ["image"],
    "ops.init_ops": ["", "initializers"],
    "ops.linalg_ops": ["", "linalg"],
    "ops.losses": ["losses"],
    "ops.metrics": ["metrics"],
    "ops.nn": ["nn", ""],
    "ops.nn_ops": ["nn", ""],
    "ops.random_ops": ["", "random"],
    "ops.rnn": ["nn"],
    "ops.rnn_cell": ["nn.rnn_cell", "contrib.rnn", "python.ops.rnn_cell_impl"],
    "ops.rnn_cell_impl": ["nn.rnn_cell", "contrib.rnn"],
    "platform": ["", "app", "test"],
    "platform.app": ["app"],
    "platform.flags": ["flags", "app.flags"],
    "platform.gfile": ["gfile"],
    "platform.tf_logging": ["logging"],
    "summary": ["summary"],
    "training": ["train", ""],
    "util": ["nest"],
    "util.nest": ["nest", "contrib.framework.nest"],
}
_EVERYWHERE = ["", "nn", "math", "train", "linalg", "image", "layers", "losses", "initializers", "errors"]


class InternalModule(types.ModuleType):
    """An internal module of TensorFlow: its names are public ones, found where that module's went."""

    def __init__(self, name):
        super().__init__(name)
        self.__path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        path = self.__name__.removeprefix("tensorflow.").removeprefix("python").lstrip(".")
        own = namespace(path, never_public())
        if f"{path}.{name}" in _HOMES or own is not None and isinstance(vars(own).get(name), Namespace):
            return importlib.import_module(f"{self.__name__}.{name}")
        for space in (own, *map(_space, (*_homes(path), *_EVERYWHERE))):
            if space is not None and name in vars(space):
                return vars(space)[name]
        raise AttributeError(f"{self.__name__} has no {name!r}: funcfit.tf1 does not provide it")


@functools.cache
def never_public():
    """Names that were internal and yet imported: `@api("python.training.moving_averages.assign_moving_average")`.

    Kept from the first look on: importing `tensorflow.python` puts the module in this namespace's place.
    """
    return vars(tf)["python"]


def _homes(path):
    while path not in _HOMES:
        if path.startswith("contrib.") and path.count(".") == 1:
            return [path]
        path = path.rpartition(".")[0]
    return _HOMES[path]


def _space(home):
    """The namespace of a line of `_HOMES`."""
    below = home.removeprefix("python.")
    return namespace(home) if below == home else namespace(below, never_public())


def namespace(path, top=tf):
    """The public namespace at `path` ('nn', 'contrib.layers', '' for the top), or None."""
    space = top
    for part in path.split(".") if path else ():
        space = vars(space).get(part)
        if not isinstance(space, types.ModuleType):
            return None
    return space


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds every module below `tensorflow`."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] != "tensorflow" or self._module(name) is None:
            return None
        return importlib.util.spec_from_loader(name, self, is_package=True)

    @staticmethod
    def _module(name):
        path = name.partition(".")[2]
        parts = path.split(".")
        if (
            parts[0] == "python"
            or parts[0] == "contrib"
            and parts[2:3] == ["python"]
            and namespace(".".join(parts[:2]))
        ):
            return InternalModule(name)
        return namespace(path)

    def create_module(self, spec):
        return self._module(spec.name)

    def exec_module(self, module):
        pass


_finder = _Finder()


def install():
    """From here on `import tensorflow` gives funcfit.tf1, in every module of this process.

    ImportError when a genuine TensorFlow has been imported already: one process cannot hold both.
    """
    present = sys.modules.get("tensorflow")
    if present is not None and not isinstance(present, Namespace):
        raise ImportError(
            f"a tensorflow from {getattr(present, '__file__', 'elsewhere')} is imported already; call "
            "funcfit.tf1.install() first"
        )
    never_public()
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
    sys.modules["tensorflow"] = tf
    tf.__spec__ = importlib.util.spec_from_loader("tensorflow", _finder, is_package=True)  # for who asks find_spec


def uninstall():
    """Undoes `install`: forgets `tensorflow` and its submodules."""
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
    for name in [n for n in sys.modules if n.partition(".")[0] == "tensorflow"]:
        del sys.modules[name]

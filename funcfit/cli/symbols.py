"""The TensorFlow symbols that Python code uses, read from the source, and whether funcfit has them."""

import ast
import difflib
import functools
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any, NamedTuple

from funcfit import tf1
from funcfit.tf1.install import InternalModule

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


class Use(NamedTuple):
    symbol: str
    line: int


def uses(tree: ast.Module) -> list[Use]:
    """The longest dotted names that lead into TensorFlow, as `tf.nn.relu`, with their lines, in the order of lines.

    Follows imports under any name, names given to parts (`layers = tf.contrib.layers`) and `getattr(tf, "name")`, scope
    by scope: a name that is also given to something else is not followed.

    >>> uses(ast.parse("import tensorflow as t\\nnn = t.nn\\nnn.relu(t.Session().graph)"))
    [Use(symbol='tf.nn', line=2), Use(symbol='tf.nn.relu', line=3), Use(symbol='tf.Session', line=3)]
    """
    reader = _Reader()
    reader.scope(tree)
    return sorted(reader.found, key=lambda use: use.line)


class _Reader(ast.NodeVisitor):
    """Walks with the names of each scope around it: name -> dotted path inside TensorFlow, None for anything else."""

    def __init__(self):
        self.scopes: list[dict[str, str | None]] = []
        self.found: list[Use] = []

    def scope(self, node):
        """Read a module, function or class with its own names."""
        own = list(_own_nodes(node))
        self.scopes.append(_imported(own))
        # Twice, since a part may be named by way of another part.
        for _ in range(2):
            self.scopes[-1].update(self._assigned(own))
        self.generic_visit(node)
        self.scopes.pop()

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = visit_ClassDef = scope

    def _assigned(self, nodes) -> dict[str, str | None]:
        values: dict[str, set[str | None]] = {}
        followed = set()
        for node in nodes:
            match node:
                case ast.Assign(targets=[ast.Name(id=name) as target], value=value):
                    values.setdefault(name, set()).add(self.path(value))
                    followed.add(target)
        for node in nodes:
            if node not in followed and (name := _bound(node)):
                values.setdefault(name, set()).add(None)
        return {name: paths.pop() if len(paths) == 1 else None for name, paths in values.items()}

    def path(self, node) -> str | None:
        """Where an expression leads: '' for TensorFlow itself, 'nn.relu', or None."""
        if isinstance(node, ast.Name):
            return next((scope[node.id] for scope in reversed(self.scopes) if node.id in scope), None)
        if isinstance(node, ast.Attribute):
            return _joined(self.path(node.value), node.attr)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
            match node.args:
                case [owner, ast.Constant(value=str(name)), *_]:
                    return _joined(self.path(owner), name)
        return None

    def visit(self, node: Any) -> None:
        path = self.path(node)
        if path is None or isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
            return super().visit(node)
        if path:
            self.found.append(Use(f"tf.{path}", node.lineno))

    def visit_Import(self, node):
        paths = (_inside_tensorflow(alias.name) for alias in node.names)
        self.found += [Use(f"tf.{path}", node.lineno) for path in paths if path]

    def visit_ImportFrom(self, node):
        base = None if node.level else _inside_tensorflow(node.module)
        names = [alias.name for alias in node.names if alias.name != "*"]
        self.found += [Use(f"tf.{_joined(base, name)}", node.lineno) for name in names if base is not None]


def _own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope without those of the scopes in it; of these, only the fact that they bind a name."""
    for child in ast.iter_child_nodes(scope):
        yield child
        if not isinstance(child, SCOPES):
            yield from _own_nodes(child)


def _imported(nodes) -> dict[str, str | None]:
    names: dict[str, str | None] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                path = _inside_tensorflow(alias.name)
                if alias.asname:
                    names.setdefault(alias.asname, path)
                else:
                    names.setdefault(alias.name.partition(".")[0], None if path is None else "")
        elif isinstance(node, ast.ImportFrom):
            base = None if node.level else _inside_tensorflow(node.module)
            for alias in node.names:
                names.setdefault(alias.asname or alias.name, _joined(base, alias.name))
    return names


def _bound(node) -> str | None:
    """The name that a node gives to something that is not followed."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
            return name
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AsyncFunctionDef(name=name):
            return name
        case ast.ExceptHandler(name=name):
            return name
    return None


def _inside_tensorflow(module: str | None) -> str | None:
    """Where inside TensorFlow an imported module lies; funcfit.tf1 is TensorFlow by its own name."""
    match = re.fullmatch(r"(?:tensorflow|funcfit\.tf1)(?:\.(.+))?", module or "")
    return (match[1] or "") if match else None


def _joined(path: str | None, name: str) -> str | None:
    return None if path is None else f"{path}.{name}".lstrip(".")


@functools.cache
def there(symbol: str) -> bool:
    """Whether funcfit has the symbol. What hangs on a value, such as `tf.flags.FLAGS.lr`, is the program's affair."""
    _, *names = symbol.split(".")
    if names[0] != "python":
        return leads_somewhere(tf1, names)
    # TensorFlow's internal modules answer with public names, whatever their path.
    splits = ((InternalModule(".".join(["tensorflow", *names[:n]])), names[n:]) for n in range(1, len(names)))
    return any(leads_somewhere(module, rest) for module, rest in splits)


def leads_somewhere(owner: Any, names: list[str]) -> bool:
    for name in names:
        if not isinstance(owner, ModuleType | type):
            return True
        try:
            owner = getattr(owner, name)
        except AttributeError:
            return False
    return True


@functools.cache
def nearest(symbol: str) -> list[str]:
    """Up to three symbols that are there: those of the same name elsewhere, then those spelled alike."""
    *_, last = symbol.split(".")
    same = [s for s in all_symbols() if s.rpartition(".")[2] == last]
    return list(dict.fromkeys([*same, *difflib.get_close_matches(symbol, all_symbols(), cutoff=0.75)]))[:3]


@functools.cache
def all_symbols() -> list[str]:
    """Every public name of the `tensorflow` that programs import, each where it is shortest."""
    found, levels = {}, [("tf", tf1)]
    for prefix, level in levels:  # grows while it is read
        for name in sorted(name for name in dir(level) if not name.startswith("_")):
            symbol, value = f"{prefix}.{name}", getattr(level, name)
            found.setdefault(symbol)
            if isinstance(value, ModuleType) and symbol.count(".") < 4:
                levels.append((symbol, value))
    return sorted(found, key=lambda symbol: symbol.count("."))

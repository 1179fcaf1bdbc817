"""Imports go down only: the floors of docs/design.md, read from the source."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# The longest name that fits a module is its floor; a module imports from its own floor and from those below.
FLOORS = {
    "funcfit.errors": 0,
    "funcfit.tree": 0,
    "funcfit.kernels": 0,
    "funcfit.heap": 1,
    "funcfit.compile": 1,
    "funcfit.by_numpy": 1,
    "funcfit.any_size": 1,
    "funcfit.checkpoint": 1,
    "funcfit.eventfile": 1,
    "funcfit.nn": 1,
    "funcfit.losses": 1,
    "funcfit.metrics": 1,
    "funcfit.tf1.graph": 1,
    "funcfit.tf1.opdef": 1.1,
    "funcfit.tf1.shapes": 1.1,
    "funcfit.tf1.broadcasting": 1.1,
    "funcfit.tf1.ops": 2,
    "funcfit.train": 2,
    "funcfit.tf1.build": 3,
    "funcfit.tf1.run": 3,
    "funcfit.tf1.api": 4,
    "funcfit.tf1.functionalize": 4,
    "funcfit.tf1.install": 4,
    "funcfit.tf1": 4.5,  # the door: assembles what the floors below offer
    "funcfit": 4.5,  # the other door
    "funcfit.cli": 5,
}
FUNCTIONAL = (
    *("funcfit.kernels", "funcfit.tree", "funcfit.errors", "funcfit.compile", "funcfit.checkpoint", "funcfit.train"),
    *("funcfit.nn", "funcfit.losses", "funcfit.metrics", "funcfit.eventfile", "funcfit.heap", "funcfit.by_numpy"),
    "funcfit.any_size",
)

# Imports that wait inside a function, and why.
LAZY = {
    ("funcfit.train.plots", "matplotlib"): "an extra that takes most of a second, for those who plot",
    ("funcfit.cli.runs", "matplotlib"): "an extra that takes most of a second, for those who plot",
    ("funcfit.checkpoint.arrays", "orbax"): "half a second, for those who save",
    ("funcfit.checkpoint.arrays", "etils"): "comes with orbax",
    ("funcfit.checkpoint.arrays", "tensorstore"): "for those who restore",
    ("funcfit.checkpoint.weights", "safetensors"): "an extra",
    ("funcfit.tf1.run.executable", "funcfit.tf1.run.for_many"): "ten milliseconds, for those whose feeds change",
    ("funcfit", "funcfit.train"): "a program that imports only funcfit.tf1 does not wait for optax",
    ("funcfit", "funcfit.cli"): "a notebook that says %load_ext funcfit needs the runner; `import funcfit` does not",
}

SOURCES = sorted((ROOT / "funcfit").rglob("*.py"))


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path) for path in SOURCES}


def within(module, package):
    return module == package or module.startswith(package + ".")


def floor(module):
    return FLOORS[max((name for name in FLOORS if within(module, name)), key=len)]


def imported(node, module, path):
    """The modules that an import statement names; `from package import module` counts as package.module."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
    base = ".".join([*above, *([node.module] if node.module else [])])
    return [f"{base}.{alias.name}" if f"{base}.{alias.name}" in MODULES else base for alias in node.names]


def import_statements(tree):
    """(statement, stands inside a function) for each import in a file."""
    functions = [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    ]
    inside = {id(child) for function in functions for child in ast.walk(function)}
    return [(n, id(n) in inside) for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_imports_go_down_only_and_stand_at_the_top(path):
    module = module_name(path)
    complaints = []
    for node, inside_function in import_statements(ast.parse(path.read_text())):
        for target in imported(node, module, path):
            where = f"{path.relative_to(ROOT)}:{node.lineno} imports {target}"
            if inside_function and not any(module == m and within(target, lazy) for m, lazy in LAZY):
                complaints.append(f"{where} inside a function: wrong floor, or LAZY should say why")
            if not within(target, "funcfit") or inside_function:
                continue
            if floor(target) > floor(module):
                complaints.append(f"{where}, from floor {floor(module)} up to {floor(target)}")
            if any(within(module, half) for half in FUNCTIONAL) and within(target, "funcfit.tf1"):
                complaints.append(f"{where}: the functional half never imports the other")
            if within(module, "funcfit.tf1.ops") and target != module and target.startswith("funcfit.tf1.ops."):
                complaints.append(f"{where}: op cards never import one another")
    assert not complaints, "\n".join(complaints)


def test_every_module_has_a_floor_of_its_own():
    """A new room needs a line in FLOORS; nothing lands on the doors' floor by accident."""
    doors = {"funcfit", "funcfit.tf1"}
    lost = [m for m in MODULES - doors if max((n for n in FLOORS if within(m, n)), key=len) in doors]
    assert not lost, f"no floor for {lost}"


def test_every_floor_has_a_room():
    assert {name for name in FLOORS if name not in MODULES} == set()


PACKAGES = [path for path in SOURCES if path.name == "__init__.py" and module_name(path) != "funcfit"]


@pytest.mark.parametrize("path", PACKAGES, ids=module_name)
def test_a_package_says_what_its_rooms_are(path):
    """Its docstring is the map of its folder; the floors of the design are the map of `funcfit`."""
    package, words = module_name(path), set(re.findall(r"\w+", ast.get_docstring(ast.parse(path.read_text()))))
    rooms = {module.rpartition(".")[2] for module in MODULES if module.rpartition(".")[0] == package}
    missing = rooms - words - {"__main__"}
    assert not missing, f"{path.relative_to(ROOT)} does not name {sorted(missing)}"

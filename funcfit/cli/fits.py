"""`funcfit fit FILE.py:FUNCTION --name value`: a function of a program, with its arguments from the command line."""

import argparse
import inspect
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def fit(target: str, arguments: list[str]) -> int:
    """Call the function that `target` names and print what it gives; wrong names end with status 2."""
    try:
        print(called(target, arguments))
    except Unknown as error:
        print(f"funcfit: {error}", file=sys.stderr)
        return 2
    return 0


class Unknown(LookupError):
    """There is no such file or function."""


def called(target: str, arguments: list[str]) -> Any:
    """What the function gives that `target` names, FILE.py:FUNCTION; its arguments are in `sys.argv` as well."""
    file, _, name = target.rpartition(":")
    if not Path(file).is_file():
        raise Unknown(f"{target!r} is not FILE.py:FUNCTION with a file that is there")
    before = sys.argv, sys.path
    sys.argv, sys.path = [target, *arguments], [str(Path(file).absolute().parent), *sys.path]
    try:
        functions = {n: f for n, f in runpy.run_path(file).items() if inspect.isfunction(f)}
        if name not in functions:
            raise Unknown(f"{file} has no function {name!r}; it has {', '.join(functions)}")
        return functions[name](**vars(parser_of(functions[name], target).parse_args(arguments)))
    finally:
        sys.argv, sys.path = before


def parser_of(fn: Callable, name: str) -> argparse.ArgumentParser:
    """An option for each parameter, of the type of its annotation or its default; without a default it must be given.

    >>> def train(run: str, lr: float = 1e-3, hidden=32, wide=False): ...
    >>> vars(parser_of(train, "t").parse_args(["--run", "r", "--lr", "0.1", "--wide"]))
    {'run': 'r', 'lr': 0.1, 'hidden': 32, 'wide': True}
    """
    parser = argparse.ArgumentParser(prog=f"funcfit fit {name}", description=inspect.getdoc(fn))
    for parameter in inspect.signature(fn, eval_str=True).parameters.values():
        required = parameter.default is parameter.empty
        how: dict[str, Any]
        flag, kind = f"--{parameter.name.replace('_', '-')}", type_of(parameter)
        if kind is bool:
            how = {"action": argparse.BooleanOptionalAction}
        else:
            how = {"type": kind}
        if required:
            parser.add_argument(flag, required=True, **how)
        else:
            parser.add_argument(flag, default=parameter.default, help=f"default {parameter.default}", **how)
    return parser


def type_of(parameter: inspect.Parameter) -> Callable[[str], Any]:
    if isinstance(parameter.annotation, type) and parameter.annotation is not parameter.empty:
        return parameter.annotation
    return str if parameter.default in (parameter.empty, None) else type(parameter.default)

"""Where a source of batches stands: told before each batch, written down, and gone back to.

A source can tell if it, or the iterator that it makes, has get_state and set_state (as grain's iterators have), or
state_dict and load_state_dict (as torchdata's loaders have). What is gone back with is its next pass, and no later one.
"""

import base64
import copy
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

FORMS = (("get_state", "set_state"), ("state_dict", "load_state_dict"))


def told_batches(source: Any, position: Any = None) -> Iterator[tuple[Any, Any]]:
    """(position, batch) of one pass over a source, or of the rest of it; a position is None where it cannot tell."""
    loader: Any = source() if callable(source) else source
    tell, go = form_of(loader)
    if tell and position is not None:
        go(position)  # it is that of the iterator which the loader makes next
    turn = iter(loader)
    if not tell:
        tell, go = form_of(turn)
        if tell and position is not None:
            go(position)
    while True:
        before = copy.deepcopy(tell()) if tell else None
        try:
            batch = next(turn)
        except StopIteration:
            return
        yield before, batch


def form_of(source: Any) -> tuple[Any, Any]:
    """What tells a position and what goes to one; None and None where the source has no such."""
    pairs = [(getattr(source, tell, None), getattr(source, go, None)) for tell, go in FORMS]
    return next((pair for pair in pairs if None not in pair), (None, None))


def written(value: Any) -> Any:
    """A position as JSON has it. Raises TypeError for what is not made of numbers, text, bytes and arrays.

    >>> import json
    >>> position = {"read": 3, 7: (b"abc", np.arange(2))}
    >>> read(json.loads(json.dumps(written(position))))
    {'read': 3, 7: (b'abc', array([0, 1]))}
    """
    match value:
        case None | bool() | int() | float() | str():
            return value
        case list():
            return [written(x) for x in value]
        case tuple():
            return {"tuple": [written(x) for x in value]}
        case dict():
            return {"dict": [[written(k), written(x)] for k, x in value.items()]}
        case bytes():
            return {"bytes": base64.b64encode(value).decode()}
    if not hasattr(value, "__array__"):
        raise TypeError(f"a {type(value).__name__} is in it")
    array = np.ascontiguousarray(value)
    kind = "tensor" if type(value).__module__.startswith("torch") else "array"
    return {kind: [str(array.dtype), np.shape(value), base64.b64encode(array.tobytes()).decode()]}


def read(value: Any) -> Any:
    """The position that was written."""
    if isinstance(value, list):
        return [read(x) for x in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    match kind:
        case "tuple":
            return tuple(read(content))
        case "dict":
            return {read(k): read(x) for k, x in content}
        case "bytes":
            return base64.b64decode(content)
    dtype, shape, data = content
    array = np.frombuffer(base64.b64decode(data), dtype).reshape(shape).copy()
    return sys.modules["torch"].from_numpy(array) if kind == "tensor" else array

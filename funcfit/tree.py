"""Pytrees by name: what a leaf is called, which names a pattern means, a tree parted in two and joined again."""

import difflib
import fnmatch
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def path_name(path: Any) -> str:
    """The name of a leaf: the keys on the way to it, with slashes between.

    >>> [path_name(path) for path, _ in jax.tree_util.tree_leaves_with_path({"dense": {"w": 1}, "out": [2, 3]})]
    ['dense/w', 'out/0', 'out/1']
    """
    return jax.tree_util.keystr(path, simple=True, separator="/")


def leaf_names(tree: Any) -> list[str]:
    return [path_name(path) for path, _ in jax.tree_util.tree_leaves_with_path(tree)]


def named_leaves(tree: Any) -> dict[str, Any]:
    """The leaves by name. Raises ValueError where two would share one."""
    pairs = [(path_name(path), leaf) for path, leaf in jax.tree_util.tree_leaves_with_path(tree)]
    leaves = dict(pairs)
    if len(leaves) < len(pairs):
        twice = next(name for n, (name, _) in enumerate(pairs) if name in [other for other, _ in pairs[:n]])
        raise ValueError(f"two leaves of the tree are both named {twice!r}")
    return leaves


def matches(pattern: str, name: str) -> bool:
    """Whether a path glob means a leaf: `*` stands for anything, and a folder's name for all that is in it.

    >>> [matches(pattern, "encoder/dense/w") for pattern in ("encoder", "encoder/*", "*/w", "dense")]
    [True, True, True, False]
    """
    return fnmatch.fnmatchcase(name, pattern) or fnmatch.fnmatchcase(name, f"{pattern}/*")


def labels(tree: Any, patterns: dict[str, str], otherwise: str) -> Any:
    """The tree with the label of the first pattern that means it in each leaf's place.

    Raises ValueError when a pattern means no leaf at all.
    """
    names = leaf_names(tree)
    for pattern in patterns:
        if not any(matches(pattern, name) for name in names):
            raise ValueError(f"no parameter's name matches {pattern!r}; there are {', '.join(names)}")
    found = [next((label for p, label in patterns.items() if matches(p, name)), otherwise) for name in names]
    return jax.tree.unflatten(jax.tree.structure(tree), found)


def parted(tree: Any, mask: Any) -> tuple[Any, Any]:
    """The tree where the mask holds, and the tree where it does not; None stands in the place of what is missing."""
    return (
        jax.tree.map(lambda leaf, here: leaf if here else None, tree, mask),
        jax.tree.map(lambda leaf, here: None if here else leaf, tree, mask),
    )


def joined(first: Any, second: Any) -> Any:
    """The tree whose parts these are."""
    return jax.tree.map(lambda a, b: b if a is None else a, first, second, is_leaf=lambda x: x is None)


def own(tree: Any) -> Any:
    """The tree with each leaf an array with a dtype and a buffer of its own, which a program may take."""
    return jax.tree.map(lambda leaf: jnp.array(leaf, jnp.result_type(leaf), copy=True), tree)


def map_floats(change: Callable[[Any], Any], tree: Any) -> Any:
    """The tree with its floating-point leaves changed."""
    return jax.tree.map(lambda x: change(x) if jnp.issubdtype(jnp.result_type(x), jnp.floating) else x, tree)


def differences(expected: Any, given: Any) -> list[str]:
    """What keeps one tree of arrays (or of their shapes) from standing in for another, a sentence for each leaf."""
    wanted, here = named_leaves(expected), named_leaves(given)
    spare = {name: described(leaf) for name, leaf in here.items() if name not in wanted}
    said = [f"{name} is not expected" for name in spare]
    for name in wanted.keys() - here.keys():
        near = difflib.get_close_matches(name, spare, 1, 0.0)
        there = f"; there is {near[0]}, {spare[near[0]]}" if near else ""
        said.append(f"{name} is missing ({described(wanted[name])}{there})")
    for name in wanted.keys() & here.keys():
        before, after = described(wanted[name]), described(here[name])
        if before != after:
            said.append(f"{name} should be {before} and is {after}")
    if not said and jax.tree.structure(expected) != jax.tree.structure(given):
        said.append(f"the trees differ: {jax.tree.structure(expected)} and {jax.tree.structure(given)}")
    return sorted(said)


def in_short(said: list[str], most: int = 8) -> str:
    """Differences as one sentence, of which the first are enough.

    >>> in_short(["a is missing", "b is missing", "c is missing"], most=2)
    'a is missing; b is missing; and 1 more'
    """
    return "; ".join([*said[:most], *([f"and {len(said) - most} more"] if len(said) > most else [])])


def is_number(x: Any) -> bool:
    """Whether something is a number, or an array of them."""
    if not isinstance(getattr(x, "dtype", None), np.dtype):  # none, or a key's, or another library's
        return isinstance(x, bool | int | float)
    return jnp.issubdtype(x.dtype, jnp.number) or jnp.issubdtype(x.dtype, jnp.bool_)


def listed(tree: Any, most: int = 12) -> str:
    """The leaves of a tree, each with its dtype and shape.

    >>> listed({"w": jnp.zeros((2, 3)), "b": 0.0, "how": "fast"})
    'b float32[], how a str, w float32[2,3]'
    """
    leaves = []
    for name, leaf in named_leaves(tree).items():
        what = described(leaf) if is_number(leaf) else f"a {type(leaf).__name__}"
        leaves.append(f"{name} {what}".strip())
    more = [f"and {len(leaves) - most} more"] if len(leaves) > most else []
    return ", ".join([*leaves[:most], *more]) or "nothing"


def described(leaf: Any) -> str:
    """An array's dtype and shape in few letters.

    >>> described(jnp.zeros((2, 3))), described(jax.random.key(0))
    ('float32[2,3]', 'key<fry>[]')
    """
    return f"{jnp.result_type(leaf)}[{','.join(map(str, jnp.shape(leaf)))}]"


def leaf_bytes(leaf: Any) -> int:
    """The bytes of an array, or of one of such a shape; of what is no array, none."""
    if not hasattr(leaf, "dtype"):
        return 0
    if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        leaf = jax.eval_shape(jax.random.key_data, leaf)
    return int(np.prod(leaf.shape, dtype=np.int64)) * leaf.dtype.itemsize


def in_bytes(number: int | float) -> str:
    """
    >>> in_bytes(12), in_bytes(123456), in_bytes(7.1e10)
    ('12 B', '123 KB', '71 GB')
    """
    for unit in ("B", "KB", "MB", "GB"):
        if number < 1000:
            return f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:,.3g} TB"


def in_brief(tree: Any) -> str:
    """How much there is in a tree.

    >>> in_brief({"w": jnp.zeros((200, 3)), "b": jnp.zeros(3)})
    '603 numbers, 2.41 KB'
    """
    leaves = jax.tree.leaves(tree)
    return f"{sum(map(np.size, leaves)):,} numbers, {in_bytes(sum(map(leaf_bytes, leaves)))}"

"""What a program wants of a device's memory, what is there, and in how many parts a batch fits."""

import os
from collections.abc import Callable, Sequence
from typing import Any

import jax

from funcfit.tree import described, in_bytes, leaf_bytes, named_leaves


class OutOfMemory(MemoryError):
    """A program wants more memory than there is; the message says for what, and what would fit."""


def available(arguments: Any) -> int:
    """The bytes that a program may take, with those that its arguments have taken already.

    Where a device does not tell what it has, it is the machine's memory.
    """
    stats = jax.devices()[0].memory_stats() or {}
    if "bytes_limit" not in stats:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    here = [leaf for leaf in jax.tree.leaves(arguments) if isinstance(leaf, jax.Array) and not leaf.is_deleted()]
    return stats["bytes_limit"] - stats.get("bytes_in_use", 0) + sum(map(leaf_bytes, here))


def wanted(memory: Any) -> int:
    """The bytes that a program takes while it runs, by its `memory_analysis()`; 0 where the platform does not tell."""
    if memory is None:
        return 0
    kept = memory.argument_size_in_bytes + memory.output_size_in_bytes - memory.alias_size_in_bytes
    return kept + memory.temp_size_in_bytes + memory.generated_code_size_in_bytes


def fewest(counts: Sequence[int], fits: Callable[[int], bool]) -> int | None:
    """The first of the rising counts that fits, if those behind it fit too; None where none does.

    >>> fewest([1, 2, 4, 8], lambda n: n > 3), fewest([1, 2], lambda n: False)
    (4, None)
    """
    low, high = 0, len(counts)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(counts[middle]) else (middle + 1, high)
    return counts[low] if low < len(counts) else None


def out_of_memory(memory: Any, there: int, arguments: Any, cure: str) -> OutOfMemory:
    """The error for a program that does not fit; `arguments` show its largest leaves."""
    want = wanted(memory)
    large = sorted(named_leaves(arguments).items(), key=lambda item: -leaf_bytes(item[1]))[:4]
    parts = [f"{name} {described(leaf)} {in_bytes(leaf_bytes(leaf))}" for name, leaf in large]
    if memory is not None:
        parts.append(f"what a step computes on the way {in_bytes(memory.temp_size_in_bytes)}")
    wants = f"wants {in_bytes(want)} of memory" if want else "wants more memory than there is"
    return OutOfMemory(f"the program {wants}, and {in_bytes(there)} are there; {cure}. The largest: {', '.join(parts)}")

"""What the C library does with memory that was freed.

XLA on a CPU asks for all of a program's temporary memory anew at each call. glibc gives blocks of this size back to the
system as soon as they are freed, and the next call finds every page of them missing: in the step of a convolutional
network, a quarter of its time on one core, and in some larger ones nearly half.
"""

import ctypes
import functools
import os
import sys

MAPPED_FROM = 128 << 20  # bytes: larger blocks go back to the system as before
KEPT = 256 << 20  # bytes at the end of the heap
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # the parameters' numbers, from malloc.h


@functools.cache
def keep_freed() -> None:
    """Has the process keep freed blocks of up to 128 MB for its next ones; done once, and only where there is glibc.

    One heap serves all threads, since that of a thread of its own cannot hold a block of 64 MB; a thread that has its
    own already keeps it, so this comes before XLA's threads have worked. What it costs is memory: a process may hold
    some such blocks that nothing uses, as many as its first hundred calls come to. Settings of malloc that come from
    the environment (MALLOC_ARENA_MAX, GLIBC_TUNABLES and others) are left as they are.
    """
    if sys.platform != "linux" or "CS_GNU_LIBC_VERSION" not in os.confstr_names:
        return
    if any(name.startswith("MALLOC_") for name in os.environ) or "glibc.malloc" in os.environ.get("GLIBC_TUNABLES", ""):
        return
    libc = ctypes.CDLL(None)
    libc.mallopt(_ARENA_MAX, 1)
    libc.mallopt(_TRIM_THRESHOLD, KEPT)
    if not libc.mallopt(_MMAP_THRESHOLD, MAPPED_FROM):
        libc.mallopt(_MMAP_THRESHOLD, 32 << 20)  # the most that glibc before 2.35 takes

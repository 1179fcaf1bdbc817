"""Event files, which TensorBoard shows: TFRecords of Event messages, in protobuf's wire format."""

import math
import os
import socket
import struct
import time
from collections.abc import Mapping
from pathlib import Path
from typing import SupportsFloat

import google_crc32c


class EventFile:
    """A new event file in a folder; readers take a folder's files in the order of their names, so it gets the last one.

    What changes: records are added. Each is with the operating system when `add` returns.
    """

    def __init__(self, folder: str | os.PathLike):
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        there = [path.name.split(".")[3] for path in folder.glob("events.out.tfevents.*")]
        after = 1 + max([int(second) for second in there if second.isdigit()], default=-1)
        second = max(int(time.time()), after)  # a clock that was set back, or a second life within a second
        self._file = (folder / f"events.out.tfevents.{second:010d}.{socket.gethostname()}").open("xb")
        self.add(text(3, "brain.Event:2"))

    def add(self, content: bytes, step: int = 0) -> None:
        """Add an event that says `content` (`scalars(...)`, START) of a step."""
        self._file.write(record(double(1, time.time()) + integer(2, step) + content))
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def record(data: bytes) -> bytes:
    """Bytes as a TFRecord: their length, its checksum, themselves, their checksum."""
    length = struct.pack("<Q", len(data))
    return length + masked_crc(length) + data + masked_crc(data)


def masked_crc(data: bytes) -> bytes:
    """The CRC32C as TFRecords have it: turned by 15 bits and shifted, since data may hold checksums of its own.

    >>> masked_crc(b"").hex()
    'd8ea82a2'
    """
    crc = google_crc32c.value(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


# The messages: Event {1: wall_time, 2: step, 3: file_version, 5: summary, 7: session_log}, Summary {1: value, ...},
# Summary.Value {1: tag, 2: simple_value}, SessionLog {1: status}. A field that has its default, 0, is not written.


def scalars(values: Mapping[str, SupportsFloat]) -> bytes:
    """What an event says that has measured numbers, each under its tag."""
    return message(5, b"".join(message(1, text(1, tag) + single(2, float(x))) for tag, x in values.items()))


def text(number: int, value: str) -> bytes:
    return message(number, value.encode())


def message(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def integer(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value) if value else b""


def double(number: int, value: float) -> bytes:
    return varint(number << 3 | 1) + struct.pack("<d", value) if value else b""


def single(number: int, value: float) -> bytes:
    """A float32, written whatever it is: it is one of several fields of which a message has one."""
    try:
        return varint(number << 3 | 5) + struct.pack("<f", value)
    except OverflowError:  # more than a float32 holds
        return single(number, math.copysign(math.inf, value))


def varint(value: int) -> bytes:
    """Seven bits a byte, the least first; negative numbers as 64 bits.

    >>> varint(300).hex(), varint(-1).hex()
    ('ac02', 'ffffffffffffffffff01')
    """
    value &= 2**64 - 1
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)


START = message(7, integer(1, 1))
"""A new life of a program begins: what earlier files say of this step and later ones no longer counts."""

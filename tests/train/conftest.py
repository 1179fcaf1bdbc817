import struct

import pytest


def fields(data):
    """{number: its values} of a message in protobuf's wire format."""
    found = {}
    while data:
        tag, data = varint(data)
        match tag & 7:
            case 0:
                value, data = varint(data)
            case 1:
                value, data = struct.unpack("<d", data[:8])[0], data[8:]
            case 2:
                size, data = varint(data)
                value, data = data[:size], data[size:]
            case 5:
                value, data = struct.unpack("<f", data[:4])[0], data[4:]
        found.setdefault(tag >> 3, []).append(value)
    return found


def varint(data):
    value, place = 0, 0
    while True:
        value |= (data[place] & 127) << 7 * place
        place += 1
        if data[place - 1] < 128:
            return value, data[place:]


@pytest.fixture
def event_scalars():
    """{tag: {step: value}} in a folder of event files, read as TensorBoard does: a start takes away what is later.

    Raises KeyError where a step stands there twice.
    """

    def read(folder):
        found = {}
        for path in sorted(folder.iterdir()):
            data = path.read_bytes()
            while data:
                size = int.from_bytes(data[:8], "little")
                event, data = fields(data[12 : 12 + size]), data[16 + size :]
                (step,) = event.get(2, [0])
                if 7 in event:
                    found = {tag: {s: x for s, x in line.items() if s < step} for tag, line in found.items()}
                for summary in event.get(5, []):
                    for value in map(fields, fields(summary)[1]):
                        line = found.setdefault(value[1][0].decode(), {})
                        if step in line:
                            raise KeyError(f"step {step} stands twice in {folder}")
                        line[step] = value[2][0]
        return found

    return read

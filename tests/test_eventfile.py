"""Event files are, byte for byte, those of TensorFlow 1.15.5 (scripts/record_events.py)."""

import json
import time
from pathlib import Path

import pytest

from funcfit.eventfile import START, EventFile, scalars
from tests.fixtures.event_files import EVENTS, SECONDS

FIXTURE = Path(__file__).parent / "fixtures" / "event_files.json"
RECORDED = [bytes.fromhex(record) for record in json.loads(FIXTURE.read_text())]


def test_a_file_has_the_bytes_that_tensorflow_writes(tmp_path, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: SECONDS)
    file = EventFile(tmp_path)
    for step, what in EVENTS:
        file.add(START if what == "start" else scalars(what), step)
    file.close()
    (path,) = tmp_path.iterdir()
    assert path.read_bytes() == b"".join(RECORDED)


@pytest.mark.parametrize("seconds", [SECONDS, SECONDS - 10**6], ids=["the same second", "a clock set back"])
def test_a_later_file_comes_later_by_name(tmp_path, monkeypatch, seconds):
    monkeypatch.setattr(time, "time", lambda: SECONDS)
    EventFile(tmp_path).close()
    (first,) = tmp_path.iterdir()
    monkeypatch.setattr(time, "time", lambda: seconds)
    EventFile(tmp_path).close()
    assert sorted(tmp_path.iterdir())[0] == first and len(list(tmp_path.iterdir())) == 2

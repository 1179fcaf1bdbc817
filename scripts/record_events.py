"""Record what TensorFlow 1.15.5 writes for the events of tests/fixtures/event_files.py: event_files.json.

PATH/TO/tf1.15/bin/python scripts/record_events.py
"""

import glob
import json
import os
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
FIXTURES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "fixtures")
sys.path.insert(0, FIXTURES)
import event_files  # noqa: E402
import tensorflow as tf  # noqa: E402

assert tf.__version__ == "1.15.5", tf.__version__


def message(what, step):
    """The event; its step stands in it only where it is not 0, as in all that TensorFlow writes."""
    if what == "start":
        event = tf.Event(session_log=tf.SessionLog(status=tf.SessionLog.START))
    else:
        values = [tf.Summary.Value(tag=tag, simple_value=value) for tag, value in what.items()]
        event = tf.Event(summary=tf.Summary(value=values))
    event.wall_time = event_files.SECONDS
    if step:
        event.step = step
    return event


def records(path):
    """The file's records, frames and all."""
    with open(path, "rb") as file:
        data = file.read()
    while data:
        size = 16 + int.from_bytes(data[:8], "little")
        yield data[:size]
        data = data[size:]


with tempfile.TemporaryDirectory() as folder:
    writer = tf.summary.FileWriter(folder)
    for step, what in event_files.EVENTS:
        writer.add_event(message(what, step))
    writer.close()
    (path,) = glob.glob(os.path.join(folder, "*"))
    version, *events = records(path)
    # The file's first event has the time of the recording: the same again, with the time that is wanted.
    name = os.path.join(folder, "version")
    first = tf.Event(wall_time=event_files.SECONDS, file_version=tf.Event.FromString(version[12:-4]).file_version)
    with tf.python_io.TFRecordWriter(name) as file:
        file.write(first.SerializeToString())
    lines = [record.hex() for record in [*records(name), *events]]

with open(os.path.join(FIXTURES, "event_files.json"), "w", encoding="utf-8") as file:
    file.write("[\n" + ",\n".join(json.dumps(line) for line in lines) + "\n]\n")

"""Record how TensorFlow 1.1 and 1.15 refuse the programs of tests/fixtures/errors.py: tests/fixtures/errors.json.

Run with any Python, naming the interpreters that have TensorFlow:

    python scripts/record_errors.py PATH/TO/tf1.1/bin/python PATH/TO/tf1.15/bin/python

For each program and release: the class, and the first line of the message without paths; null where it raises
nothing.
"""

import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FIXTURES = os.path.join(ROOT, "tests", "fixtures")


def refusals_of_this_interpreter():
    """{program: [class, message] or None}."""
    import tensorflow as tf

    sys.path.insert(0, FIXTURES)
    import errors

    found = {}
    for name, program in errors.PROGRAMS.items():
        with tf.Graph().as_default():
            session, _ = errors.with_kept_variable(tf)
            try:
                program(tf, session)
                found[name] = None
            except Exception as error:
                message = str(error).strip().splitlines()[0] if str(error) else ""
                found[name] = [type(error).__name__, re.sub(r" \(defined at .*", "", message)[:300]]
    return {"release": tf.__version__, "found": found}


def record(interpreters):
    sys.path.insert(0, FIXTURES)
    import errors

    refusals = {name: {} for name in errors.PROGRAMS}
    for interpreter in interpreters:
        command = [interpreter, os.path.abspath(__file__), "--here"]
        environment = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3")
        output = subprocess.check_output(command, env=environment, stderr=subprocess.DEVNULL)
        answer = json.loads(output.decode("utf-8").splitlines()[-1])
        for name, refusal in answer["found"].items():
            refusals[name][answer["release"]] = refusal
    lines = [f"{json.dumps(name)}: {json.dumps(found)}" for name, found in refusals.items()]
    with open(os.path.join(FIXTURES, "errors.json"), "w", encoding="utf-8") as file:
        file.write("{\n" + ",\n".join(lines) + "\n}\n")
    for name, found in refusals.items():
        if not any(refusal and errors.PHRASES[name] in refusal[1] for refusal in found.values()):
            print(f"{name}: no release says {errors.PHRASES[name]!r}: {found}")


if __name__ == "__main__":
    if sys.argv[1:] == ["--here"]:
        print(json.dumps(refusals_of_this_interpreter()))
    else:
        record(sys.argv[1:])

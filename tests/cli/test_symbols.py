import ast

import pytest

from funcfit.cli.symbols import nearest, there, uses

# what: a program, and the symbols with their lines
SOURCES = {
    "import as": ("import tensorflow as tf\ntf.add(tf.nn.relu(1), 2)", ["tf.add 2", "tf.nn.relu 2"]),
    "funcfit's own name": ("import funcfit.tf1 as tf\ntf.add", ["tf.add 2"]),
    "bare import": ("import tensorflow\ntensorflow.add", ["tf.add 2"]),
    "submodule": (
        "import tensorflow.contrib.slim as slim\nslim.conv2d()",
        ["tf.contrib.slim 1", "tf.contrib.slim.conv2d 2"],
    ),
    "submodule, bare": ("import tensorflow.contrib\ntensorflow.nn.relu", ["tf.contrib 1", "tf.nn.relu 2"]),
    "from": ("from tensorflow.nn import relu as r\nr(1)", ["tf.nn.relu 1", "tf.nn.relu 2"]),
    "from package": ("from tensorflow import nn\nnn.relu", ["tf.nn 1", "tf.nn.relu 2"]),
    "alias": (
        "import tensorflow as tf\nL = tf.layers\nM = L\nM.dense(1)",
        ["tf.layers 2", "tf.layers 3", "tf.layers.dense 4"],
    ),
    "method of a call": ("import tensorflow as tf\ntf.Session().run(1)", ["tf.Session 2"]),
    "getattr": ("import tensorflow as tf\ngetattr(tf.nn, 'relu')(1)", ["tf.nn.relu 2"]),
    "inside a function": ("def f():\n    import tensorflow as tf\n    return tf.add\ntf.sub", ["tf.add 3"]),
    "seen from a function": (
        "import tensorflow as tf\ndef f(x=tf.add):\n    return lambda: tf.sub",
        ["tf.add 2", "tf.sub 3"],
    ),
    "shadowed by an argument": ("import tensorflow as tf\ndef f(tf):\n    return tf.add", []),
    "name used twice": (
        "import tensorflow as tf\nlayers = tf.layers\nlayers = []\nlayers.append(1)",
        ["tf.layers 2"],
    ),
    "name of another scope": (
        "import tensorflow as tf\nnn = tf.nn\ndef f():\n    nn = Net()\n    nn.go()",
        ["tf.nn 2"],
    ),
    "first of two imports": (
        "try:\n    import tensorflow.compat.v1 as tf\nexcept ImportError:\n    import tensorflow as tf\ntf.add",
        ["tf.compat.v1 2", "tf.compat.v1.add 5"],
    ),
    "relative import": ("from . import tensorflow\ntensorflow.add", []),
    "other module": ("import numpy as tf\ntf.add", []),
    "decorator and class": (
        "import tensorflow as tf\n@tf.one\nclass A(tf.two):\n    b = tf.three",
        ["tf.one 2", "tf.two 3", "tf.three 4"],
    ),
    "comprehension": ("import tensorflow as tf\n[tf.add(x) for x in tf.sub]", ["tf.add 2", "tf.sub 2"]),
}


@pytest.mark.parametrize(("source", "found"), SOURCES.values(), ids=SOURCES)
def test_uses_are_found(source, found):
    assert [f"{use.symbol} {use.line}" for use in uses(ast.parse(source))] == found


def test_what_is_there_is_asked_of_the_package():
    assert there("tf.constant")
    assert there("tf.Session.run")
    assert not there("tf.constnt")
    assert not there("tf.Session.sprint")


def test_what_hangs_on_a_value_is_the_programs_affair():
    assert there("tf.float32.anything")


def test_internal_modules_have_the_public_names():
    assert there("tf.python.ops.array_ops.constant")
    assert there("tf.python.framework.ops.Graph.as_default")
    assert there("tf.python.constant")
    assert not there("tf.python.ops.array_ops.no_such_thing")


def test_nearest_are_the_same_name_elsewhere_and_names_spelled_alike():
    assert "tf.constant" in nearest("tf.constnt")
    assert "tf.constant" in nearest("tf.contrib.framework.constant")
    assert nearest("tf.zzzzzzzz") == []

"""Small graphs whose operation listings TensorFlow 1.1.0 recorded.

A program is a public function of one of these modules. It is called with `tf`, builds into the default graph, and
returns the feeds that its placeholders need to be run (a dict), or None. The modules are read by TensorFlow 1.1's
Python 3.6 too, so they keep to its syntax and import nothing from this project.

    optimizers      every optimizer of tf.train, on dense and on sparse gradients
    networks        convolution, pooling, normalisation, dropout, dense nets
    scopes          names, variable scopes and reuse, collections, devices
    control         control dependencies, tuple, group, cond, case, Assert
    loops           while_loop and its gradients
    tensor_arrays   TensorArray, map_fn, scan, foldl, foldr
    gradients_math  elementwise functions, broadcasting, reductions, products
    gradients_array shapes, joins, splits, slices, gathers
    gradients_nn    activations, losses, norms, convolutions
    gradients_more  several ys, grad_ys, integers, second order, hessians
    linear_algebra  factorizations, norms, contractions, counts, assertions
    training        learning rates, moving averages, losses
    layers          tf.layers and the initializers of tf.contrib.layers
    variables       variables, initializers, assignments
    arrays          array, random and image functions without gradients
    metrics         tf.metrics
    recurrence      recurrent cells and networks
"""

import importlib
import inspect

FAMILIES = [
    "optimizers",
    "networks",
    "scopes",
    "control",
    "loops",
    "tensor_arrays",
    "gradients_math",
    "gradients_array",
    "gradients_nn",
    "gradients_more",
    "linear_algebra",
    "training",
    "layers",
    "variables",
    "arrays",
    "metrics",
    "recurrence",
]


def programs(package=__name__):
    """{"family.name": function} for every program, in the order in which the modules hold them."""
    found = {}
    for family in FAMILIES:
        module = importlib.import_module(package + "." + family)
        functions = [
            function
            for name, function in inspect.getmembers(module, inspect.isfunction)
            if function.__module__ == module.__name__ and not name.startswith("_")
        ]
        for function in sorted(functions, key=lambda f: f.__code__.co_firstlineno):
            found[family + "." + function.__name__] = function
    return found

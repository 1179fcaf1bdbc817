"""The function that stands beside a layer class: `tf.layers.dense(inputs, ...)` makes a `Dense` and applies it."""

import inspect

from funcfit.tf1.opdef import place


def layer_function(name, layer, *called_with):
    """Gives `tf.layers.<name>`, which takes `inputs`, what the class takes and, if that has variables, `reuse`.

    `called_with` are the arguments of the layer's call besides the inputs, as (name, default) pairs; they come before
    `name`. A layer with variables stands in a scope of exactly that name, so that `reuse` (True or AUTO_REUSE) finds
    them; one without makes its name unique.
    """
    taken = [p for p in inspect.signature(layer).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter("inputs", kind)]
    for parameter in taken:
        if parameter.name == "name":
            parameters += [inspect.Parameter(key, kind, default=default) for key, default in called_with]
        parameters.append(parameter)
    has_variables = any(p.name == "trainable" for p in taken)
    if has_variables:
        parameters.append(inspect.Parameter("reuse", kind, default=None))
    signature = inspect.Signature(parameters)
    call_names = [key for key, _ in called_with]

    def function(*args, **kwargs):
        given = signature.bind(*args, **kwargs).arguments
        inputs = given.pop("inputs")
        for_call = {key: given.pop(key) for key in call_names if key in given}
        if has_variables:
            given |= dict(_scope=given.get("name"), _reuse=given.pop("reuse", None))
        return layer(**given).apply(inputs, **for_call)

    function.__name__ = function.__qualname__ = name
    function.__signature__ = signature
    function.__doc__ = f"Makes a `{layer.__name__}` layer and applies it to `inputs`.\n\n{inspect.getdoc(layer) or ''}"
    place(f"layers.{name}", function)
    return function

"""`make_template`: a function whose variables are made on its first call and found on all later ones."""

import functools

from funcfit.tf1.build.variable_scope import pure_variable_scope, unique_scope_name, variable_scope
from funcfit.tf1.graph.keys import GraphKeys, get_collection
from funcfit.tf1.graph.node import user_frames
from funcfit.tf1.opdef import api, tf


@api("make_template")
def make_template(name_, func_, create_scope_now_=False, unique_name_=None, custom_getter_=None, **kwargs):
    """`func_` with its `get_variable` calls in a variable scope of its own, the same in each call; `kwargs` are bound
    to it.

    The scope is named `name_`, made unique, or exactly `unique_name_`.
    """
    function = functools.partial(func_, **kwargs) if kwargs else func_
    return Template(name_, function, create_scope_now_, unique_name_, custom_getter_)


class Template:
    """What `make_template` gives. Changes: the first call opens its scope and makes its variables.

    ValueError when a later call makes a trainable variable; an exception of the function also tells where the
    template was made.
    """

    def __init__(self, name, func, create_scope_now=False, unique_name=None, custom_getter=None):
        if name is None:
            raise ValueError("name cannot be None.")
        self._name, self._func, self._unique_name, self._custom_getter = name, func, unique_name, custom_getter
        self._made_at = "\n".join(f"{code.co_filename}:{line}, in {code.co_name}" for code, line in user_frames())
        self._variable_scope, self._variables_created = None, False
        if create_scope_now:
            with pure_variable_scope(unique_name or unique_scope_name(name), custom_getter=custom_getter) as scope:
                self._variable_scope = scope

    def __call__(self, *args, **kwargs):
        again = self._variables_created
        if self._variable_scope is None:
            scope = variable_scope(self._unique_name, self._name, custom_getter=self._custom_getter)
        else:
            scope = variable_scope(self._variable_scope, reuse=again or None)
        with scope as self._variable_scope:
            result = self._result(args, kwargs, again)
            self._variables_created = True
        return result

    def _result(self, args, kwargs, again):
        try:
            trainable, variables = (len(get_collection(key)) for key in self._watched)
            result = self._func(*args, **kwargs)
            if again:
                self._check_nothing_new(trainable, variables)
            return result
        except Exception as error:
            first, *rest = error.args or ("",)
            error.args = (f"{first}\n\noriginally defined at:\n{self._made_at}", *rest)
            raise

    _watched = GraphKeys.TRAINABLE_VARIABLES, GraphKeys.GLOBAL_VARIABLES

    def _check_nothing_new(self, trainable, variables):
        new_trainable, new = (get_collection(key)[n:] for key, n in zip(self._watched, (trainable, variables)))
        if new_trainable:
            raise ValueError(
                "Trainable variable created when calling a template after the first time, perhaps you used tf.Variable "
                f"when you meant tf.get_variable: {new_trainable}"
            )
        if new:
            tf.logging.info(
                "New variables created when calling a template after the first time, perhaps you used tf.Variable when "
                "you meant tf.get_variable: %s",
                new,
            )

    name = property(lambda self: self._name)
    func = property(lambda self: self._func)
    variable_scope = property(lambda self: self._variable_scope)
    var_scope = variable_scope

    @property
    def variable_scope_name(self):
        """The prefix of the variables' names; None before the scope is open."""
        if self._variable_scope is None:
            return None
        name = self._variable_scope.name
        return name if name.endswith("/") else name + "/"

    def _mine(self, key):
        return get_collection(key, self.variable_scope_name) if self._variables_created else []

    trainable_variables = property(lambda self: self._mine(GraphKeys.TRAINABLE_VARIABLES))
    global_variables = property(lambda self: self._mine(GraphKeys.GLOBAL_VARIABLES))
    local_variables = property(lambda self: self._mine(GraphKeys.LOCAL_VARIABLES))
    variables = property(lambda self: self.global_variables + self.local_variables)

    @property
    def non_trainable_variables(self):
        trainable = set(self.trainable_variables)
        return [v for v in self.global_variables if v not in trainable]

    weights = variables
    trainable_weights = trainable_variables
    non_trainable_weights = non_trainable_variables

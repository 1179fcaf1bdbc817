"""Moving averages of variables and tensors, kept in variables of their own."""

from funcfit.tf1.api import slots
from funcfit.tf1.build.initializers import Zeros
from funcfit.tf1.build.variable_scope import get_variable_scope, variable_scope
from funcfit.tf1.build.variables import Variable
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import colocate_with, control_dependencies, get_default_graph, name_scope
from funcfit.tf1.graph.keys import GraphKeys, add_to_collection, get_collection
from funcfit.tf1.opdef import api, tf


@api("python.training.moving_averages.assign_moving_average", "contrib.framework.assign_moving_average")
def assign_moving_average(variable, value, decay, zero_debias=True, name=None):
    """variable -= (1 - decay) * (variable - value): the variable as it then is.

    With `zero_debias` the average is of the values since the start, as if it had not begun at zero (Adam's correction).
    """
    with name_scope(name, "AssignMovingAvg", [variable, value, decay]) as scope, colocate_with(variable):
        rate = convert_to_tensor(1.0 - decay, name="decay")
        if rate.dtype != variable.dtype.base_dtype:
            rate = tf.cast(rate, variable.dtype.base_dtype)
        change = _debiased(variable, value, rate) if zero_debias else (variable - value) * rate
        return tf.assign_sub(variable, change, name=scope)


def _debiased(average, value, rate):
    """What to take off `average` so that it becomes the biased average over its correction."""
    with variable_scope(average.op.name, values=[average, value, rate]) as scope, colocate_with(average):
        with control_dependencies(None):
            start = Zeros(dtype=average.dtype.base_dtype)(average.get_shape())
        biased = tf.get_variable(_free_name("biased"), initializer=start, trainable=False)
        steps = tf.get_variable(
            _free_name("local_step"),
            shape=[],
            dtype=average.dtype.base_dtype,
            initializer=Zeros(),
            trainable=False,
        )
        updated = tf.assign_sub(biased, (biased - value) * rate, name=scope.name)
        counted = steps.assign_add(1)
        with control_dependencies([updated, counted]):
            return average - biased.read_value() / (1 - tf.pow(1.0 - rate, steps.read_value()))


def _free_name(name):
    """`name`, numbered when the open scope has made a variable of that name, unless the scope finds variables."""
    scope = get_variable_scope()
    if scope.reuse:
        return name
    taken = {v.op.name for v in scope.global_variables()}
    if f"{scope.name}/{name}" not in taken:
        return name
    number = 1
    while f"{scope.name}/{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


@api("python.training.moving_averages.weighted_moving_average", "contrib.framework.weighted_moving_average")
def weighted_moving_average(value, decay, weight, truediv=True, collections=None, name=None):
    """The moving average of value * weight over that of weight."""
    if collections is None:
        collections = [GraphKeys.GLOBAL_VARIABLES]
    with variable_scope(name, "WeightedMovingAvg", [value, weight, decay]) as scope:

        def average(name, like):
            return tf.get_variable(
                name,
                shape=like.get_shape(),
                dtype=like.dtype,
                initializer=Zeros(),
                trainable=False,
                collections=collections,
            )

        total, weights = average("value_x_weight", value), average("weight", weight)
        numerator = assign_moving_average(total, value * weight, decay, zero_debias=False)
        denominator = assign_moving_average(weights, weight, decay, zero_debias=False)
        divide = tf.truediv if truediv else tf.div
        return divide(numerator, denominator, name=scope.name)


@api("train.ExponentialMovingAverage")
class ExponentialMovingAverage:
    """Averages of variables or tensors in which older values weigh less: average = decay * average + (1 - decay) *
    value.

    With `num_updates` (a step counter) the decay starts low: min(decay, (1 + n) / (10 + n)). Averages of variables
    start at their initial values, of tensors at zero (corrected with `zero_debias`). Changes: `apply` adds averages.
    """

    def __init__(self, decay, num_updates=None, zero_debias=False, name="ExponentialMovingAverage"):
        self._decay, self._num_updates, self._zero_debias, self._name = decay, num_updates, zero_debias, name
        self._averages = {}

    name = property(lambda self: self._name)

    def apply(self, var_list=None):
        """A node that updates the averages of `var_list`, the trainable variables by default.

        TypeError for what is not floating, ValueError for what has an average already.
        """
        if var_list is None:
            var_list = get_collection(GraphKeys.TRAINABLE_VARIABLES)
        debiased = set()
        for var in var_list:
            if var.dtype.base_dtype not in (dtypes.float16, dtypes.float32, dtypes.float64):
                raise TypeError(f"The variables must be half, float, or double: {var.name}")
            if var in self._averages:
                raise ValueError(f"Moving average already computed for: {var.name}")
            with control_dependencies(None):
                if isinstance(var, Variable):
                    average = slots.create_slot(var, var.initialized_value(), self._name)
                    add_to_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, var)
                else:
                    average = slots.create_zeros_slot(var, self._name, colocate_with_primary=var.op.card.cell)
                    if self._zero_debias:
                        debiased.add(average)
            self._averages[var] = average
        with name_scope(self._name) as scope:
            decay = convert_to_tensor(self._decay, name="decay")
            if self._num_updates is not None:
                count = tf.cast(self._num_updates, dtypes.float32, name="num_updates")
                decay = tf.minimum(decay, (1.0 + count) / (10.0 + count))
            updates = [
                assign_moving_average(self._averages[var], var, decay, zero_debias=self._averages[var] in debiased)
                for var in var_list
            ]
            return tf.group(*updates, name=scope)

    def average(self, var):
        """The variable that holds the average of `var`, or None."""
        return self._averages.get(var)

    def average_name(self, var):
        """The name of the average of `var`: the one it has, or would have."""
        if var in self._averages:
            return self._averages[var].op.name
        return get_default_graph().unique_name(f"{var.op.name}/{self._name}", mark_as_used=False)

    def variables_to_restore(self, moving_avg_variables=None):
        """{name in a checkpoint: variable}: variables with an average are restored from it, the others from their own
        names.
        """
        if moving_avg_variables is None:
            moving_avg_variables = get_collection(GraphKeys.TRAINABLE_VARIABLES)
            moving_avg_variables += get_collection(GraphKeys.MOVING_AVERAGE_VARIABLES)
        names = {self.average_name(v): v for v in dict.fromkeys(moving_avg_variables)}
        averaged = {v.name for v in moving_avg_variables}
        for v in get_collection(GraphKeys.GLOBAL_VARIABLES):
            if v.name not in averaged:
                names.setdefault(v.op.name, v)
        return names

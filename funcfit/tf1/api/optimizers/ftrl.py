"""Follow the regularized leader."""

from funcfit.tf1.api.optimizers.optimizer import Optimizer, like
from funcfit.tf1.graph.graph import colocate_with
from funcfit.tf1.opdef import api, raw, tf


@api("train.FtrlOptimizer")
class FtrlOptimizer(Optimizer):
    """FTRL-Proximal (McMahan et al. 2013). `l2_shrinkage_regularization_strength` adds its penalty to the gradient
    itself.

    ValueError for an accumulator that does not start above zero, a positive power, or negative strengths.
    """

    def __init__(
        self,
        learning_rate,
        learning_rate_power=-0.5,
        initial_accumulator_value=0.1,
        l1_regularization_strength=0.0,
        l2_regularization_strength=0.0,
        use_locking=False,
        name="Ftrl",
        accum_name=None,
        linear_name=None,
        l2_shrinkage_regularization_strength=0.0,
    ):
        super().__init__(use_locking, name)
        if initial_accumulator_value <= 0.0:
            raise ValueError(f"initial_accumulator_value {initial_accumulator_value} needs to be positive")
        if learning_rate_power > 0.0:
            raise ValueError(f"learning_rate_power {learning_rate_power} needs to be negative or zero")
        for which, strength in (
            ("l1_regularization", l1_regularization_strength),
            ("l2_regularization", l2_regularization_strength),
            ("l2_shrinkage_regularization", l2_shrinkage_regularization_strength),
        ):
            if strength < 0.0:
                raise ValueError(f"{which}_strength {strength} needs to be positive or zero")
        self._learning_rate, self._learning_rate_power = learning_rate, learning_rate_power
        self._initial_accumulator_value = initial_accumulator_value
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength
        self._l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self._accum_name, self._linear_name = accum_name, linear_name

    def _create_slots(self, var_list):
        for v in var_list:
            with colocate_with(v):
                value = tf.constant(self._initial_accumulator_value, dtype=v.dtype.base_dtype, shape=v.get_shape())
                self._get_or_make_slot(v, value, "accum", self._accum_name or self._name)
                self._zeros_slot(v, "linear", self._linear_name or self._name)

    def _prepare(self):
        self._learning_rate_tensor = self._hyperparameter(self._learning_rate, "learning_rate")
        self._l1_regularization_strength_tensor = self._hyperparameter(
            self._l1_regularization_strength, "l1_regularization_strength"
        )
        self._l2_regularization_strength_tensor = self._hyperparameter(
            self._l2_regularization_strength, "l2_regularization_strength"
        )
        if self._l2_shrinkage_regularization_strength > 0:
            self._l2_shrinkage_regularization_strength_tensor = self._hyperparameter(
                self._l2_shrinkage_regularization_strength, "l2_shrinkage_regularization_strength"
            )
        self._learning_rate_power_tensor = self._hyperparameter(self._learning_rate_power, "learning_rate_power")

    def _apply(self, var, name, grads):
        scalars = [
            self._learning_rate_tensor,
            self._l1_regularization_strength_tensor,
            self._l2_regularization_strength_tensor,
        ]
        if self._l2_shrinkage_regularization_strength > 0:
            scalars.append(self._l2_shrinkage_regularization_strength_tensor)
            name += "V2"
        scalars.append(self._learning_rate_power_tensor)
        cells = self.get_slot(var, "accum"), self.get_slot(var, "linear")
        return getattr(raw, name)(var, *cells, *grads, *(like(t, var) for t in scalars), use_locking=self._use_locking)

    def _apply_dense(self, grad, var):
        return self._apply(var, "ApplyFtrl", [grad])

    def _apply_sparse(self, grad, var):
        return self._apply(var, "SparseApplyFtrl", [grad.values, grad.indices])

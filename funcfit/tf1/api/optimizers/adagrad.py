"""Optimizers that divide each element's step by the root of its squared gradients: Adagrad, its kin, and Adadelta."""

from funcfit.tf1.api.optimizers.optimizer import Optimizer, like
from funcfit.tf1.build.initializers import Constant
from funcfit.tf1.graph.graph import colocate_with
from funcfit.tf1.opdef import api, raw, tf


@api("train.AdagradOptimizer")
class AdagradOptimizer(Optimizer):
    """Adagrad (Duchi et al. 2011). ValueError unless the accumulator starts above zero."""

    def __init__(self, learning_rate, initial_accumulator_value=0.1, use_locking=False, name="Adagrad"):
        if initial_accumulator_value <= 0.0:
            raise ValueError(f"initial_accumulator_value must be positive: {initial_accumulator_value}")
        super().__init__(use_locking, name)
        self._learning_rate, self._initial_accumulator_value = learning_rate, initial_accumulator_value

    def _create_slots(self, var_list):
        for v in var_list:
            dtype = v.dtype.base_dtype
            if v.get_shape().is_fully_defined():
                init = Constant(self._initial_accumulator_value, dtype=dtype)
                self._get_or_make_slot_with_initializer(v, init, v.get_shape(), dtype, "accumulator", self._name)
            else:
                value = tf.fill(tf.shape(v.initialized_value()), tf.constant(self._initial_accumulator_value, dtype))
                self._get_or_make_slot(v, value, "accumulator", self._name)

    def _prepare(self):
        self._learning_rate_tensor = self._hyperparameter(self._learning_rate, "learning_rate")

    def _apply_dense(self, grad, var):
        accumulator, rate = self.get_slot(var, "accumulator"), like(self._learning_rate_tensor, var)
        return raw.ApplyAdagrad(var, accumulator, rate, grad, use_locking=self._use_locking)

    def _apply_sparse(self, grad, var):
        accumulator, rate = self.get_slot(var, "accumulator"), like(self._learning_rate_tensor, var)
        return raw.SparseApplyAdagrad(var, accumulator, rate, grad.values, grad.indices, use_locking=self._use_locking)


@api("train.AdagradDAOptimizer")
class AdagradDAOptimizer(Optimizer):
    """Adagrad by dual averaging: sparse linear models with l1. Duchi et al. 2011.

    `global_step` is the step that the training run counts. ValueError unless the accumulator starts above zero.
    """

    def __init__(
        self,
        learning_rate,
        global_step,
        initial_gradient_squared_accumulator_value=0.1,
        l1_regularization_strength=0.0,
        l2_regularization_strength=0.0,
        use_locking=False,
        name="AdagradDA",
    ):
        if initial_gradient_squared_accumulator_value <= 0.0:
            raise ValueError(
                "initial_gradient_squared_accumulator_value must be positive: "
                f"{initial_gradient_squared_accumulator_value}"
            )
        super().__init__(use_locking, name)
        self._learning_rate, self._global_step = learning_rate, global_step
        self._initial_gradient_squared_accumulator_value = initial_gradient_squared_accumulator_value
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength

    def _create_slots(self, var_list):
        for v in var_list:
            with colocate_with(v):
                described = {"shape": v.get_shape(), "dtype": v.dtype.base_dtype}
                total = tf.constant(0.0, **described)
                squares = tf.constant(self._initial_gradient_squared_accumulator_value, **described)
            self._get_or_make_slot(v, total, "gradient_accumulator", self._name)
            self._get_or_make_slot(v, squares, "gradient_squared_accumulator", self._name)

    def _prepare(self):
        self._learning_rate_tensor = self._hyperparameter(self._learning_rate, "learning_rate")
        # One identity for all updates, so that they agree on the step (1.5 adagrad_da.py).
        with colocate_with(self._learning_rate_tensor):
            self._global_step_on_worker = tf.identity(self._global_step) + 1

    def _arguments(self, var):
        scalars = self._learning_rate_tensor, self._l1_regularization_strength, self._l2_regularization_strength
        return [*(like(t, var) for t in scalars), tf.cast(self._global_step_on_worker, "int64")]

    def _cells(self, var):
        return self.get_slot(var, "gradient_accumulator"), self.get_slot(var, "gradient_squared_accumulator")

    def _apply_dense(self, grad, var):
        return raw.ApplyAdagradDA(var, *self._cells(var), grad, *self._arguments(var), use_locking=self._use_locking)

    def _apply_sparse(self, grad, var):
        return raw.SparseApplyAdagradDA(
            var, *self._cells(var), grad.values, grad.indices, *self._arguments(var), use_locking=self._use_locking
        )


@api("train.ProximalAdagradOptimizer")
class ProximalAdagradOptimizer(Optimizer):
    """Adagrad, then the proximal step of l1 |w| + l2/2 w^2 at each element's own rate. Duchi, Singer 2009."""

    def __init__(
        self,
        learning_rate,
        initial_accumulator_value=0.1,
        l1_regularization_strength=0.0,
        l2_regularization_strength=0.0,
        use_locking=False,
        name="ProximalAdagrad",
    ):
        if initial_accumulator_value <= 0.0:
            raise ValueError(f"initial_accumulator_value must be positive: {initial_accumulator_value}")
        super().__init__(use_locking, name)
        self._learning_rate, self._initial_accumulator_value = learning_rate, initial_accumulator_value
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength

    def _create_slots(self, var_list):
        for v in var_list:
            with colocate_with(v):
                value = tf.constant(self._initial_accumulator_value, shape=v.get_shape(), dtype=v.dtype.base_dtype)
            self._get_or_make_slot(v, value, "accumulator", self._name)

    def _prepare(self):
        self._learning_rate_tensor = self._hyperparameter(self._learning_rate, "learning_rate")
        self._l1_regularization_strength_tensor = self._hyperparameter(
            self._l1_regularization_strength, "l1_regularization_strength"
        )
        self._l2_regularization_strength_tensor = self._hyperparameter(
            self._l2_regularization_strength, "l2_regularization_strength"
        )

    def _arguments(self, var):
        scalars = (
            self._learning_rate_tensor,
            self._l1_regularization_strength_tensor,
            self._l2_regularization_strength_tensor,
        )
        return [self.get_slot(var, "accumulator"), *(like(t, var) for t in scalars)]

    def _apply_dense(self, grad, var):
        return raw.ApplyProximalAdagrad(var, *self._arguments(var), grad, use_locking=self._use_locking)

    def _apply_sparse(self, grad, var):
        return raw.SparseApplyProximalAdagrad(
            var, *self._arguments(var), grad.values, grad.indices, use_locking=self._use_locking
        )


@api("train.AdadeltaOptimizer")
class AdadeltaOptimizer(Optimizer):
    """Steps in the units of the variable: the gradient times the ratio of the roots of past updates and gradients.
    Zeiler 2012.
    """

    def __init__(self, learning_rate=0.001, rho=0.95, epsilon=1e-8, use_locking=False, name="Adadelta"):
        super().__init__(use_locking, name)
        self._lr, self._rho, self._epsilon = learning_rate, rho, epsilon

    def _create_slots(self, var_list):
        for v in var_list:
            self._zeros_slot(v, "accum", self._name)
            self._zeros_slot(v, "accum_update", self._name)

    def _prepare(self):
        self._lr_t = self._hyperparameter(self._lr, "lr")
        self._rho_t = self._hyperparameter(self._rho, "rho")
        self._epsilon_t = self._hyperparameter(self._epsilon, "epsilon")

    def _arguments(self, var):
        cells = self.get_slot(var, "accum"), self.get_slot(var, "accum_update")
        return [*cells, *(like(t, var) for t in (self._lr_t, self._rho_t, self._epsilon_t))]

    def _apply_dense(self, grad, var):
        return raw.ApplyAdadelta(var, *self._arguments(var), grad, use_locking=self._use_locking)

    def _apply_sparse(self, grad, var):
        return raw.SparseApplyAdadelta(
            var, *self._arguments(var), grad.values, grad.indices, use_locking=self._use_locking
        )

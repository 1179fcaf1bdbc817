"""Gradient descent, with momentum, and with a proximal step."""

from funcfit.tf1.api.optimizers.optimizer import Optimizer, like
from funcfit.tf1.graph.node import IndexedSlices
from funcfit.tf1.opdef import api, raw


@api("train.GradientDescentOptimizer")
class GradientDescentOptimizer(Optimizer):
    """w -= learning_rate * gradient. `learning_rate` is a number or a tensor."""

    def __init__(self, learning_rate, use_locking=False, name="GradientDescent"):
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate

    def _prepare(self):
        self._learning_rate_tensor = self._hyperparameter(self._learning_rate, "learning_rate")

    def _apply_dense(self, grad, var):
        rate = like(self._learning_rate_tensor, var)
        return raw.ApplyGradientDescent(var, rate, grad, use_locking=self._use_locking).op

    def _apply_sparse_duplicate_indices(self, grad, var):
        # Rows are subtracted one by one: there is nothing to sum first.
        step = grad.values * like(self._learning_rate_tensor, var)
        return var.scatter_sub(IndexedSlices(step, grad.indices, grad.dense_shape), use_locking=self._use_locking)


@api("train.MomentumOptimizer")
class MomentumOptimizer(Optimizer):
    """accum = momentum * accum + gradient; w -= learning_rate * accum. With `use_nesterov` the gradient's own step
    looks ahead.
    """

    def __init__(self, learning_rate, momentum, use_locking=False, name="Momentum", use_nesterov=False):
        super().__init__(use_locking, name)
        self._learning_rate, self._momentum, self._use_nesterov = learning_rate, momentum, use_nesterov

    def _create_slots(self, var_list):
        for v in var_list:
            self._zeros_slot(v, "momentum", self._name)

    def _prepare(self):
        self._learning_rate_tensor = self._hyperparameter(self._learning_rate, "learning_rate")
        self._momentum_tensor = self._hyperparameter(self._momentum, "momentum")

    def _apply_dense(self, grad, var):
        return raw.ApplyMomentum(
            var,
            self.get_slot(var, "momentum"),
            like(self._learning_rate_tensor, var),
            grad,
            like(self._momentum_tensor, var),
            use_locking=self._use_locking,
            use_nesterov=self._use_nesterov,
        ).op

    def _apply_sparse(self, grad, var):
        return raw.SparseApplyMomentum(
            var,
            self.get_slot(var, "momentum"),
            like(self._learning_rate_tensor, var),
            grad.values,
            grad.indices,
            like(self._momentum_tensor, var),
            use_locking=self._use_locking,
            use_nesterov=self._use_nesterov,
        ).op


@api("train.ProximalGradientDescentOptimizer")
class ProximalGradientDescentOptimizer(Optimizer):
    """Gradient descent, then the proximal step of l1 |w| + l2/2 w^2, which sets small weights to zero. Duchi, Singer
    2009.
    """

    def __init__(
        self,
        learning_rate,
        l1_regularization_strength=0.0,
        l2_regularization_strength=0.0,
        use_locking=False,
        name="ProximalGradientDescent",
    ):
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength

    def _prepare(self):
        self._learning_rate_tensor = self._hyperparameter(self._learning_rate, "learning_rate")
        self._l1_regularization_strength_tensor = self._hyperparameter(
            self._l1_regularization_strength, "l1_regularization_strength"
        )
        self._l2_regularization_strength_tensor = self._hyperparameter(
            self._l2_regularization_strength, "l2_regularization_strength"
        )

    def _scalars(self, var):
        return [
            like(t, var)
            for t in (
                self._learning_rate_tensor,
                self._l1_regularization_strength_tensor,
                self._l2_regularization_strength_tensor,
            )
        ]

    def _apply_dense(self, grad, var):
        return raw.ApplyProximalGradientDescent(var, *self._scalars(var), grad, use_locking=self._use_locking).op

    def _apply_sparse(self, grad, var):
        return raw.SparseApplyProximalGradientDescent(
            var, *self._scalars(var), grad.values, grad.indices, use_locking=self._use_locking
        ).op

"""RMSProp, plain and centered."""

from funcfit.tf1.api.optimizers.optimizer import Optimizer, like
from funcfit.tf1.opdef import api, raw, tf


@api("train.RMSPropOptimizer")
class RMSPropOptimizer(Optimizer):
    """The gradient over the root of its mean square, with momentum. Tieleman, Hinton 2012.

    The mean square starts at one. With `centered` the mean is taken off the mean square first.
    """

    def __init__(
        self, learning_rate, decay=0.9, momentum=0.0, epsilon=1e-10, use_locking=False, centered=False, name="RMSProp"
    ):
        super().__init__(use_locking, name)
        self._learning_rate, self._decay, self._momentum, self._epsilon = learning_rate, decay, momentum, epsilon
        self._centered = centered

    def _create_slots(self, var_list):
        for v in var_list:
            rms = tf.constant(1.0, dtype=v.dtype.base_dtype, shape=v.get_shape())
            self._get_or_make_slot(v, rms, "rms", self._name)
            if self._centered:
                mean = tf.constant(0.0, dtype=v.dtype.base_dtype, shape=v.get_shape())
                self._get_or_make_slot(v, mean, "mg", self._name)
            self._zeros_slot(v, "momentum", self._name)

    def _prepare(self):
        self._learning_rate_tensor = self._hyperparameter(self._learning_rate, "learning_rate")
        self._decay_tensor = self._hyperparameter(self._decay, "decay")
        self._momentum_tensor = self._hyperparameter(self._momentum, "momentum")
        self._epsilon_tensor = self._hyperparameter(self._epsilon, "epsilon")

    def _cells(self, var):
        return [self.get_slot(var, name) for name in (["mg"] if self._centered else []) + ["rms", "momentum"]]

    def _scalars(self, var):
        scalars = self._learning_rate_tensor, self._decay_tensor, self._momentum_tensor, self._epsilon_tensor
        return [like(t, var) for t in scalars]

    def _apply_dense(self, grad, var):
        apply = raw.ApplyCenteredRMSProp if self._centered else raw.ApplyRMSProp
        return apply(var, *self._cells(var), *self._scalars(var), grad, use_locking=self._use_locking).op

    def _apply_sparse(self, grad, var):
        apply = raw.SparseApplyCenteredRMSProp if self._centered else raw.SparseApplyRMSProp
        cells, scalars = self._cells(var), self._scalars(var)
        return apply(var, *cells, *scalars, grad.values, grad.indices, use_locking=self._use_locking)

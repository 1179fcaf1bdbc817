"""Adam."""

from funcfit.tf1.api.optimizers.optimizer import Optimizer, like
from funcfit.tf1.build.variables import Variable
from funcfit.tf1.graph.graph import colocate_with, control_dependencies
from funcfit.tf1.opdef import api, raw, tf


@api("train.AdamOptimizer")
class AdamOptimizer(Optimizer):
    """Adam (Kingma, Ba 2014) with epsilon beside the uncorrected root.

    Sparse gradients move all rows: the averages of rows without a gradient decay, and so do their steps.
    """

    def __init__(self, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8, use_locking=False, name="Adam"):
        super().__init__(use_locking, name)
        self._lr, self._beta1, self._beta2, self._epsilon = learning_rate, beta1, beta2, epsilon
        self._beta1_power = self._beta2_power = None

    def _get_beta_accumulators(self):
        return self._beta1_power, self._beta2_power

    def _non_slot_variables(self):
        return [v for v in self._get_beta_accumulators() if v is not None]

    def _create_slots(self, var_list):
        if self._beta1_power is None or self._beta1_power.graph is not var_list[0].graph:
            with colocate_with(var_list[0]):
                beta1, beta2 = self._call_if_callable(self._beta1), self._call_if_callable(self._beta2)
                self._beta1_power = Variable(beta1, name="beta1_power", trainable=False)
                self._beta2_power = Variable(beta2, name="beta2_power", trainable=False)
        for v in var_list:
            self._zeros_slot(v, "m", self._name)
            self._zeros_slot(v, "v", self._name)

    def _prepare(self):
        self._lr_t = self._hyperparameter(self._lr, "learning_rate")
        self._beta1_t = self._hyperparameter(self._beta1, "beta1")
        self._beta2_t = self._hyperparameter(self._beta2, "beta2")
        self._epsilon_t = self._hyperparameter(self._epsilon, "epsilon")

    def _scalars(self, var):
        scalars = (self._beta1_power, self._beta2_power, self._lr_t, self._beta1_t, self._beta2_t, self._epsilon_t)
        return [like(t, var) for t in scalars]

    def _apply_dense(self, grad, var):
        m, v = self.get_slot(var, "m"), self.get_slot(var, "v")
        return raw.ApplyAdam(var, m, v, *self._scalars(var), grad, use_locking=self._use_locking).op

    def _apply_sparse(self, grad, var):
        beta1_power, beta2_power, lr, beta1, beta2, epsilon = self._scalars(var)
        lr = lr * tf.sqrt(1 - beta2_power) / (1 - beta1_power)
        m = self.get_slot(var, "m")
        scaled = grad.values * (1 - beta1)
        m_t = tf.assign(m, m * beta1, use_locking=self._use_locking)
        m_t = tf.scatter_add(m_t, grad.indices, scaled, use_locking=self._use_locking)
        v = self.get_slot(var, "v")
        scaled = (grad.values * grad.values) * (1 - beta2)
        v_t = tf.assign(v, v * beta2, use_locking=self._use_locking)
        v_t = tf.scatter_add(v_t, grad.indices, scaled, use_locking=self._use_locking)
        root = tf.sqrt(v_t)
        update = tf.assign_sub(var, lr * m_t / (root + epsilon), use_locking=self._use_locking)
        return tf.group(update, m_t, v_t)

    def _finish(self, update_ops, name_scope):
        with control_dependencies(update_ops), colocate_with(self._beta1_power):
            powers = [
                power.assign(power * beta, use_locking=self._use_locking)
                for power, beta in ((self._beta1_power, self._beta1_t), (self._beta2_power, self._beta2_t))
            ]
        return tf.group(*update_ops, *powers, name=name_scope)

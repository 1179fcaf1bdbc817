"""`Optimizer`: from a loss to a node that updates variables, in the order and with the names of TensorFlow 1.1.0."""

from funcfit.tf1.api import slots
from funcfit.tf1.build.variables import Variable
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor, convert_to_tensor_or_indexed_slices
from funcfit.tf1.graph.graph import colocate_with, control_dependencies, name_scope
from funcfit.tf1.graph.keys import GraphKeys, get_collection, get_collection_ref
from funcfit.tf1.graph.node import IndexedSlices, Tensor
from funcfit.tf1.opdef import api, tf


@api("train.Optimizer")
class Optimizer:
    """Base class of optimizers.

    A subclass fills in `_create_slots(var_list)`, `_prepare()`, `_apply_dense(grad, var)`, `_apply_sparse(grad, var)`
    and, if it must do something after all updates, `_finish(update_ops, name_scope)`. Sparse gradients reach
    `_apply_sparse` with each row once; a subclass that does not need this fills in `_apply_sparse_duplicate_indices`.
    Changes: slots are added as variables are met.
    """

    GATE_NONE = 0
    GATE_OP = 1
    GATE_GRAPH = 2

    def __init__(self, use_locking, name):
        if not name:
            raise ValueError("Must specify the optimizer name")
        self._use_locking = use_locking
        self._name = name
        self._slots = {}

    def get_name(self):
        return self._name

    # -- what programs call --

    def minimize(
        self,
        loss,
        global_step=None,
        var_list=None,
        gate_gradients=GATE_OP,
        aggregation_method=None,
        colocate_gradients_with_ops=False,
        name=None,
        grad_loss=None,
    ):
        """A node that takes one step down `loss`, and adds one to `global_step` if it is given.

        ValueError when no variable, or none that the loss depends on, can be changed.
        """
        grads_and_vars = self.compute_gradients(
            loss,
            var_list=var_list,
            gate_gradients=gate_gradients,
            aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
            grad_loss=grad_loss,
        )
        if all(grad is None for grad, _ in grads_and_vars):
            variables = [str(v) for _, v in grads_and_vars]
            raise ValueError(
                "No gradients provided for any variable, check your graph for ops that do not support gradients, "
                "between "
                f"variables {variables} and loss {loss}."
            )
        return self.apply_gradients(grads_and_vars, global_step=global_step, name=name)

    def compute_gradients(
        self,
        loss,
        var_list=None,
        gate_gradients=GATE_OP,
        aggregation_method=None,
        colocate_gradients_with_ops=False,
        grad_loss=None,
    ):
        """(gradient, variable) pairs of `loss`; the gradient is None where the loss does not depend on the variable."""
        if gate_gradients not in (self.GATE_NONE, self.GATE_OP, self.GATE_GRAPH):
            raise ValueError(
                "gate_gradients must be one of: Optimizer.GATE_NONE, Optimizer.GATE_OP, Optimizer.GATE_GRAPH.  "
                f"Not {gate_gradients}"
            )
        self._assert_valid_dtypes([loss])
        if grad_loss is not None:
            self._assert_valid_dtypes([grad_loss])
        if var_list is None:
            var_list = get_collection(GraphKeys.TRAINABLE_VARIABLES) + get_collection(
                GraphKeys.TRAINABLE_RESOURCE_VARIABLES
            )
        else:
            var_list = list(_flat(var_list))
        cells = [_cell(v) for v in var_list]
        if not var_list:
            raise ValueError("No variables to optimize.")
        grads = tf.gradients(
            loss,
            cells,
            grad_ys=grad_loss,
            gate_gradients=gate_gradients == self.GATE_OP,
            aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
        )
        if gate_gradients == self.GATE_GRAPH:
            grads = tf.tuple(grads)
        self._assert_valid_dtypes([v for grad, v in zip(grads, var_list) if grad is not None])
        return list(zip(grads, var_list))

    def apply_gradients(self, grads_and_vars, global_step=None, name=None):
        """A node that updates each variable by its gradient, then adds one to `global_step` if it is given."""
        grads_and_vars = [(_gradient(grad), var) for grad, var in grads_and_vars]
        if not grads_and_vars:
            raise ValueError("No variables provided.")
        for _, var in grads_and_vars:
            _cell(var)
        moving = [(grad, var) for grad, var in grads_and_vars if grad is not None]
        if not moving:
            raise ValueError(f"No gradients provided for any variable: {[str(v) for _, v in grads_and_vars]}.")
        with control_dependencies(None):
            self._create_slots([var for _, var in moving])
        updates = []
        with name_scope(name, self._name) as scope:
            self._prepare()
            for grad, var in moving:
                with name_scope("update_" + var.op.name), colocate_with(var):
                    updates.append(self._update(grad, var))
            if global_step is None:
                train = self._finish(updates, scope)
            else:
                with control_dependencies([self._finish(updates, "update")]), colocate_with(global_step):
                    train = tf.assign_add(global_step, 1, name=scope)
            train = train.op if isinstance(train, Tensor) else train
            train_ops = get_collection_ref(GraphKeys.TRAIN_OP)
            if train not in train_ops:
                train_ops.append(train)
            return train

    def _update(self, grad, var):
        sparse = isinstance(grad, IndexedSlices)
        if sparse and var.constraint is not None:
            raise RuntimeError("Cannot use a constraint function on a sparse variable.")
        update = self._apply_sparse_duplicate_indices(grad, var) if sparse else self._apply_dense(grad, var)
        if var.constraint is None:
            return update
        with control_dependencies([update]):
            return var.assign(var.constraint(var))

    # -- slots --

    def get_slot(self, var, name):
        """The slot `name` of `var`, or None when there is none."""
        return self._slots.get(name, {}).get(_key(var))

    def get_slot_names(self):
        return sorted(self._slots)

    def variables(self):
        """The variables that this optimizer made in the default graph: its slots and what `_non_slot_variables`
        gives.
        """
        graph = tf.get_default_graph()
        made = [*self._non_slot_variables(), *(slot for named in self._slots.values() for slot in named.values())]
        return sorted((v for v in made if v.graph is graph), key=lambda v: v.name)

    def _non_slot_variables(self):
        return []

    def _slot_dict(self, slot_name):
        return self._slots.setdefault(slot_name, {})

    def _slot(self, var, slot_name, make):
        named = self._slot_dict(slot_name)
        if _key(var) not in named:
            named[_key(var)] = make()
        return named[_key(var)]

    def _get_or_make_slot(self, var, val, slot_name, op_name):
        return self._slot(var, slot_name, lambda: slots.create_slot(var, val, op_name))

    def _get_or_make_slot_with_initializer(self, var, initializer, shape, dtype, slot_name, op_name):
        return self._slot(
            var, slot_name, lambda: slots.create_slot_with_initializer(var, initializer, shape, dtype, op_name)
        )

    def _zeros_slot(self, var, slot_name, op_name):
        return self._slot(var, slot_name, lambda: slots.create_zeros_slot(var, op_name))

    # -- for subclasses --

    def _assert_valid_dtypes(self, tensors):
        valid = self._valid_dtypes()
        for t in tensors:
            if t.dtype.base_dtype not in valid:
                raise ValueError(f"Invalid type {t.dtype.base_dtype!r} for {t.name}, expected: {list(valid)}.")

    def _valid_dtypes(self):
        return {dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64}

    def _create_slots(self, var_list):
        """Makes the slots of `var_list`, outside all control dependencies."""

    def _prepare(self):
        """Makes the tensors that all updates share, in the optimizer's name scope."""

    def _apply_dense(self, grad, var):
        raise NotImplementedError

    def _apply_sparse(self, grad, var):
        raise NotImplementedError

    def _apply_sparse_duplicate_indices(self, grad, var):
        """Sums the rows of the gradient that belong to one row of the variable, then `_apply_sparse`."""
        values, indices = summed_rows(grad.values, grad.indices)
        return self._apply_sparse(IndexedSlices(values, indices, grad.dense_shape), var)

    def _finish(self, update_ops, name_scope):
        return tf.group(*update_ops, name=name_scope)

    def _call_if_callable(self, param):
        return param() if callable(param) else param

    def _hyperparameter(self, value, name):
        return convert_to_tensor(self._call_if_callable(value), name=name)


def summed_rows(values, indices):
    """The rows of `values` with the same index, summed, and the indices without repetition."""
    distinct, positions = tf.unique(indices)
    return tf.unsorted_segment_sum(values, positions, tf.shape(distinct)[0]), distinct


def like(tensor, var):
    """`tensor` in the dtype of `var`."""
    return tf.cast(tensor, var.dtype.base_dtype)


def _key(var):
    return var.op.graph, var.op.name


def _cell(var):
    if not isinstance(var, Variable):
        raise NotImplementedError("Trying to optimize unsupported type ", var)
    return var._ref()


def _gradient(grad):
    if grad is None:
        return None
    try:
        return convert_to_tensor_or_indexed_slices(grad)
    except TypeError:
        raise TypeError(f"Gradient must be convertible to a Tensor or IndexedSlices, or None: {grad}") from None


def _flat(structure):
    if isinstance(structure, dict):
        structure = [structure[key] for key in sorted(structure)]
    if not isinstance(structure, (list, tuple)):
        yield structure
        return
    for item in structure:
        yield from _flat(item)

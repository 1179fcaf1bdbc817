"""What adds many nodes at once.

autodiff        tf.gradients and hessians            variables       Variable, and which variables there are
registry        which gradient rule a node has       partitions      variables in parts, and who cuts them
flow            cond, case, Assert                   initializers    what a variable starts from
variable_store  get_variable's variables by name     variable_scope  get_variable and its scopes
templates       make_template                        tensor_array    TensorArray
nest            structures of tensors: tf.nest       loops           while_loop
contexts        what cond and while_loop share       loop_gradients  the loop that runs turns backwards
slices          IndexedSlices as values              flow_gradients  rules of Switch, Merge, Enter, Exit
recovered       contexts of imported loops
"""

import importlib
import pkgutil

import funcfit.tf1.ops  # the cards that these modules build on

for _module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")

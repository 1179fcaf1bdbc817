"""The graph floor: what a program is before anything runs.

dtypes    element types                      shape     partly known shapes
values    Python values as numpy arrays      convert   Python values to tensors
node      Operation, Tensor, IndexedSlices   graph     Graph: names, scopes, collections, control dependencies
stacks    default graph and session          keys      the names of a graph's collections
device    device names in parts              handles   what names a list of the run
borders   the nodes around loops and branches  order     things after what they wait for
imported  nodes from a list
"""

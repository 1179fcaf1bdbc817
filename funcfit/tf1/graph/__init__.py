"""The graph floor: what a program is before anything runs.

dtypes    element types                      shape     partly known shapes
node      Operation, Tensor, IndexedSlices   graph     Graph: names, scopes, collections, control dependencies
stacks    default graph and session          convert   Python values to tensors
"""

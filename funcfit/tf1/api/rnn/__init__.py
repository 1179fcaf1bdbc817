"""Recurrent networks: tf.nn.rnn_cell, tf.contrib.rnn and the functions that unroll cells over time.

names             what the cells call their variables, and what other releases called them
cell              RNNCell: the scope and variables of a cell, zero states; LSTMStateTuple; linear maps of several inputs
cells             BasicRNNCell, GRUCell, BasicLSTMCell, LSTMCell
wrappers          stacks of cells, dropout, residuals, devices, embeddings, projections, highways
attention         AttentionCellWrapper
contrib_cells     variations on LSTM and GRU
normalized_cells  LSTM cells with layer normalization
independent_cells cells whose units see only themselves in the last step
grid_cells        cells that walk along frequencies as well as time
convolution_cells cells whose linear maps are convolutions
block_cells       cells and layers that are one op each
step              what a step through time needs: lengths, zero outputs, dtypes, reversed sequences
static            one copy of the cell a step: static_rnn and its kin
dynamic           one copy in a loop: dynamic_rnn; raw: raw_rnn
bidirectional     forward and backward, in stacks
fused             cells that take whole sequences

Nodes and scopes are those of TensorFlow 1.1, where it has the cell; variables have the names they have had since 1.2. A
cell takes its variable scope when it is first called, and keeps it. The maths, as functions of arrays, is in
`funcfit.kernels.recurrent`.
"""

import importlib
import pkgutil

for _module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")

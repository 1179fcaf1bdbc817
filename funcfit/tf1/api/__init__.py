"""TF1 modules written the way a TF1 user would write them, on top of the op cards: each file is a public module or a
part of one.

core, config          the graph's own names (Graph, Tensor, dtypes, scopes, collections); ConfigProto and its kin
optimizers/, train/   tf.train: optimizers; decays, moving averages, the global step, devices
slots                 variables that these keep beside a variable
rnn/                  recurrent cells and networks: tf.nn.rnn_cell, tf.nn.dynamic_rnn, tf.contrib.rnn
layers/, losses       tf.layers and tf.losses; regularizers: penalties on weights; weights_broadcast: how weights fit
dropout, convolution  tf.nn's composed functions; embedding, sampled_losses: tables and losses over many classes
metrics/, confusion   tf.metrics, confusion matrices
image/                tf.image's array functions
checks, clip          assertions on values and shapes; clipping
functional            loops over rows: map_fn, scan, foldl, foldr
contractions, linear_algebra     tensordot and einsum; norms, traces, products
logging, compat       tf.logging, tf.compat
"""

import importlib
import pkgutil

import funcfit.tf1.build  # registers what these modules build on

for _module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")

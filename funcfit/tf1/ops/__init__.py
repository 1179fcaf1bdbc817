"""Op cards by family. A file is a family; files never import one another: they call `raw.OpType` and `tf.public_name`.

Values and shapes
  source               constants, placeholders         fill                 tensors of one value
  identity             Identity and its kin, group     cast                 dtypes, parts of complex numbers
  shape_ops            shapes, ranks, reshapes         state                variables and writes to them
  session_handles      values kept between runs        scatter_updates      writes to rows of variables
  sequence             range, linspace                 grids                one-hot rows, masks, coordinates
  random               draws                           candidates           draws of classes

Element by element
  arithmetic           + - * / and their kin           elementwise          signs, roots, exponentials, rounding
  trigonometry         sines and their kin             special              gamma, beta, zeta, Bessel, error functions
  compare              comparisons, logic              bitwise              bits of integers
  activation           relu and its kin                quantization         floats as few integers
  numerics             guards against NaN

Parts and arrangements
  index                slices and tensor[...]          gather               rows by number, and back
  join                 concat, split                   stack                along a new axis, and back
  arrange              transpose, reverse, roll        pad                  tiles and borders
  space                blocks to batch or depth        diagonal             diagonals, bands, identity matrices
  choose               where, masks, unique values     order                sorting and searching
  topk                 the largest entries             sets                 sets along the last axis

Sums and products
  reduce               over axes                       cumulative           running ones
  sums                 of many tensors                 segment              of rows with one id
  count                counts and histograms           matmul               products of matrices
  linalg               factorizations and solutions    spectral             Fourier transforms

Networks
  bias                 biases, layers that end in one  conv                 convolutions
  pool                 pooling                         fractional_pool      pooling by a ratio
  morphology           dilation, erosion               normalization        batch normalization, moments
  softmax              softmax and cross entropies     ctc                  its loss and decoders
  training             the updates of optimizers       recurrent            LSTM and GRU cells as one op each

Images, sparse tensors and sequences
  resize               resizes                         crop                 crops and glimpses
  colour               hue, saturation, contrast       boxes                boxes in images
  sparse               sparse beside dense             sparse_arrange       from sparse to sparse
  sparse_arithmetic    sparse with dense, broadcast    edit_distance        how far sequences are apart

Control and Python
  flow                 Switch, Merge, loops, Assert    host                 py_func, Print, as_string
  stacks               what a loop keeps               tensor_array         TensorArrays

Importing this package fills the registry.
"""

import importlib
import pkgutil

for _module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")

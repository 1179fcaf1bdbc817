"""Arrays in, arrays out: the maths that both halves call. No state, no graph; numpy and jax only.

Training
  optimizers.py       update formulas, of all rows or of some
  rows.py             row numbers padded to a size that is known beforehand
  permutation.py      random access into shuffled orders
  threefry.py         JAX's random numbers by NumPy, for values that are drawn once

Random numbers, as TensorFlow draws them
  philox.py           streams: blocks, words, unit fractions
  box_muller.py       normal numbers from random words
  samplers.py         uniform, integer, normal, truncated normal, shuffle
  host_draws.py       the same draws by NumPy, for values that are drawn once
  rejection.py        gamma, Poisson, normals between given bounds
  candidates.py       multinomial, and the candidate samplers of sampled softmax and NCE

Networks
  windows.py          how windows walk over axes: places, margins, views
  conv.py             convolutions and their gradients
  spectral.py         convolutions by way of Fourier transforms
  pool.py             maxima and means of windows, and their gradients
  fractional_pool.py  windows of two lengths, drawn at random
  morphology.py       grey-scale dilation
  normalization.py    batch and local response normalization
  softmax.py          softmax and the cross entropies built on it
  recurrent.py        steps of recurrent cells, and sequences of steps
  ctc.py              connectionist temporal classification: loss and decoders
  quantization.py     floats on a grid of few values

Images
  image.py            resizes, crops from boxes, glimpses
  colour.py           colour spaces, hue, saturation, contrast
  boxes.py            choosing among boxes, drawing them, random crops
  space.py            blocks of space in the batch or the depth; patches

Arrays
  module.py           numpy or jax.numpy, by what came
  casts.py            casts between number types, as C makes them
  division.py         quotients that are rounded once
  linear.py           batches of matrices
  segments.py         sums, products and extremes of rows with one id
  strided_slice.py    NumPy's slicing, from begin, end, strides and masks
  edit_distance.py    how far sequences are apart
  text.py             numbers and arrays as TensorFlow prints them
  stack.py            what a loop pushes and its gradient pops
  tensor_array.py     arrays of tensors, written and read by index
"""

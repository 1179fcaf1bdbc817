"""Arrays in, arrays out: the maths that both halves call. No state, no graph; numpy and jax only.

permutation.py   random access into shuffled orders
philox.py        TensorFlow's random streams: blocks, words, unit fractions
box_muller.py    normal numbers from random words, as TensorFlow makes them
samplers.py      uniform, integer, normal, truncated normal, shuffle
rejection.py     gamma, Poisson, normals between given bounds
optimizers.py    update formulas, of all rows or of some
rows.py          row numbers padded to a size that is known beforehand
candidates.py    multinomial, and the candidate samplers of sampled softmax and NCE
image.py         resizes, crops from boxes, glimpses
colour.py        colour spaces, hue, saturation, contrast
boxes.py         choosing among boxes, drawing them, random crops
windows.py       how windows walk over axes: places, margins, views
conv.py          convolutions and their gradients
pool.py          maxima and means of windows, and their gradients
fractional_pool.py  windows of two lengths, drawn at random
morphology.py    grey-scale dilation
softmax.py       softmax and the cross entropies built on it
normalization.py batch and local response normalization
division.py      quotients that are rounded once
ctc.py           connectionist temporal classification: loss and decoders
"""

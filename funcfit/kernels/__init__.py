"""Arrays in, arrays out: the maths that both halves call. No state, no graph; numpy and jax only.

permutation.py   random access into shuffled orders
"""

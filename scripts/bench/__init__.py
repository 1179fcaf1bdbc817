"""What the bench_*.py scripts time.

session_cases   programs as sessions run them, for funcfit and TensorFlow alike
cases_by_hand   the same, as a reader of JAX's documentation would write them
"""

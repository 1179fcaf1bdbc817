"""What the bench_*.py scripts time.

session_cases   programs as sessions run them, for funcfit and TensorFlow alike
cases_by_hand   the same, as a reader of JAX's documentation would write them
graph_cases     graphs of any number of nodes
training_cases  models to train: by hand, by funcfit, and what a way to train has to give
accelerator_cases  larger models, as networks and as TensorFlow 1 graphs
by_keras        the same models in Keras 3, by_nnx in Flax NNX, by_equinox in Equinox, as their documentations say
providers       who speaks TensorFlow 1
processes       what is measured from the start of a process
turns           who comes first in a round, and the clock
choices         names of cases on a command line
tables          what tables have in common
"""

"""From fetches to values: what a run needs, as pure functions, compiled and called.

fetch     fetch structures and feeds, as programs write them
plan      which nodes, in which stages, reading which cells when
cells     which cell a tensor shows, and which write each read must see
levels    which stage each node runs in
stages    what each stage takes and gives
padding   host nodes that run inside jit after all
branches  conditionals read back from Switch and Merge
loops     loops read back from Enter, Merge, Switch, NextIteration and Exit
trace     a stage as a pure function of arrays
conditionals  a conditional inside a stage
turns     a loop inside a compiled stage
counting  how many turns a loop takes, as far as the trace knows
by_turn   a loop turn by turn, from the host
executable  a compiled stage, called on the session's state
for_many  a stage for feeds of many sizes
guard     how a run whose checks fail leaves its cells as they were
program   a plan's stages, run one after the other
session   Session: the state, and the programs it has made
start     how the first session starts JAX
explain   a plan in words
"""

"""From fetches to values: what a run needs, as pure functions, compiled and called.

fetch     fetch structures and feeds, as programs write them
plan      which nodes, in which stages, reading which cells when
branches  conditionals read back from Switch and Merge
loops     loops read back from Enter, Merge, Switch, NextIteration and Exit
counting  how many turns a loop takes, as far as the trace knows
turns     a loop inside a compiled stage
by_turn   a loop turn by turn, from the host
padding   host nodes that run inside jit after all
trace     a stage as a pure function of arrays
program   a plan's stages, compiled and called
session   Session: the state, and the programs it has made
explain   a plan in words
"""

"""From fetches to values: what a run needs, as pure functions, compiled and called.

fetch     fetch structures and feeds, as programs write them       plan      which nodes, in which stages, reading which
          cells when
branches  conditionals read back from Switch and Merge              trace     a stage as a pure function of arrays
session   Session: the state, the plans it has made, the hot path   explain   a plan in words
"""

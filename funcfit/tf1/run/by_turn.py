"""A loop turn by turn: its condition and its body are programs of their own, run on the session's state. What runs on
the host, changes shape from turn to turn, or piles up without a bound runs so.
"""

from dataclasses import replace

import numpy as np

from funcfit.errors import FailedPreconditionError
from funcfit.kernels.stack import Stack
from funcfit.tf1.run.loops import ByTurn
from funcfit.tf1.run.trace import cell_value


def run_by_turn(loop, scope, session, make_program):
    """Runs the loop; `make_program(elements, given, shared)` makes the programs, which the loop keeps."""
    variables = list(loop.variables.values())
    if not loop.programs:
        tensors, nodes = loop.results
        shared = scope.made.cells.shared
        for elements in ([loop.condition._inputs[0]], [*tensors, *nodes]):
            loop.programs.append(make_program(elements, loop.given(), shared))
    test, turn = loop.programs
    test.session = turn.session = session
    constants = {x: scope.get(x) for enter in loop.enters for x in enter.outputs if x in scope}
    cells = _lists(loop, scope)
    values = [np.asarray(scope.get(v.enter.outputs[0])) for v in variables]
    while True:
        given = constants | cells
        for v, value in zip(variables, values):
            given[v.merge.outputs[0]] = value
            if v.switch is not None:
                given[v.switch.outputs[1]] = value
        if not test.run(given)[0]:
            break
        values = turn.run(given)[: len(variables)]
        for cell, write in turn.plan.final.items():
            if cell.card.makes and (cell, write) in given and cell in loop.writes:
                cells[cell, None] = given[cell, write]
    for v, value in zip(variables, values):
        if v.exit is not None:
            scope.values[v.exit.outputs[0]] = value
    for cell in loop.writes:
        if (cell, None) in cells:
            value = cells[cell, None]
            scope.values[cell, loop.condition] = replace(value, compact=True) if isinstance(value, Stack) else value
        elif cell in session._state:
            scope.values[cell, loop.condition] = np.array(session._state[cell])


def _lists(loop, scope):
    """The lists of the run that the loop finds, as its first turn takes them."""
    found = {}
    for cell in loop.reads + loop.writes:
        if cell.card.makes:
            try:
                found[cell, None] = value = cell_value(cell, scope.made.uses[loop.condition][cell], scope)
                if isinstance(value, Stack) and value.holes:
                    raise ByTurn(value.holes)  # single turns pop nothing where nothing was pushed
            except FailedPreconditionError:
                pass
    return found

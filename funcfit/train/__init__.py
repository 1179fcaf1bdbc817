"""The functional half's first room: a loss, data, a state, a program, and `fit` which is the loop over it.

state.py     State, all that the next step depends on, as one pytree
data.py      batches: a batch for every step, pure in the step
program.py   program: many steps in one compiled call
fit.py       fit and evaluate
history.py   Result: the state, the history of every step, and its plot
progress.py  the line that tells how far a run is
"""

from .data import Batches as Batches
from .data import batches as batches
from .fit import evaluate as evaluate
from .fit import fit as fit
from .history import Result as Result
from .program import Program as Program
from .program import program as program
from .state import State as State

"""The functional half: a loss, data, a State, a Program, a Run; `fit` is a few lines over them.

state.py     State, all that the next step depends on, as one pytree
data/        batches: a batch for every step, pure in the step; ahead.py makes those of the host in time
update.py    one step as a pure function: gradient, precision, optimizer, what is not finite; rates.py reads its rate
outcome.py   what a loss gives, in one form; keys.py sees to it that no key is drawn from twice
program.py   Program: many steps in one compiled call, which compiled.py makes and convolutions.py keeps fast
report.py    what a program costs and could at best: work.py counts, ceilings.py measures, memory.py says what fits
events.py    Every, on: when something happens in a run, and what it is told; early stopping, plateau
loop.py      the loop, as an iterator of events; signals.py defers Ctrl-C, nonfinite.py finds where NaN came from
run.py       Run: a directory that can be trusted; replay.py takes one of its steps again
fit.py       fit
evaluate.py  evaluate and predict, exact over all rows
history.py   Result: the state, the history of every step; plots.py draws it, sketch.py in a few bytes for notebooks
loggers.py   functions that are told of each row as well; TensorBoard's files
progress.py  the line that tells how far a run is
"""

from .data import Batches as Batches
from .data import Data as Data
from .data import batches as batches
from .evaluate import evaluate as evaluate
from .evaluate import predict as predict
from .events import Event as Event
from .events import Every as Every
from .events import Stop as Stop
from .events import early_stopping as early_stopping
from .events import on as on
from .events import plateau as plateau
from .fit import fit as fit
from .history import Result as Result
from .loggers import tensorboard as tensorboard
from .memory import OutOfMemory as OutOfMemory
from .nonfinite import NonFinite as NonFinite
from .program import Program as Program
from .program import program as program
from .replay import replay as replay
from .run import Run as Run
from .state import State as State

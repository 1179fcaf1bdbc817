"""Data: a batch for every step.

kind       `Data`: what a program asks of it
batches    from a source to the kind of data that fits it
sources    what can be data, and what tells one source from another
order      which rows the batch of a step has
device     arrays on the device, shuffled and gathered there
host       rows that the host gathers, brought over in windows of some steps
stream     batches that come one after the other
positions  where a source says that it stands
"""

from .batches import batches as batches
from .device import Batches as Batches
from .kind import LINE as LINE
from .kind import Data as Data

"""Checkpoints behind one door: `save(folder, step, tree)`, `restore(folder, like)`, `latest(folder)`.

steps.py     a folder of steps: saved whole or not at all, checked when read, damaged ones set aside
manifest.py  what a step should hold, leaf by leaf and file by file, with checksums
arrays.py    the arrays themselves, which Orbax carries
disk.py      what is on the disk, and not only on its way there
weights.py   parameters to and from .safetensors and .npz
"""

from .manifest import crc32c as crc32c
from .steps import Damaged as Damaged
from .steps import Saved as Saved
from .steps import facts as facts
from .steps import latest as latest
from .steps import prune as prune
from .steps import restore as restore
from .steps import save as save
from .steps import saved_steps as saved_steps
from .steps import verify as verify
from .weights import load_weights as load_weights
from .weights import save_weights as save_weights

"""What to say when a program ends in an error."""

import re
import sys
import traceback
from pathlib import Path
from types import TracebackType

from . import python2
from .symbols import nearest

EXTRAS = {
    "matplotlib": "plots",
    "IPython": "notebooks",
    **dict.fromkeys(("equinox", "flax", "sklearn"), "examples"),
}


def print_error(error: BaseException, program: set[str]) -> None:
    """The traceback from the program's own first frame on, and a hint where one is known."""
    start = from_program(error.__traceback__, program)
    if start is None and not isinstance(error, SyntaxError):  # then the fault is ours
        start = error.__traceback__
    traceback.print_exception(type(error), error, start)
    line = line_at_fault(error, program)
    for sentence in filter(None, (missing_symbol(error, line), other_era(error, line))):
        print(f"funcfit: {sentence}", file=sys.stderr)


def from_program(trace: TracebackType | None, program: set[str]) -> TracebackType | None:
    while trace is not None and trace.tb_frame.f_code.co_filename not in program:
        trace = trace.tb_next
    return trace


def line_at_fault(error: BaseException, program: set[str]) -> str:
    """'FILE:LINE' of the innermost frame of the program; its other files count as the program."""
    folders = tuple(str(Path(name).parent) for name in program if Path(name).is_file())
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if f.filename in program or within(f.filename, folders)]
    return f"{own[-1].filename}:{own[-1].lineno}" if own else "the program"


def within(file: str, folders: tuple[str, ...]) -> bool:
    return any(file.startswith(folder + "/") for folder in folders) and "site-packages" not in file


def missing_symbol(error: BaseException, line: str) -> str | None:
    """The program needs a name of TensorFlow's that is not there."""
    if match := re.match(r"(?:tf|tensorflow)\b([\w.]*) has no '(\w+)'", str(error)):
        symbol = f"tf{match[1]}.{match[2]}"
    elif isinstance(error, ImportError) and (module := error.name or "").partition(".")[0] == "tensorflow":
        name = re.match(r"cannot import name '(\w+)'", str(error))
        symbol = module.replace("tensorflow", "tf", 1) + (f".{name[1]}" if name else "")
    else:
        return None
    near = nearest(symbol)
    hint = f"; nearest: {', '.join(near)}" if near else ""
    return f"{line} needs {symbol}, which funcfit does not have{hint}. `funcfit check` lists all that a program needs"


def other_era(error: BaseException, line: str) -> str | None:
    """A name that Python 2 had, or a package that comes with an extra."""
    name = getattr(error, "name", None)
    if isinstance(error, NameError | AttributeError | ImportError) and name in python2.NAMES:
        return f"{line} uses {name}, which is Python 2's; in Python 3 it is {python2.NAMES[name]}"
    if isinstance(error, ModuleNotFoundError) and name is not None and name.partition(".")[0] in EXTRAS:
        return f"{line} needs {name}: pip install 'funcfit[{EXTRAS[name.partition('.')[0]]}]'"
    return None

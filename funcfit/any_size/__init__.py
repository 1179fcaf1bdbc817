"""One compiled program for arguments of many sizes.

XLA compiles for shapes: batches of fifty lengths are fifty programs. Here one program serves all sizes up to a bound:
its arguments are laid in arrays of the bound's size, how many entries are real goes beside them, and each operation is
done so that what is not real changes nothing that is (rules.py). The function itself is any that JAX traces; what in it
depends on the sizes is found by tracing it at three of them (extents.py). Where a function does something that has no
such form, `Unfit` says what.
"""

from funcfit.any_size.extents import Unfit as Unfit
from funcfit.any_size.extents import points as points
from funcfit.any_size.program import AnySize as AnySize
from funcfit.any_size.program import bound as bound
from funcfit.any_size.program import laid_in as laid_in
from funcfit.any_size.program import long_enough as long_enough
from funcfit.any_size.program import padded as padded
from funcfit.any_size.program import sizes_of as sizes_of
from funcfit.any_size.program import varying as varying

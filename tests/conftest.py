"""Set up before funcfit is imported: shapes and dtypes in signatures are checked, in tests only."""

from jaxtyping import install_import_hook

install_import_hook(
    ["funcfit.kernels", "funcfit.losses", "funcfit.metrics", "funcfit.nn", "funcfit.train"], "beartype.beartype"
)

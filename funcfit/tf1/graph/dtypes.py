"""TensorFlow's dtypes: interned values, one for each element type and one for a reference to it.

`as_dtype` takes what programs pass: a DType, its name, a NumPy dtype or type, a Python type, or TF's integer code.
"""

import ml_dtypes
import numpy as np


class DType:
    """The element type of a tensor. A `_ref` dtype is the type of a tensor that stands for a variable's cell."""

    __slots__ = ("_enum", "_name", "_numpy", "_kind", "_base", "_ref")

    def __init__(self, enum, name, numpy, kind, base=None):
        self._enum, self._name, self._numpy, self._kind = enum, name, numpy, kind
        self._base = self if base is None else base
        self._ref = self if base is not None else DType(enum + 100, name + "_ref", numpy, kind, base=self)

    name = property(lambda self: self._name)
    as_numpy_dtype = property(lambda self: self._numpy)
    as_datatype_enum = property(lambda self: self._enum)
    base_dtype = property(lambda self: self._base)
    _as_ref = property(lambda self: self._ref)
    _is_ref_dtype = property(lambda self: self._base is not self)
    is_bool = property(lambda self: self._kind == "bool")
    is_integer = property(lambda self: self._kind in ("int", "uint"))
    is_floating = property(lambda self: self._kind == "float")
    is_complex = property(lambda self: self._kind == "complex")
    is_quantized = property(lambda self: self._kind == "quantized")
    is_unsigned = property(lambda self: self._kind == "uint")
    is_numpy_compatible = property(lambda self: self._kind != "handle")
    size = property(lambda self: np.dtype(self._numpy).itemsize if self._kind != "handle" else 1)

    @property
    def real_dtype(self):
        """The dtype of the real part: float32 for complex64, float64 for complex128, itself for others."""
        real = {"complex64": float32, "complex128": float64}.get(self._base.name, self)
        return real._as_ref if self._is_ref_dtype and real is not self else real

    def _limits(self, what):
        base = self._base
        if base._kind in ("bool", "complex", "string", "handle"):
            raise TypeError(f"Cannot find {what} value of {self!r}.")
        info = ml_dtypes.finfo if base._kind == "float" else np.iinfo
        return info(base._numpy)

    @property
    def min(self):
        """The smallest finite value; TypeError for bool, complex and string."""
        return self._limits("minimum").min

    @property
    def max(self):
        """The largest finite value; TypeError for bool, complex and string."""
        return self._limits("maximum").max

    @property
    def limits(self):
        """The (min, max) of values that stand for an intensity: (0, 1) for floats, non-negative for signed integers."""
        if self._kind == "float":
            return 0, 1
        return 0, self.max

    def is_compatible_with(self, other):
        """True when a tensor of dtype `other` can be used where this dtype is asked for."""
        other = as_dtype(other)
        return self is other or self is other._base

    def __eq__(self, other):
        if self is other:
            return True
        if other is None or isinstance(other, DType):
            return False
        try:
            return as_dtype(other) is self
        except TypeError:
            return False

    def __ne__(self, other):
        return not self == other

    def __hash__(self):
        return self._enum

    def __int__(self):
        return self._enum

    def __str__(self):
        return f"<dtype: '{self._name}'>"

    def __repr__(self):
        return "tf." + self._name

    def __reduce__(self):
        return as_dtype, (self._name,)


float32 = DType(1, "float32", np.float32, "float")
float64 = DType(2, "float64", np.float64, "float")
int32 = DType(3, "int32", np.int32, "int")
uint8 = DType(4, "uint8", np.uint8, "uint")
int16 = DType(5, "int16", np.int16, "int")
int8 = DType(6, "int8", np.int8, "int")
string = DType(7, "string", np.object_, "string")
complex64 = DType(8, "complex64", np.complex64, "complex")
int64 = DType(9, "int64", np.int64, "int")
bool_ = DType(10, "bool", np.bool_, "bool")
qint8 = DType(11, "qint8", np.int8, "quantized")
quint8 = DType(12, "quint8", np.uint8, "quantized")
qint32 = DType(13, "qint32", np.int32, "quantized")
bfloat16 = DType(14, "bfloat16", ml_dtypes.bfloat16, "float")
qint16 = DType(15, "qint16", np.int16, "quantized")
quint16 = DType(16, "quint16", np.uint16, "quantized")
uint16 = DType(17, "uint16", np.uint16, "uint")
complex128 = DType(18, "complex128", np.complex128, "complex")
float16 = DType(19, "float16", np.float16, "float")
resource = DType(20, "resource", np.object_, "handle")
variant = DType(21, "variant", np.object_, "handle")
uint32 = DType(22, "uint32", np.uint32, "uint")
uint64 = DType(23, "uint64", np.uint64, "uint")

ALL = tuple(value for value in list(globals().values()) if isinstance(value, DType))
WIDE = frozenset((float64, int64, uint64, complex128))  # what JAX narrows unless 64-bit mode is on
HOST_ONLY = frozenset((string, resource, variant))  # what no array holds: such values never enter jit

_BY_KEY = {}
for _dtype in ALL:
    for _each in (_dtype, _dtype._as_ref):
        _BY_KEY[_each.name] = _BY_KEY[_each.as_datatype_enum] = _each
    if _dtype._kind not in ("quantized", "handle"):
        _BY_KEY[_dtype._numpy] = _BY_KEY[np.dtype(_dtype._numpy)] = _dtype
_BY_KEY |= {
    "half": float16,
    "float": float32,
    "double": float64,
    "half_ref": float16._as_ref,
    "float_ref": float32._as_ref,
    "double_ref": float64._as_ref,
    float: float32,
    bool: bool_,
    int: int64,
    str: string,
    bytes: string,
    object: string,
}


def as_dtype(value):
    """The DType that `value` names; TypeError when it names none."""
    if isinstance(value, DType):
        return value
    try:
        found = _BY_KEY.get(value)
    except TypeError:
        found = None
    if found is not None:
        return found
    try:
        key = np.dtype(value if value is not None else ())  # NumPy takes None for float64
    except TypeError:
        raise TypeError(f"Cannot convert value {value!r} to a TensorFlow DType.") from None
    if key.kind in "SU":
        return string
    if key in _BY_KEY:
        return _BY_KEY[key]
    raise TypeError(f"Cannot convert value {value!r} to a TensorFlow DType.")


def kernel_name(dtype):
    """The name that TF's kernels call a dtype in messages: float, double, half; float_ref for a cell of floats."""
    name = dtype.base_dtype.name
    name = {"float16": "half", "float32": "float", "float64": "double"}.get(name, name)
    return name + "_ref" if dtype._is_ref_dtype else name

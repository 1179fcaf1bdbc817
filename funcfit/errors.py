"""Error classes: TensorFlow's run-time family, which programs catch by name.

Build-time mistakes raise Python's own ValueError and TypeError, as TF's do. Everything that a run can raise is an
`OpError`, which knows the node at fault and the line of the user's program that made it. Codes and wording:
tensorflow/core/lib/core/error_codes.proto.
"""


class OpError(Exception):
    """A run failed at a node.

    `node_def` and `op` are the node that failed (None when the error belongs to no node), `message` is the bare
    sentence, and `error_code` is TF's integer code.
    """

    code = 2

    def __init__(self, node_def=None, op=None, message="", error_code=None):
        super().__init__()
        self._node_def = node_def
        self._op = op
        self._message = message
        self._error_code = self.code if error_code is None else error_code

    @property
    def message(self):
        return self._message

    @property
    def op(self):
        return self._op

    @property
    def node_def(self):
        return self._node_def

    @property
    def error_code(self):
        return self._error_code

    def __str__(self):
        if self._op is None:
            return self._message
        return f"{self._message}\n\t {described(self._op)}"

    def __reduce__(self):
        return type(self)._rebuilt, (self._message, self._error_code)

    @classmethod
    def _rebuilt(cls, message, error_code):
        error = cls(None, None, message)
        error._error_code = error_code
        return error


def described(node):
    """One line that tells which node it is and which line of the user's program made it."""
    where = node.made_at()
    inputs = ", ".join(x.name for x in node.inputs)
    return f"[[Node: {node.name} = {node.type}({inputs})]]" + (f"\n\t made at {where}" if where else "")


def _family(name, code, doc):
    def __init__(self, node_def=None, op=None, message=""):
        OpError.__init__(self, node_def, op, message)

    return type(name, (OpError,), {"code": code, "__doc__": doc, "__init__": __init__, "__module__": __name__})


CancelledError = _family("CancelledError", 1, "The operation or step was cancelled.")


class UnknownError(OpError):
    """The cause is not known; what the failing code said is in the message."""

    code = 2


InvalidArgumentError = _family("InvalidArgumentError", 3, "An operation received an argument it cannot take.")
DeadlineExceededError = _family("DeadlineExceededError", 4, "A time limit passed before the operation ended.")
NotFoundError = _family("NotFoundError", 5, "A requested entity, such as a file or a key, is not there.")
AlreadyExistsError = _family("AlreadyExistsError", 6, "An entity that was to be made exists already.")
PermissionDeniedError = _family("PermissionDeniedError", 7, "The caller may not run this operation.")
ResourceExhaustedError = _family("ResourceExhaustedError", 8, "A resource, such as memory or disk, ran out.")
FailedPreconditionError = _family(
    "FailedPreconditionError", 9, "The system is not in the state that the operation needs."
)
AbortedError = _family("AbortedError", 10, "The operation was given up because of another one.")
OutOfRangeError = _family(
    "OutOfRangeError", 11, "An operation went past the valid input range, such as the end of a file."
)
UnimplementedError = _family("UnimplementedError", 12, "The operation is not there for these arguments.")
InternalError = _family("InternalError", 13, "An invariant of the system broke.")
UnavailableError = _family("UnavailableError", 14, "The run time is not available now.")
DataLossError = _family("DataLossError", 15, "Data was lost or is damaged.")
UnauthenticatedError = _family("UnauthenticatedError", 16, "The caller gave no valid credentials.")

BY_CODE = {
    error.code: error
    for error in (
        CancelledError,
        UnknownError,
        InvalidArgumentError,
        DeadlineExceededError,
        NotFoundError,
        AlreadyExistsError,
        PermissionDeniedError,
        ResourceExhaustedError,
        FailedPreconditionError,
        AbortedError,
        OutOfRangeError,
        UnimplementedError,
        InternalError,
        UnavailableError,
        DataLossError,
        UnauthenticatedError,
    )
}

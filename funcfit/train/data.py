"""A batch for every step."""

import contextlib
import functools
import itertools
import operator
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, UInt32

from funcfit.checkpoint import crc32c
from funcfit.compile import jit
from funcfit.kernels.permutation import permuted
from funcfit.tree import described, is_number, listed, named_leaves

from .positions import read, told_batches, written

LINE = 2**32  # rows that data can count
WINDOW_BYTES = 2**26  # of batches from the host that go to the device at once,
WIDEST = 100  # and how many they are at most


class Data:
    """A batch for every step: `data[t]`, of one shape for all t, depends on t alone.

    A kind of data says how many rows there are (`rows`, None if nobody knows) and how many a batch has (`size`),
    whether it is `on_device`, and gives a program what it indexes by the step: `feed(t)` is such a pytree and the first
    step that is not in it. `fingerprint()` tells one source from another.
    """

    on_device = False

    def __repr__(self) -> str:
        rows = "rows" if self.rows is None else f"{self.rows:,} rows"
        place = "on the device" if self.on_device else "from the host"
        return f"{type(self).__name__}({rows} {place}, {self.size:,} a batch)"

    @property
    def rows(self) -> int | None:
        raise NotImplementedError

    @property
    def size(self) -> int:
        raise NotImplementedError

    def __getitem__(self, t: Any) -> Any:
        raise NotImplementedError

    def feed(self, t: int) -> tuple[Any, int]:
        raise NotImplementedError

    def like(self) -> Any:
        """What `feed` gives, or the shapes and dtypes of it."""
        raise NotImplementedError

    def steps(self, epochs: float | int) -> int:
        """How many steps it takes to have used every row `epochs` times."""
        raise NotImplementedError

    def epochs(self, t: int) -> float:
        """How many times every row has been used after t steps."""
        raise NotImplementedError

    def position(self, t: int) -> Any:
        """What `seek` takes, as JSON has it, for step t to be had at once; None where nothing is needed or known."""
        return None

    def seek(self, t: int, position: Any) -> None:
        """Be ready for step t, with what `position` gave for it, or with None."""

    def in_order(self) -> "Data":
        """The same rows unshuffled, and without weights."""
        raise NotImplementedError

    def fingerprint(self) -> dict[str, Any]:
        raise NotImplementedError


def batches(
    source: Any, size: int | None = None, *, shuffle: bool = True, seed: int = 0, pad: bool = False, on_device="auto"
) -> Data:
    """The rows of a source, `size` at a time, as a batch for every step.

    The source may be arrays (an array, or a tuple, dict, ... of arrays of equal length); an object with `len` and
    `[i]`, whose items are rows; or an iterable of batches (a loader, or a function that gives a new iterator), whose
    rows are taken in the order they come. A run that goes on later asks an iterable for the position it stood at, where
    it can tell (get_state or state_dict), and else passes over what was used. Without a size a batch is all rows of
    arrays, or as long as the first batch of an iterable.
    The rows form one long line, epoch after epoch, each epoch in an order of its own when they are shuffled. A batch is
    the next `size` rows of the line: all rows are used equally often, and a batch that reaches the end of an epoch goes
    on with the next one. With `pad` it ends there, filled up with rows that do not count: a batch then is
    (rows, weights), with weight 1 for each row that is meant and 0 for the others.
    Arrays go to the device once (`on_device`, by default where they take less than half of it) and are shuffled and
    gathered there.
    Raises ValueError when the rows differ in number or there are none.

    >>> data = batches({"x": jnp.arange(5) * 10}, 2, shuffle=False)
    >>> [data[t]["x"].tolist() for t in range(3)]
    [[0, 10], [20, 30], [40, 0]]
    >>> rows, weights = batches(jnp.arange(5) * 10, 2, shuffle=False, pad=True)[2]
    >>> rows.tolist(), weights.tolist()
    ([40, 0], [1.0, 0.0])
    """
    if size is not None and operator.index(size) < 1:
        raise ValueError(f"a batch needs at least one row, not {size}")
    by_number = hasattr(source, "__len__") and hasattr(source, "__getitem__")
    arrays = isinstance(source, tuple | list | dict) or hasattr(source, "__array__")
    check_source(source)
    if not arrays and not by_number:
        return Stream(source, size, pad)
    rows = row_count(source) if arrays else len(source)
    if not rows:
        raise ValueError("data needs at least one row, and this source has none")
    if rows > LINE:
        raise ValueError(f"a source of {rows} rows is more than the {LINE} that are counted: leave out its repeat()")
    order = Order(jax.random.key(seed) if shuffle and size is not None else None, rows, size or rows, pad)
    if not arrays:
        return Items(lambda row: stacked([source[int(i)] for i in row]), order)
    if on_device == "auto":
        on_device = fits(source)
    if not on_device:
        return Items(lambda row: jax.tree.map(lambda array: np.asarray(array)[row], source), order)
    return Batches(jax.tree.map(jnp.asarray, source), order)


def check_source(source: Any) -> None:
    """Raises TypeError for what cannot be data."""
    text = isinstance(source, str | bytes)
    if text or not (
        callable(source) or any(hasattr(source, name) for name in ("__array__", "__iter__", "__getitem__"))
    ):
        raise TypeError(
            "data is arrays, an object with len and [i], an iterable of batches, or a function that gives a new one; "
            f"this is {source!r}{': load it first' if text else ''}"
        )


def row_count(arrays: Any) -> int:
    """How many rows arrays have. Raises ValueError unless all have as many, and TypeError for what has no numbers."""
    check_numbers(arrays)
    shapes = {name: np.shape(leaf) for name, leaf in named_leaves(arrays).items()}
    rows = {shape[0] if shape else 0 for shape in shapes.values()}
    if len(rows) != 1 or 0 in rows:
        shown = dict(itertools.islice(shapes.items(), 6))
        more = f" and {len(shapes) - len(shown)} more" if len(shapes) > len(shown) else ""
        listed = isinstance(arrays, list) and len(arrays) > 1
        fix = "; a list of rows becomes arrays by jax.tree.map(lambda *x: np.stack(x), *rows)" if listed else ""
        raise ValueError(
            f"arrays to batch need one row count, and at least one row; their shapes are {shown}{more}{fix}"
        )
    return rows.pop()


def check_numbers(arrays: Any) -> None:
    """Raises TypeError naming the first leaf that is not an array of numbers."""
    for name, leaf in named_leaves(arrays).items():
        known = isinstance(leaf, jax.Array) or isinstance(getattr(leaf, "dtype", None), np.dtype)
        array = leaf if known else np.asarray(leaf)  # of another library's tensor, say
        if is_number(array):
            check_range(name, array)
            continue
        what = (
            f"a {type(leaf).__name__}" if array.dtype == object and not known else f"{array.dtype}{list(array.shape)}"
        )
        fix = ""
        if getattr(array.dtype, "kind", "O") in "SUT":
            fix = "; words become numbers by np.unique(words, return_inverse=True)"
        elif callable(leaf):
            fix = "; fit(loss, params, data, optimizer) is the order"
        raise TypeError(f"data is arrays of numbers, and {f'its leaf {name!r}' if name else 'this'} is {what}{fix}")


def check_range(name: str, array: Any) -> None:
    """Raises ValueError for whole numbers that JAX would cut to their last 32 bits without a word."""
    narrow = jax.dtypes.canonicalize_dtype(array.dtype)
    if narrow == array.dtype or narrow.kind not in "iu" or not array.size:
        return
    least, most = int(array.min()), int(array.max())
    if least < np.iinfo(narrow).min or most > np.iinfo(narrow).max:
        raise ValueError(
            f"data has numbers from {least} to {most} in {name or 'its array'}, {array.dtype}{list(array.shape)}, and "
            f"JAX would take their last 32 bits as {narrow}: number them anew (np.unique(ids, return_inverse=True)) "
            "or set jax_enable_x64"
        )


def fits(arrays: Any) -> bool:
    limit = (jax.devices()[0].memory_stats() or {}).get("bytes_limit")
    return limit is None or sum(np.asarray(leaf).nbytes for leaf in jax.tree.leaves(arrays)) < limit / 2


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Order:
    """Which rows the batch of a step has, and what each of them counts. Without a key they are in their own order."""

    key: Any = field(repr=False)
    rows: int = field(metadata={"static": True})
    size: int = field(metadata={"static": True})
    pad: bool = field(metadata={"static": True})

    def at(self, t: UInt32[Array, ""]) -> tuple[UInt32[Array, " size"], Array | None]:
        place = t * self.size + jnp.arange(self.size, dtype=jnp.uint32)
        epoch, row, weights = place // self.rows, place % self.rows, None
        if self.pad:
            epoch = jnp.full_like(row, t // self.steps(1))
            row = t % self.steps(1) * self.size + jnp.arange(self.size, dtype=jnp.uint32)
            weights = (row < self.rows).astype(jnp.float32)
            row = row % self.rows
        if self.key is not None:
            row = permuted(self.key, row, self.rows, deck=epoch)
        return row, weights

    def steps(self, epochs: float | int) -> int:
        if self.pad:
            return -int(-epochs * -(-self.rows // self.size) // 1)
        return -int(-epochs * self.rows // self.size)

    def plain(self) -> "Order":
        return Order(None, self.rows, self.size, False)

    def epochs(self, t: int) -> float:
        return t / self.steps(1) if self.pad else t * self.size / self.rows


class Ordered(Data):
    """Data whose rows have numbers, so that any batch can be had at any time."""

    order: Order

    @property
    def rows(self) -> int:
        return self.order.rows

    @property
    def size(self) -> int:
        return self.order.size

    def steps(self, epochs: float | int) -> int:
        return self.order.steps(epochs)

    def epochs(self, t: int) -> float:
        return self.order.epochs(t)


@jax.tree_util.register_dataclass
@dataclass(frozen=True, repr=False)
class Batches(Ordered):
    """Rows of arrays that are on the device: a program shuffles and gathers them itself."""

    arrays: Any
    order: Order

    on_device = True

    def __repr__(self) -> str:
        order = "in order" if self.order.key is None else "shuffled"
        return f"Batches({self.rows:,} rows on the device, {self.size:,} a batch, {order}: {listed(self.arrays)})"

    def __getitem__(self, t: int | Int[Array, ""]) -> Any:
        if self.order.key is None and self.size == self.rows and not self.order.pad:
            return self.arrays
        return _batch(self, jnp.asarray(t, jnp.uint32))

    def feed(self, t: int) -> tuple[Any, int]:
        return self, LINE

    def like(self) -> "Batches":
        return self

    def in_order(self) -> "Batches":
        return Batches(self.arrays, self.order.plain())

    def fingerprint(self) -> dict[str, Any]:
        return {**fingerprint_of(self.arrays), **order_facts(self.order)}


def _gathered(data: Batches, t: UInt32[Array, ""]) -> Any:
    row, weights = data.order.at(t)
    batch = jax.tree.map(lambda array: array[row], data.arrays)
    return batch if weights is None else (batch, weights)


_batch = jit(_gathered, name="batch")
_rows_at = jit(lambda order, t: jax.vmap(order.at)(t), name="order")


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Window:
    """The batches of some steps in a row, from the host, as a program takes them."""

    first: Any
    stack: Any = field(repr=False)

    def __getitem__(self, t: int | Int[Array, ""]) -> Any:
        return jax.tree.map(lambda array: array[t - self.first], self.stack)


class Ended(ValueError):
    """There are no more batches."""


class FromHost(Data):
    """Data that the host makes: batches go to the device in windows of `width` steps, the steps of each window aligned.

    A kind of it gives the batch of a step, as NumPy arrays.
    """

    @functools.cached_property
    def first(self) -> Any:
        """The batch of step 0, which shows what all look like."""
        return self[0]

    @functools.cached_property
    def width(self) -> int:
        batch = sum(np.asarray(leaf).nbytes for leaf in jax.tree.leaves(self.first))
        return max(1, min(WIDEST, WINDOW_BYTES // max(batch, 1)))

    def feed(self, t: int) -> tuple[Any, int]:
        first, made = t - t % self.width, []
        try:
            for step in range(first, first + self.width):
                made.append(self[step])
        except Ended:
            if first + len(made) <= t:
                raise
        until = first + len(made)
        made += made[-1:] * (self.width - len(made))  # never asked for: a window has one shape
        return Window(jnp.int32(first), jax.device_put(stacked(made))), until

    def like(self) -> Window:
        def many(leaf):
            array = np.asarray(leaf)
            return jax.ShapeDtypeStruct((self.width, *array.shape), jax.dtypes.canonicalize_dtype(array.dtype))

        return Window(jax.ShapeDtypeStruct((), jnp.int32), jax.tree.map(many, self.first))


class Items(FromHost, Ordered):
    """Rows that are asked for by number, gathered on the host in the order of `Order`."""

    def __init__(self, take: Callable[[np.ndarray], Any], order: Order):
        self.take, self.order = take, order

    def __getitem__(self, t: int) -> Any:
        row, weights = _rows_at(self.order, jnp.full(1, t, jnp.uint32))
        batch = self.take(np.asarray(row)[0])
        return batch if weights is None else (batch, np.asarray(weights)[0])

    def in_order(self) -> "Items":
        return Items(self.take, self.order.plain())

    def fingerprint(self) -> dict[str, Any]:
        ends = self.take(np.array([0, self.order.rows - 1]))
        return {**fingerprint_of(ends), "rows": self.rows, **order_facts(self.order)}


class Place(NamedTuple):
    """Where a stream stands before a step: the source's position before the batch whose rows are next, and how many of
    that batch's rows have been used.
    """

    step: int
    position: Any
    used: int


class Stream(FromHost):
    """Batches that come one after the other, cut anew into batches of one size.

    What changes: it stands somewhere in its source. A source that can tell its position (see positions.py) is gone back
    with to the nearest place that is remembered. With another, a step that lies behind is reached by starting over, and
    a step ahead by passing over what lies between: it has to give the same batches each time it is iterated.
    """

    def __init__(self, source: Any, size: int | None, pad: bool):
        self._source, self._pad, self._began = source, pad, False
        self._start = Place(0, None, 0)
        self._places: dict[int, Place] = {}
        self._go(self._start)
        self._size = row_count(self._look()) if size is None else size

    @property
    def rows(self) -> None:
        return None

    @property
    def size(self) -> int:
        return self._size

    def __getitem__(self, t: int) -> Any:
        if t < self._next - (self._last is not None):
            self._go(max((place for step, place in self._places.items() if step <= t), default=self._start))
        while self._next <= t:
            self._remember()
            self._last = self._cut()
            self._next += 1
        return self._last

    def feed(self, t: int) -> tuple[Any, int]:
        fed = super().feed(t)
        if self._places:  # the next window begins here, and may be asked for before it is made
            with contextlib.suppress(Ended):
                self._remember()
        return fed

    def position(self, t: int) -> Any:
        place = self._places.get(t - t % self.width)
        try:
            return None if place is None else [place.step, written(place.position), place.used]
        except TypeError as error:
            warnings.warn(f"where the data stands cannot be saved: {error}", stacklevel=2)
            return None

    def seek(self, t: int, position: Any) -> None:
        first = t - t % self.width  # this looks at step 0, and so comes before all else
        if position is not None:
            step, place, used = position
            self._go(Place(step, read(place), used))
        elif first and first not in self._places:
            warnings.warn(
                "it is not known where the data stood (that takes a source with get_state or state_dict, and a run's "
                f"directory): its first {first} batches are read and passed over",
                stacklevel=2,
            )

    def _go(self, place: Place) -> None:
        self._epochs, self._held, self._used = self._endless(place.position), None, 0
        self._next, self._last = place.step, None
        if place.used:
            self._look()
            self._used = place.used

    def _remember(self) -> None:
        """Note where the stream stands, for as long as a few windows are long; the start for good."""
        self._look()
        if self._before is None:
            return
        place = Place(self._next, self._before, self._used)
        self._start = self._start if place.step else place
        self._places[place.step] = place
        if len(self._places) > 4 * WIDEST:
            del self._places[next(iter(self._places))]

    def _endless(self, position: Any) -> Iterator[tuple[Any, Any]]:
        """(position before it, batch) of the source's batches, epoch after epoch; twice None marks the end of one."""
        while True:
            empty = True
            for before, batch in told_batches(self._source, position):
                empty, self._began = False, True
                yield before, jax.tree.map(np.asarray, batch)
            if empty and position is None:  # with one, it may stand at the end of an epoch
                return
            position = None
            yield None, None

    def _follow(self) -> None:
        """Hold the next batch of the source; None at the end of an epoch."""
        try:
            self._before, self._held = next(self._epochs)
        except StopIteration:
            said = "the data ended: an iterator can be used once; give a function that makes a new one"
            raise Ended(said if self._began else "this data is empty: its iterator gave no batch") from None
        self._used = 0

    def _look(self) -> Any:
        """The batch whose rows come next."""
        while self._held is None:
            self._follow()
        return self._held

    def _cut(self) -> Any:
        """The next `size` rows."""
        parts, need = [], self.size
        while need:
            rows, start = self._look(), self._used
            count = row_count(rows)
            stop = self._used = min(start + need, count)
            parts.append(jax.tree.map(lambda array, of=slice(start, stop): array[of], rows))
            need -= stop - start
            if stop == count:
                self._follow()
            if self._pad and self._held is None:
                break
        batch = jax.tree.map(lambda *rows: np.concatenate(rows), *parts)
        if not self._pad:
            return batch
        filled = jax.tree.map(lambda array: np.resize(array, (self.size, *array.shape[1:])), batch)
        return filled, (np.arange(self.size) < self.size - need).astype(np.float32)

    def steps(self, epochs: float | int) -> int:
        raise ValueError("nobody knows how many rows this data has: count in steps, not in epochs")

    def epochs(self, t: int) -> float:
        return self.steps(t)

    def fingerprint(self) -> dict[str, Any]:
        return {**fingerprint_of(self.first), "size": self.size, "pad": self._pad}


def stacked(trees: list[Any]) -> Any:
    """Rows as one batch, or batches as one window. Raises ValueError when two differ in shape, with their names."""
    check_numbers(trees[0])
    try:
        return jax.tree.map(lambda *leaves: np.stack([np.asarray(leaf) for leaf in leaves]), *trees)
    except ValueError as error:
        shapes = [{name: described(np.asarray(leaf)) for name, leaf in named_leaves(tree).items()} for tree in trees]
        other = next((shape for shape in shapes if shape != shapes[0]), None)
        raise ValueError(
            f"rows and batches are alike; here are {shapes[0]} and {other}: pad or cut them to one shape"
        ) from error


def fingerprint_of(arrays: Any) -> dict[str, Any]:
    leaves = {name or "array": np.asarray(leaf) for name, leaf in named_leaves(arrays).items()}
    return {name: f"{described(leaf)} {crc32c(leaf):08x}" for name, leaf in leaves.items()}


def order_facts(order: Order) -> dict[str, Any]:
    seed = None if order.key is None else jax.random.key_data(order.key).tolist()
    return {"size": order.size, "pad": order.pad, "shuffle": seed}

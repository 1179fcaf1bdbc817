"""The loop over a program, as an iterator of events."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

from .ahead import Ahead
from .events import ENDS, Event, On, Stop
from .history import History
from .nonfinite import NonFinite
from .program import Program
from .progress import Progress
from .report import NO_STEPS, Timing
from .signals import Deferred
from .state import State

MOMENT = 0.2  # seconds of steps between two returns to Python, about


def steps(train: Program, state: State, until: int, events: Sequence[On], history: History) -> Iterator[Event]:
    """Run the program to step `until`; yield an event whenever a callback was due, and one at the end, which says why.

    One chunk of steps is on its way to the device while the one before it is read. Callbacks run in their order before
    the event is yielded, and each sees the state that the one before it left.
    Raises NonFinite, which holds the state before the step, when the program halts.
    """
    first = step = int(state.step)
    length, then = 1, time.monotonic()
    begun = then - history.clock.there.get("milliseconds", 0) / 1000
    told = [then] * len(events)
    if step >= until:
        yield Event(step, state, history, train.averaged(state), "steps")
    with Progress(step, until) as progress, Ahead(train.data) as ahead, Deferred() as signal:
        if step < until:
            train.compile(state)
        since, timing, taken = time.monotonic(), NO_STEPS, None
        before: Any = None  # the feed of the steps that are being read, while those of `feed` are on their way
        while step < until:
            dues = [event.when.after(step, train.data) for event in events]
            feed, end = ahead.feed(step, taken)
            start, step = step, min(until, end, step + length, *dues)
            state, metrics, taken = train.records(state, feed, step - start)
            history.training.add_later(start, step, metrics, taken)

            # Chunks grow until one takes a moment: few returns to Python, and still a line that moves.
            now = time.monotonic()
            length, then = (min(train.span, 2 * length) if now - then < MOMENT else length), now
            due = []
            for n, event in enumerate(events):
                late = event.when.minutes and now - told[n] >= 60 * event.when.minutes
                if late or dues[n] == step or (event.at_end and step == until):
                    due.append(event)
                    told[n] = now
            settled = due or step == until or signal.name
            history.training.read(leave=0 if settled else 1)
            stamp(history, begun)
            progress.tell(history.training)
            if history.training.short:
                t = int(state.step)
                raise NonFinite.at(state, train, (feed if t >= start else before)[t])
            before = feed
            if not settled:
                continue
            timing = Timing(step - first, timing.seconds + time.monotonic() - since, ahead.waited)
            ends = [event for event in events if event.at_end and not any(event is other for other in due)]
            event = answered(due, ends, Event(step, state, history, train.averaged(state), None, timing), train)
            state, why = event.state, event.why or signal.name or ("steps" if step == until else None)
            yield event._replace(why=why)
            if why:
                return
            since = time.monotonic()


def answered(due: Sequence[On], ends: Sequence[On], event: Event, train: Program) -> Event:
    """The event as the callbacks leave it: with the state of the last that gave one, and why the first stopped the run.

    After a Stop those are called as well that are there for the end.
    Raises TypeError for another answer, and ValueError for a State of another step or a Stop without words of its own.
    """
    waiting, why = [*due], None
    while waiting:
        callback = waiting.pop(0)
        answer = state = callback.do(event)
        if isinstance(answer, Stop):
            if not answer.why or answer.why in ENDS:
                raise ValueError(
                    f"a Stop says in words of its own why the run ends, and {answer.why!r} is none of these"
                )
            waiting, why = (waiting, why) if why else ([*waiting, *ends], answer.why)
            state = answer.state
        if not isinstance(state, State | None):
            raise TypeError(f"a callback gives nothing, a Stop or a State, and {callback.do} gave {answer!r}")
        if state is not None:
            check_step(state, event.state)
            event = event._replace(state=state, params=train.averaged(state))
    return event._replace(why=why)


def check_step(state: State, now: State) -> None:
    """Raises ValueError unless a callback's state is of the step where the run is, which its rows and data follow."""
    if int(state.step) != int(now.step):
        raise ValueError(
            f"a callback gave a State of step {int(state.step)} at step {int(now.step)}, and a run goes forward: to go "
            "back to earlier parameters, give event.state._replace(params=..., opt=...)"
        )


def stamp(history: History, begun: float) -> None:
    """Write down the time if rows have come since the last time."""
    came = int(history.training.there.get("step", 0))
    if came > history.clock.there.get("step", 0):
        history.clock.add(came, {"milliseconds": round(1000 * (time.monotonic() - begun))})

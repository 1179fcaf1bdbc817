"""Recurrent cells as one op each: LSTMBlockCell, BlockLSTM, GRUBlockCell. The formulas are kernels/recurrent.py's."""

import jax.numpy as jnp

from funcfit.kernels import recurrent
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import op


def _step_shapes(states, outputs):
    """A rule: `outputs` shapes [batch of x, units of the state], the input at `states`."""

    def rule(node):
        x, state = (node.inputs[i].get_shape().with_rank(2) for i in (0, states))
        return [TensorShape([x[0], state[1]])] * outputs

    return rule


def _peepholes(use_peephole, *weights):
    return weights if use_peephole else None


@op(
    "x: T, cs_prev: T, h_prev: T, w: T, wci: T, wcf: T, wco: T, b: T -> i: T, cs: T, f: T, o: T, ci: T, co: T, h: T",
    T="float32 float16",
    out=_step_shapes(1, 7),
)
def LSTMBlockCell(x, cs_prev, h_prev, w, wci, wcf, wco, b, *, forget_bias=1.0, cell_clip=3.0, use_peephole=False):
    """A step of an LSTM; cells are clipped when `cell_clip` is positive."""
    step = recurrent.lstm(
        x,
        cs_prev,
        h_prev,
        w,
        b,
        forget_bias=forget_bias,
        peepholes=_peepholes(use_peephole, wci, wcf, wco),
        cell_clip=cell_clip if cell_clip > 0 else None,
    )
    return step.i, step.c, step.f, step.o, step.j, step.co, step.h


def _sequence_shapes(node):
    x, b = node.inputs[1].get_shape().with_rank(3), node.inputs[8].get_shape().with_rank(1)
    units = None if b[0].value is None else b[0].value // 4
    return [TensorShape([x[0], x[1], units])] * 7


@op(
    "seq_len_max: int64, x: T, cs_prev: T, h_prev: T, w: T, wci: T, wcf: T, wco: T, b: T"
    " -> i: T, cs: T, f: T, o: T, ci: T, co: T, h: T",
    T="float32 float16",
    out=_sequence_shapes,
)
def BlockLSTM(
    seq_len_max, x, cs_prev, h_prev, w, wci, wcf, wco, b, *, forget_bias=1.0, cell_clip=3.0, use_peephole=False
):
    """`LSTMBlockCell` over x [time, batch, n]; what comes after `seq_len_max` steps is zero."""

    def step(state, x):
        results = LSTMBlockCell.lower(
            x, *state, w, wci, wcf, wco, b, forget_bias=forget_bias, cell_clip=cell_clip, use_peephole=use_peephole
        )
        return (results[1], results[6]), results

    lengths = jnp.broadcast_to(jnp.asarray(seq_len_max), x.shape[1:2])
    return recurrent.over_time(step, (jnp.asarray(cs_prev), jnp.asarray(h_prev)), jnp.asarray(x), lengths)[1]


@op(
    "x: T, h_prev: T, w_ru: T, w_c: T, b_ru: T, b_c: T -> r: T, u: T, c: T, h: T",
    T="float32",
    out=_step_shapes(1, 4),
)
def GRUBlockCell(x, h_prev, w_ru, w_c, b_ru, b_c):
    """A step of a GRU."""
    return tuple(recurrent.gru(x, h_prev, w_ru, b_ru, w_c, b_c))

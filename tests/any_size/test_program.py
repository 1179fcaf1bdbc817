"""Which axes follow which sizes, and how far a program reaches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcfit.any_size import Unfit, bound, long_enough, padded, sizes_of, varying


def seen(*lengths):
    """Shapes as a program of sequences is fed: inputs, their steps made rows, and what no size changes."""
    return [((4, n, 8), (4 * n,), (3,)) for n in lengths]


def test_axes_on_one_line_follow_one_size():
    axes = varying(seen(5, 9, 7))
    assert {place: tuple(follows) for place, follows in axes.items()} == {(0, 1): (0, 1, 0), (1, 0): (0, 4, 0)}
    assert sizes_of(seen(30)[0], axes) == (30,)
    assert padded(seen(30)[0], axes, (32,)) == ((4, 32, 8), (128,), (3,))


def test_axes_that_part_are_of_two_sizes():
    shapes = [((5, 2), (6,)), ((7, 2), (8,)), ((9, 2), (12,))]
    assert {follows.kind for follows in varying(shapes[:2]).values()} == {0}
    axes = varying(shapes)
    assert {follows.kind for follows in axes.values()} == {0, 1}
    assert sizes_of(shapes[2], axes) == (9, 12)


def test_another_rank_is_unfit():
    with pytest.raises(Unfit, match="rank"):
        varying([((3,),), ((3, 4),)])


def test_short_axes_are_left_alone():
    axes = varying([((5, 2), (6,)), ((7, 2), (8,)), ((9, 2), (12,))])
    assert not long_enough(((3, 2), (2,)), axes)
    (left,) = long_enough(((9, 2), (2,)), axes).values()
    assert left.kind == 0 and sizes_of(((9, 2), (2,)), long_enough(((9, 2), (2,)), axes)) == (9,)


@given(st.integers(1, 10**6))
def test_a_range_is_no_longer_than_twice_its_sizes(n):
    assert n <= bound(n) <= max(8, 2 * n) and bound(bound(n)) == bound(n)
    assert n <= 64 or bound(n) < 1.5 * n + 1

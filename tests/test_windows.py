"""Windows cover a text, and their scores merge into one sequence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.windows import Window, merge, split

SIZES = st.integers(2, 40).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1)))


@given(st.integers(0, 500), SIZES)
def test_windows_cover_every_token_and_share_enough(length, size_and_overlap):
    size, overlap = size_and_overlap
    windows = split(length, size, overlap)
    covered = {token for window in windows for token in range(*window)}
    assert covered == set(range(length))
    assert all(0 < window.stop - window.start <= size for window in windows)
    assert all(a.stop - b.start >= overlap for a, b in zip(windows, windows[1:]))
    assert all(a.start < b.start for a, b in zip(windows, windows[1:]))


def test_a_text_that_fits_is_one_window_and_an_empty_one_none():
    assert split(30, 30, 5) == [Window(0, 30)]
    assert split(0, 30, 5) == []


def test_a_text_barely_too_long_is_cut_in_even_parts():
    assert split(32, 30, 4) == [Window(0, 18), Window(14, 32)]


@pytest.mark.parametrize("overlap", [-1, 10, 11])
def test_an_overlap_as_wide_as_the_window_is_refused(overlap):
    with pytest.raises(ValueError, match="overlap"):
        split(100, 10, overlap)


@given(st.integers(1, 300), SIZES)
def test_windows_that_agree_merge_to_what_they_say(length, size_and_overlap):
    size, overlap = size_and_overlap
    truth = np.random.default_rng(length).normal(size=(length, 3)).astype(np.float32)
    windows = split(length, size, overlap)
    merged = merge(windows, [truth[start:stop] for start, stop in windows], overlap)
    np.testing.assert_allclose(merged, truth, rtol=1e-5, atol=1e-6)


def test_a_window_weighs_less_towards_its_edge():
    windows = [Window(0, 10), Window(6, 16)]
    merged = merge(windows, [np.zeros((10, 1)), np.ones((10, 1))], overlap=4)[:, 0]
    assert np.all(merged[:6] == 0) and np.all(merged[10:] == 1)
    assert np.all(np.diff(merged[5:11]) > 0)


def shares(windows, overlap):
    """What the second of two windows has to say at each token."""
    scores = [np.full((stop - start, 1), float(number)) for number, (start, stop) in enumerate(windows)]
    return merge(windows, scores, overlap)[:, 0].tolist()


def test_windows_weigh_as_the_ramp_says():
    # weights of the one: 1 1 2/3 1/3; of the other: 1/3 2/3 1 1
    assert shares([Window(0, 6), Window(4, 10)], 2) == pytest.approx([0, 0, 0, 0, 1 / 3, 2 / 3, 1, 1, 1, 1])
    # those that share more than the overlap count the same between the ramps
    assert shares([Window(0, 10), Window(4, 14)], 2)[4:10] == pytest.approx([1 / 4, 2 / 5, 1 / 2, 1 / 2, 3 / 5, 3 / 4])


def test_the_edges_of_the_text_are_no_edges():
    # one token away from them the other window has an edge, and they have none
    assert shares([Window(0, 6), Window(1, 7)], 2)[1:6] == pytest.approx([1 / 4, 2 / 5, 1 / 2, 3 / 5, 3 / 4])
    assert shares([Window(0, 3), Window(3, 6)], 0) == [0, 0, 0, 1, 1, 1]

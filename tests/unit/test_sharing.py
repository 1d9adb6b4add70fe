"""Clips in memory that another process can map."""

import gc
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from harness import children
from harness.audio import CLIP_SAMPLES, Clip
from harness.children import Child, ChildError
from harness.sharing import gather, received, reorder, shared


def clip(value: int) -> Clip:
    return np.full(CLIP_SAMPLES, value, np.int16)


def overwrite(child: Child) -> None:
    received(child.descriptors[0])[0] = 7


def first_samples(child: Child) -> list[list[int]]:
    return [received(number)[:, 0].tolist() for number in child.descriptors]


def opened() -> Sequence[Path]:
    gc.collect()
    return sorted(Path("/proc/self/fd").iterdir())


def test_clips_are_gathered_in_their_order() -> None:
    clips = gather(clip(value) for value in (3, -1, 2))

    assert (clips.dtype.name, clips.shape) == ("int16", (3, CLIP_SAMPLES))
    assert clips[:, 0].tolist() == clips[:, -1].tolist() == [3, -1, 2]


def test_no_clips_are_an_empty_array() -> None:
    assert gather([]).shape == (0, CLIP_SAMPLES)


def test_a_child_process_sees_the_clips_of_this_one() -> None:
    given = [shared(gather([clip(1), clip(2)])), shared(np.stack([clip(3)]))]

    assert children.run(first_samples, share=[number for _, number in given]) == [[1, 2], [3]]


def test_nobody_can_change_them() -> None:
    clips, descriptor = shared(gather([clip(1)]))

    with pytest.raises(ValueError, match="read-only"):
        clips[0] = 7
    with pytest.raises(ChildError, match="read-only"):
        children.run(overwrite, share=[descriptor])
    assert clips[0, 0] == 1


def test_gathered_clips_are_shared_as_they_are_and_others_as_a_copy() -> None:
    gathered, others = gather([clip(1), clip(2)]), np.stack([clip(1), clip(2)])

    assert shared(gathered)[0] is gathered
    assert shared(gathered[1:])[0].tolist() == gathered[1:].tolist()
    assert shared(others)[0].tolist() == others.tolist()


def test_the_memory_goes_with_the_clips() -> None:
    before = opened()
    clips = gather([clip(1)])
    row = clips[0]
    del clips

    assert row.tolist() == clip(1).tolist()
    del row
    assert opened() == before


def test_nothing_is_left_open_if_a_clip_cannot_be_read() -> None:
    def broken() -> Iterator[Clip]:
        yield clip(1)
        raise OSError

    before = opened()
    with pytest.raises(OSError, match=r"^$"):
        gather(broken())

    assert opened() == before


@drawn(order=st.integers(0, 12).flatmap(lambda size: st.permutations(range(size))))
def test_clips_are_put_in_another_order_in_place(order: list[int]) -> None:
    clips = gather(clip(value) for value in range(len(order)))

    reorder(clips, order)

    assert clips[:, 7].tolist() == order


def test_descriptors_are_those_of_this_process() -> None:
    clips, descriptor = shared(gather([clip(1)]))

    assert os.fstat(descriptor).st_size == clips.nbytes

"""
Clips in memory that a child process can share, so that no clip is held twice.

Nobody can write to them: a front-end that did would change them for every other candidate.
"""

import mmap
import os
import weakref
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from harness.audio import CLIP_SAMPLES, Clip

Clips = npt.NDArray[np.int16]
"""Clips, one row for each: ``(clips, CLIP_SAMPLES)``."""


class _Memory(mmap.mmap):
    """Memory with the file descriptor by which another process can map it."""

    descriptor: int


def gather(clips: Iterable[Clip]) -> Clips:
    """Return *clips* in memory that can be shared; each is copied as it comes."""
    with open(os.memfd_create("clips"), "wb") as file:  # noqa: PTH123  (it has no path)
        file.writelines(np.ascontiguousarray(clip, np.int16).data for clip in clips)
        file.flush()
        return _mapped(os.dup(file.fileno()), mmap.ACCESS_WRITE)


def received(descriptor: int) -> Clips:
    """Return the clips that another process shares by a file descriptor."""
    return _mapped(descriptor, mmap.ACCESS_READ)


def _mapped(descriptor: int, access: int) -> Clips:
    """Return the clips in the memory of a file descriptor, which is closed with them."""
    size = os.fstat(descriptor).st_size
    if not size:  # no memory can be mapped
        os.close(descriptor)
        return np.empty((0, CLIP_SAMPLES), np.int16)
    memory = _Memory(descriptor, size, access=access)
    memory.descriptor = descriptor
    weakref.finalize(memory, os.close, descriptor)
    clips = np.ndarray((size // (2 * CLIP_SAMPLES), CLIP_SAMPLES), np.int16, memory)
    clips.flags.writeable = False
    return clips


def shared(clips: Clips) -> tuple[Clips, int]:
    """Return *clips* and their file descriptor; clips that cannot be shared are copied first."""
    memory = clips.base
    if isinstance(memory, _Memory) and clips.nbytes == len(memory):
        return clips, memory.descriptor
    return shared(gather(clips))


def reorder(clips: Clips, order: Iterable[int]) -> None:
    """
    Put the clip that is at place ``order[i]`` to place *i*, for each *i*.

    One clip after another is moved, so they need no memory of their own.
    """
    clips.flags.writeable = True
    sources = list(order)
    for start in range(len(sources)):
        place, first = start, clips[start].copy()
        while (source := sources[place]) != start:
            clips[place] = clips[source]
            sources[place] = place
            place = source
        clips[place], sources[place] = first, place
    clips.flags.writeable = False

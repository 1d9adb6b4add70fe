"""
eSpeak NG in a process of its own, run by the path of this file: it imports nothing of ours.

Reads utterances as JSON from standard input, each a list of the fields of
``voices.Utterance``; writes the samples of each to standard output as they are
spoken: their size in bytes (uint32), then int16 at ``RATE_HZ``, both in the
machine's order. The same list always sounds the same: eSpeak NG seeds the breath of
some voices with the time of day, so it is seeded again for each utterance; and the
echo of one utterance reaches into the next, so their order matters.

Called with the word ``phonemes``, it reads a list of texts instead, and writes the
phonemes of each as JSON.
"""

import ctypes
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Final

RATE_HZ: Final = 22_050

_SEED: Final = 1
_VOICE: Final = "en-us"
"""Whose phonemes are told: most recordings of the data sets are by Americans."""

# From eSpeak NG's public interface, speak_lib.h.
_SYNCHRONOUS: Final = 2
_CHARACTERS: Final = 1
_UTF8: Final = 1
_RATE, _PITCH, _INTONATION = 1, 3, 4
_CALLBACK: Final = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class Speaker:
    """
    The library, ready to speak; raises RuntimeError where it refuses.

    The voices must be below the current folder: eSpeak NG has room for a path of 160 bytes.
    """

    def __init__(self, library: Path) -> None:
        self._library = ctypes.CDLL(str(library))
        self._heard: list[bytes] = []
        rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, b".", 0)
        if rate != RATE_HZ:
            msg = f"eSpeak NG speaks at {rate} Hz, not {RATE_HZ}"
            raise RuntimeError(msg)
        self._callback = _CALLBACK(self._hear)  # kept: the library does not
        self._library.espeak_SetSynthCallback(self._callback)
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p

    def say(self, text: str, voice: str, pitch: int, intonation: int, words_a_minute: int) -> bytes:
        """Return the samples of *text*, int16."""
        self._heard.clear()
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(_SEED))
        self.choose(voice)
        for setting, value in (
            (_PITCH, pitch),
            (_INTONATION, intonation),
            (_RATE, words_a_minute),
        ):
            self._check(self._library.espeak_SetParameter, setting, value, 0)
        data = text.encode() + b"\0"
        where = (0, _CHARACTERS, 0)
        self._check(self._library.espeak_Synth, data, len(data), *where, _UTF8, None, None)
        return b"".join(self._heard)

    def phonemes(self, text: str) -> str:
        """Return eSpeak NG's names of the phonemes of *text*, joined by ``_``; words by a space."""
        rest = ctypes.c_char_p(text.encode())
        said = self._library.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, ord("_") << 8)
        return str(said.decode()).strip()

    def choose(self, voice: str) -> None:
        """Take *voice* for what follows."""
        self._check(self._library.espeak_SetVoiceByName, voice.encode())

    def _hear(self, wave: Any, samples: int, _events: Any) -> int:
        if wave:
            self._heard.append(ctypes.string_at(wave, 2 * samples))
        return 0

    @staticmethod
    def _check(function: Callable[..., int], *arguments: Any) -> None:
        if function(*arguments) != 0:
            msg = f"eSpeak NG refused {function.__name__}{arguments}"
            raise RuntimeError(msg)


def main(source: BinaryIO, sink: BinaryIO, *wanted: str) -> None:
    """Speak every utterance of *source* to *sink*, or write the phonemes of every text."""
    import espeakng_loader  # noqa: PLC0415  (an optional part, and only this process needs it)

    library = Path(espeakng_loader.get_library_path()).absolute()
    os.chdir(Path(espeakng_loader.get_data_path()).parent)
    speaker = Speaker(library)
    if wanted == ("phonemes",):
        speaker.choose(_VOICE)
        sink.write(json.dumps([speaker.phonemes(text) for text in json.load(source)]).encode())
        return
    for values in json.load(source):
        samples = speaker.say(*values)
        sink.write(len(samples).to_bytes(4, sys.byteorder) + samples)


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer, *sys.argv[1:])

"""The listener: audio in, detections out, until the audio ends."""

import time

from harness.stream.commands import Commands
from harness.stream.console import Console
from harness.stream.detector import Detector
from harness.stream.pcm import Samples
from harness.stream.silence import SILENT_S, Silence
from harness.stream.sources import Source


class Listener:
    """
    Feeds a source to a detector, and tells what it detects.

    Args:
        detector: Detects words.
        console: Told about detections and faults.
        commands: Started on words.

    """

    def __init__(self, detector: Detector, console: Console, commands: Commands) -> None:
        self._detector = detector
        self._console = console
        self._commands = commands
        self._detections = 0
        self._overruns = 0
        self._silence = Silence()
        self._cpu_s = 0.0

    def listen(self, source: Source) -> None:
        """
        Listen until *source* ends or raises; in any case say at the end what was heard.

        Programs that still run at the end of the source are waited for.

        Raises:
            SourceError: If the source fails.

        """
        if source.live:
            words = ", ".join(self._detector.spotter.task)
            self._console.note(f"listening to {source.name} for {words}; Ctrl-C ends it")
        self._cpu_s = time.process_time()
        try:
            for block in source:
                self._hear(block, source)
                self._commands.check()
            self._commands.wait()
        finally:
            self._console.clear()
            self._overruns = source.overruns
            if self._detector.seconds:
                self._console.note(self._summary())

    def _hear(self, block: Samples, source: Source) -> None:
        if not block.size:
            return
        for detection in self._detector.feed(block):
            self._detections += 1
            self._console.detection(detection)
            self._commands.start(detection.word)
        if source.live:
            self._look_after(block, source)
        # The negative of the lowest sample is no int16.
        peak = max(int(block.max()), -int(block.min()))
        self._console.meter(peak, self._status)

    def _look_after(self, block: Samples, source: Source) -> None:
        """Say so if the microphone lost audio or hears nothing."""
        if source.overruns and not self._overruns:
            self._console.note(
                f"{source.name} lost audio (overrun), as others keep this machine busy; "
                f"times from here on are too early, and the count is told at the end"
            )
        self._overruns = source.overruns
        if self._silence.feed(block):
            self._console.note(
                f"{source.name} has been silent for {SILENT_S} s; unmute it and raise its gain "
                f"with alsamixer (F4), or choose another --device (see: arecord -l)"
            )

    def _status(self) -> str:
        """Return what stands beside the meter."""
        lost = f", {self._overruns:,} overruns" if self._overruns else ""
        return f"{self._detector.seconds:.0f} s, {self._share():.2f} % of one core{lost}"

    def _share(self) -> float:
        """Return the processor time that a second of audio takes, in percent of one core."""
        return 100 * (time.process_time() - self._cpu_s) / self._detector.seconds

    def _summary(self) -> str:
        return (
            f"{self._detector.seconds:.2f} s of audio, {self._detections:,} detections, "
            f"{self._overruns:,} overruns, {self._share():.2f} % of one core"
        )

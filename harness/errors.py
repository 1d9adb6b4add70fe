"""The errors a user can cause and fix; each text names the fault, the value and the cure."""


class SpotbenchError(Exception):
    """A fault of the input, not of the code."""


class AudioError(SpotbenchError):
    """A recording that is not one second or less of 16 kHz mono 16-bit speech."""


class SourceError(SpotbenchError):
    """A microphone, stream or file of audio that cannot be listened to."""


class CommandError(SpotbenchError):
    """A program to be started on a word that is named in a way nobody can follow."""


class DatasetError(SpotbenchError):
    """A data set that is missing, damaged or unknown."""


class NoRecordingsError(DatasetError):
    """A data set without any recording of the words asked for."""


class UnreachableError(DatasetError):
    """A data set that is not on this machine and cannot be fetched."""


class CandidateError(SpotbenchError):
    """A candidate that is unknown or broken, or declares something impossible."""


class ModelError(SpotbenchError):
    """A ``.tflite`` file that is missing, stale, damaged or does not fit its candidate."""


class ResultsError(SpotbenchError):
    """Results that cannot be read or written."""


class SearchError(SpotbenchError):
    """A search that cannot be run: its space, its study or its cluster is at fault."""

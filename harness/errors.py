"""The errors a user can cause and mend: each text says fault, value and cure."""


class SpotbenchError(Exception):
    """Anything wrong that is the input's fault, not the code's."""


class AudioError(SpotbenchError):
    """A recording that is not one second or less of 16 kHz mono 16-bit speech."""


class DatasetError(SpotbenchError):
    """A data set that is missing, damaged or unknown."""


class NoRecordingsError(DatasetError):
    """A data set without any recording of the words asked for."""


class UnreachableError(DatasetError):
    """A data set that is neither at hand nor can be fetched."""


class CandidateError(SpotbenchError):
    """A candidate module that declares something impossible, or nothing."""


class ModelError(SpotbenchError):
    """A ``.tflite`` file that is missing, stale, damaged or does not fit."""


class ResultsError(SpotbenchError):
    """Results that cannot be read or written."""

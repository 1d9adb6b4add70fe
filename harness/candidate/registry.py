"""Finding candidates: every module of the folder whose name does not begin with an underscore."""

import importlib
import pkgutil
from pathlib import Path

from harness.candidate.candidate import Candidate, model_path
from harness.errors import CandidateError
from harness.files import sha256
from harness.text import name_fault


class Registry:
    """The candidates of one package; a broken one raises its error when it is loaded."""

    def __init__(self, package: str = "candidates") -> None:
        self._package = package
        self.folder = Path(next(iter(importlib.import_module(package).__path__)))

    def names(self) -> tuple[str, ...]:
        """Return the names of all candidates, sorted, without importing any."""
        modules = pkgutil.iter_modules([str(self.folder)])
        return tuple(sorted(m.name for m in modules if not m.ispkg and not m.name.startswith("_")))

    def require(self, *names: str) -> None:
        """Raise CandidateError for the first unknown name; the text lists the known ones."""
        for name in names:
            if name not in self.names():
                msg = f"unknown candidate {name!r}; known candidates: {', '.join(self.names())}"
                raise CandidateError(msg)

    def load(self, name: str) -> Candidate:
        """Import candidate *name*; every fault of its module raises CandidateError."""
        self.require(name)
        place = f"{self._package}/{name}.py"
        if fault := name_fault(name):
            msg = f"{place}: the name {fault}; rename the file"
            raise CandidateError(msg)
        try:
            module = importlib.import_module(f"{self._package}.{name}")
        except CandidateError as error:
            msg = f"{place}: {error}"
            raise CandidateError(msg) from error
        except (Exception, SystemExit) as error:
            msg = f"{place} cannot be imported: {type(error).__name__}: {error}; fix the module"
            raise CandidateError(msg) from error
        candidate = getattr(module, "CANDIDATE", None)
        if not isinstance(candidate, Candidate):
            msg = (
                f"{place} must define CANDIDATE = Candidate(...), found "
                f"{type(candidate).__name__}; rename it to _{name}.py if it is not a candidate"
            )
            raise CandidateError(msg)
        return candidate

    def models(self) -> dict[str, str]:
        """Return the SHA-256 of each candidate's current model, empty if it has none."""
        return {name: self._model_sha256(name) for name in self.names()}

    def _model_sha256(self, name: str) -> str:
        try:
            return sha256(model_path(self.load(name), name, self.folder).read_bytes())
        except (CandidateError, OSError):
            return ""

"""Finding candidates: every module of the folder whose name does not begin with an underscore."""

import importlib
import pkgutil
from pathlib import Path

from harness import children
from harness.candidate.candidate import Candidate, ReadyModel, model_path, trained_path
from harness.candidate.card import read_limited
from harness.errors import CandidateError, ModelError
from harness.files import sha256
from harness.text import name_fault


class Registry:
    """
    The candidates of one package; a broken one raises its error when it is loaded.

    Attributes:
        package: Name of the package.
        folder: Its folder.

    """

    def __init__(self, package: str = "candidates") -> None:
        self.package = package
        self._tried: dict[str, Path | CandidateError] = {}
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
        place = f"{self.package}/{name}.py"
        if fault := name_fault(name):
            msg = f"{place}: the name {fault}; rename the file"
            raise CandidateError(msg)
        try:
            module = importlib.import_module(f"{self.package}.{name}")
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

    def try_import(self, name: str) -> Path:
        """
        Import candidate *name* in a child process, and return the path of its model.

        Each is tried once. A module that ends its process, crashes it or never returns raises
        CandidateError, as does every other fault of it.
        """
        if name not in self._tried:
            self._tried[name] = self._try_import(name)
        found = self._tried[name]
        if isinstance(found, CandidateError):
            raise found
        return found

    def _try_import(self, name: str) -> Path | CandidateError:
        try:
            return children.run(_imported, self.package, name)
        except CandidateError as error:
            return error
        except children.ChildError as error:
            place = f"{self.package}/{name}.py"
            return CandidateError(f"{place} {error}; {error.cure or 'fix the module'}")

    def models(self) -> dict[str, str]:
        """
        Return the SHA-256 of each candidate's current model, empty if it has none.

        No candidate is imported here, and in a child process only one that may be a model made
        elsewhere.
        """
        return {name: self._model_sha256(name) for name in self.names()}

    def _model_sha256(self, name: str) -> str:
        try:
            return sha256(read_limited(self._model_path(name)))
        except (CandidateError, ModelError, OSError):
            return ""

    def _model_path(self, name: str) -> Path:
        trained = trained_path(name, self.folder)
        source = (self.folder / f"{name}.py").read_text(errors="replace")
        if trained.with_suffix(".json").exists() and ReadyModel.__name__ not in source:
            return trained
        return self.try_import(name)


def _imported(child: children.Child, package: str, name: str) -> Path:
    """Import a candidate, and return the path of its model."""
    child.begin("when imported")
    registry = Registry(package)
    return model_path(registry.load(name), name, registry.folder)

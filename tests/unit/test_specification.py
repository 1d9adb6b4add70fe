import contextlib
import dataclasses
import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import Augmentation, Candidate, LogMel, Mfcc, ReadyModel, Training, Waveform
from harness.candidate.budget import GO_STOP_BUDGET
from harness.candidate.specification import _network, specification_hash
from harness.errors import CandidateError
from harness.files import sha256
from tests.unit.models import build, make_package

BUILDER = '''\
"""A builder, as candidates write them."""

from harness import Candidate

WIDTH = 48
KERNEL = (10, 4)
UNUSED = 1


def block(keras, x):
    """Return one block."""
    return keras.layers.Conv2D(WIDTH, 3, padding="same", name=f"block_{WIDTH}")(x)


def network(keras, input_shape, labels):
    """Return the network."""
    inputs = keras.Input(shape=(*input_shape, 1))
    x = keras.layers.Conv2D(WIDTH, KERNEL)(inputs)
    for _ in range(4):
        x = block(keras, x)  # one after another
    return keras.Model(inputs, keras.layers.Dense(len(labels), activation="softmax")(x))


CANDIDATE = Candidate(network=network)
'''

FROZEN = """\
from dataclasses import dataclass

from harness import Candidate


@dataclass(frozen=True)
class Net:
    width: int = 32
    kernel: tuple[int, int] = (3, 3)

    def __call__(self, keras, input_shape, labels):
        return keras.Sequential([keras.layers.Conv2D(self.width, self.kernel)])


CANDIDATE = Candidate(network=Net())
"""

SHARED = "def tail(keras, x):\n    return keras.layers.ReLU()(x)\n"
SHARING = """\
from ._networks import tail

from harness import Candidate


def network(keras, input_shape, labels):
    return tail(keras, keras.Input(shape=input_shape))


CANDIDATE = Candidate(network=network)
"""

GOLDEN = "38a43d6dfd7455e7c9a4a5635d52b3e8f93c489cfe957998be223201b140a083"
"""
Of the network in BUILDER, the part of a specification that goes through Python's parser.

Where it changes, every model trained so far is stale.
"""

NAME = "some_candidates"
"""The package of all candidates here: the names of modules are part of the hash."""

Load = Callable[..., Candidate]
Hash = Callable[..., str]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Return the candidate that a module declares, in a package with other modules."""
    folders = itertools.count()

    def load(source: str, **others: str) -> Candidate:
        folder, modules = tmp_path / str(next(folders)), {"candidate": source, **others}
        return make_package(folder, monkeypatch, modules, name=NAME).load("candidate")

    return load


@pytest.fixture
def hash_of(load: Load) -> Hash:
    """Return the specification hash of the candidate that a module declares."""
    return lambda source, **others: specification_hash(load(source, **others))


def edited(source: str, old: str, new: str) -> str:
    """Replace *old* by *new*, which must make a difference."""
    assert source.count(old) == 1
    return source.replace(old, new)


PLAIN = Candidate(network=build)


def test_a_network_is_the_same_on_every_version_of_python(load: Load) -> None:
    network = _network(load(BUILDER).network)

    assert sha256(json.dumps(network, sort_keys=True).encode()) == GOLDEN


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(
            '"""A builder, as candidates write them."""', '"""A."""', id="module docstring"
        ),
        pytest.param('    """Return the network."""\n', "", id="docstring"),
        pytest.param('"""Return one block."""', '"""Return a block."""', id="helper's docstring"),
        pytest.param("  # one after another", "", id="comment"),
        pytest.param("UNUSED = 1", "UNUSED = 2", id="constant that is not used"),
        pytest.param('padding="same"', "padding='same'", id="layout"),
        pytest.param(
            "network=network)",
            "network=network, misses={'mini_speech_commands': ('size',)})",
            id="misses",
        ),
    ],
)
def test_what_changes_nothing_in_the_model_changes_no_hash(
    hash_of: Hash, old: str, new: str
) -> None:
    assert hash_of(edited(BUILDER, old, new)) == hash_of(BUILDER)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("WIDTH = 48", "WIDTH = 64", id="constant"),
        pytest.param("KERNEL = (10, 4)", "KERNEL = (10, 3)", id="tuple"),
        pytest.param("KERNEL = (10, 4)", "KERNEL = [10, 4]", id="list"),
        pytest.param('padding="same"', 'padding="valid"', id="helper"),
        pytest.param("range(4)", "range(3)", id="body"),
    ],
)
def test_an_edited_builder_is_another_specification(hash_of: Hash, old: str, new: str) -> None:
    assert hash_of(edited(BUILDER, old, new)) != hash_of(BUILDER)


def test_the_elements_of_a_list_count(hash_of: Hash) -> None:
    listed = edited(BUILDER, "KERNEL = (10, 4)", "KERNEL = [10, 4]")

    assert hash_of(listed) != hash_of(edited(listed, "[10, 4]", "[10, 3]"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("Net()", "Net(width=48)", id="value"),
        pytest.param("width: int = 32", "width: int = 48", id="default"),
        pytest.param("keras.layers.Conv2D", "keras.layers.DepthwiseConv2D", id="body"),
    ],
)
def test_an_edited_network_of_frozen_values_is_another_specification(
    hash_of: Hash, old: str, new: str
) -> None:
    assert hash_of(edited(FROZEN, old, new)) != hash_of(FROZEN)


@pytest.mark.parametrize(
    "source",
    [
        SHARING,
        edited(SHARING, "._networks", f"{NAME}._networks"),
        edited(edited(SHARING, "import tail", "import tail as end"), "return tail", "return end"),
    ],
    ids=["relative", "absolute", "renamed"],
)
def test_a_helper_shared_between_candidates_counts(hash_of: Hash, source: str) -> None:
    other = edited(SHARED, "ReLU", "ELU")

    assert hash_of(source, _networks=SHARED) == hash_of(source, _networks=SHARED)
    assert hash_of(source, _networks=SHARED) != hash_of(source, _networks=other)


USING = """\
from harness import Candidate, LogMel

from . import _networks

FRONTEND = LogMel(mel_bins=20)
NARROW = lambda width: width // 2
WIDE = lambda width: width * 2


def network(keras, input_shape, labels):
    return {used}


CANDIDATE = Candidate(network=network)
"""


@pytest.mark.parametrize(
    ("used", "old", "new"),
    [
        pytest.param("_networks.tail(keras, 1)", "ReLU", "ELU", id="code in a module"),
        pytest.param("NARROW(WIDE(20))", "width * 2", "width * 4", id="second of two lambdas"),
        pytest.param("FRONTEND.mel_bins", "=20", "=24", id="object of another package"),
    ],
)
def test_everything_a_network_uses_counts_or_is_refused(
    hash_of: Hash, used: str, old: str, new: str
) -> None:
    def attempt(source: str, shared: str) -> str:
        with contextlib.suppress(CandidateError):
            return hash_of(source, _networks=shared)
        return f"refused: {source} {shared}"

    source = USING.format(used=used)
    changed = attempt(source.replace(old, new), SHARED.replace(old, new))
    assert attempt(source, SHARED) != changed


def test_a_constant_and_a_class_of_a_shared_module_count(hash_of: Hash) -> None:
    source = (
        "from ._networks import Net, WIDTH\n"
        "from harness import Candidate\n\n\n"
        "def network(keras, input_shape, labels):\n"
        "    return Net()(keras, WIDTH)\n\n\n"
        "CANDIDATE = Candidate(network=network)\n"
    )
    shared = "WIDTH = 48\n\n\nclass Net:\n    def __call__(self, keras, width):\n        return 1\n"

    hashes = {
        hash_of(source, _networks=shared),
        hash_of(source, _networks=edited(shared, "48", "64")),
        hash_of(source, _networks=edited(shared, "return 1", "return 2")),
    }

    assert len(hashes) == 3


def test_functions_that_call_each_other_are_hashed_once(hash_of: Hash) -> None:
    source = edited(
        BUILDER, "    return keras.layers.Conv2D", "    network\n    return keras.layers.Conv2D"
    )

    assert hash_of(source) != hash_of(BUILDER)


@pytest.mark.parametrize(
    "constant",
    ["[10, 4]", "{'rows': 10}", "{10: [4, {'a': 1}]}", "(10, (4, None))", "b'10'", "1e-3", "True"],
)
def test_constants_of_every_plain_kind_count(hash_of: Hash, constant: str) -> None:
    source = edited(BUILDER, "KERNEL = (10, 4)", f"KERNEL = {constant}")

    assert hash_of(source) == hash_of(source)
    assert hash_of(source) != hash_of(BUILDER)


FUNCTION = "a plain function of a module, or a frozen dataclass with __call__"


@pytest.mark.parametrize(
    ("network", "fault", "cure"),
    [
        pytest.param("lambda keras, shape, labels: 0", "<lambda> at", FUNCTION, id="lambda"),
        pytest.param("made(48)", r"made\.<locals>\.inner at", FUNCTION, id="closure"),
        pytest.param("partial(builder, 48)", r"functools\.partial\(", FUNCTION, id="partial"),
        pytest.param("Plain()", r"candidate\.Plain object at", FUNCTION, id="object"),
        pytest.param("Plain().build", "bound method Plain.build", FUNCTION, id="method"),
        pytest.param("Plain", "<class '.*Plain'>", FUNCTION, id="class"),
        pytest.param("print", "<built-in function print>", FUNCTION, id="built-in"),
    ],
)
def test_a_network_whose_source_cannot_be_read_is_refused(
    load: Load, network: str, fault: str, cure: str
) -> None:
    source = (
        "from functools import partial\n"
        "from harness import Candidate\n\n\n"
        "def made(width):\n"
        "    def inner(keras, input_shape, labels):\n"
        "        return width\n"
        "    return inner\n\n\n"
        "def builder(width, keras, input_shape, labels):\n"
        "    return width\n\n\n"
        "class Plain:\n"
        "    def __call__(self, keras, input_shape, labels):\n"
        "        return 0\n\n"
        "    def build(self, keras, input_shape, labels):\n"
        "        return 0\n\n\n"
        f"CANDIDATE = Candidate(network={network})\n"
    )
    message = rf"^impossible network: it is .*{fault}.*, whose source cannot be read in full; "

    with pytest.raises(CandidateError, match=f"{message}use {re.escape(cure)}$"):
        specification_hash(load(source))


def test_an_object_that_a_network_uses_is_refused_by_its_name(load: Load) -> None:
    source = edited(BUILDER, "KERNEL = (10, 4)", "class Kernel: ...\n\n\nKERNEL = Kernel()")

    message = (
        "^impossible network: network uses KERNEL, an object; "
        "use a constant, a function or a class$"
    )
    with pytest.raises(CandidateError, match=message):
        specification_hash(load(source))


@pytest.mark.parametrize(
    "value", ["{1, 2}", "b'1'", "object()", "print"], ids=["set", "bytes", "object", "function"]
)
def test_a_value_that_is_not_plain_is_refused(load: Load, value: str) -> None:
    source = edited(
        edited(FROZEN, "width: int = 32", "width: object = 32"), "Net()", f"Net({value})"
    )

    message = (
        r"^impossible network: a value of it is not plain \(.+\); use numbers, words and tuples$"
    )
    with pytest.raises(CandidateError, match=message):
        specification_hash(load(source))


CONSTANTS = {
    "a_set": "{'same', 'valid', 'causal'}",
    "a_frozen_set": "frozenset({'same', 'valid', 'causal'})",
    "a_list_of_functions": "[print, block]",
}

TELL = f"""\
from harness.errors import CandidateError
from harness.candidate.specification import specification_hash
from {NAME} import {", ".join(CONSTANTS)}

for module in ({", ".join(CONSTANTS)}):
    try:
        print(module.__name__, specification_hash(module.CANDIDATE))
    except CandidateError:
        print(module.__name__, "is refused")
"""


def test_a_constant_is_the_same_in_every_process_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = edited(BUILDER, "KERNEL = (10, 4)\n", "")
    modules = {
        name: edited(plain, "\n\nCANDIDATE", f"\n\nKERNEL = {constant}\nCANDIDATE")
        for name, constant in CONSTANTS.items()
    }
    make_package(tmp_path, monkeypatch, modules, name=NAME)

    def hashes(seed: int) -> list[str]:
        paths = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])
        environ = {**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": paths}
        done = subprocess.run(
            [sys.executable, "-c", TELL], env=environ, capture_output=True, text=True, check=True
        )
        return done.stdout.splitlines()

    assert hashes(1) == hashes(2)


def test_the_modules_of_the_harness_do_not_count(load: Load) -> None:
    source = edited(BUILDER, "import Candidate", "import Candidate, LogMel, Training")
    source = edited(source, "KERNEL)(inputs)", "KERNEL)(inputs) or (LogMel, Training)")

    sources = _network(load(source).network)["source"]

    assert {name.partition(".")[0] for name in sources} == {NAME}
    assert sources[f"{NAME}.candidate.LogMel"] == "version 1"


UNREADABLE = """\
from dataclasses import dataclass

from harness import Candidate

exec('''
def typed(keras, input_shape, labels):
    return 0


@dataclass(frozen=True)
class Typed:
    def __call__(self, keras, input_shape, labels):
        return 0
''')


def made(width=3):
    @dataclass(frozen=True)
    class Inner:
        def __call__(self, keras, input_shape, labels):
            return width

    return Inner()


CANDIDATE = Candidate(network={network})
"""
"""What exec() defines has no source, like what is typed into an interactive session."""


@pytest.mark.parametrize(
    ("network", "fault"),
    [
        pytest.param("typed", r"the source of typed cannot be read \(.+\)", id="function"),
        pytest.param("Typed()", r"the source of Typed cannot be read \(.+\)", id="class"),
        pytest.param("made()", r"made\.<locals>\.Inner is defined inside a function", id="local"),
    ],
)
def test_a_network_without_a_source_is_refused(load: Load, network: str, fault: str) -> None:
    cure = "code at the top of a module of the candidates"

    with pytest.raises(CandidateError, match=f"^impossible network: {fault}; use {cure}$"):
        specification_hash(load(UNREADABLE.format(network=network)))


@pytest.mark.parametrize(
    "change",
    [
        {"frontend": LogMel(mel_bins=20)},
        {"frontend": LogMel(resize=(32, 32))},
        {"frontend": LogMel(fft_length=1_024)},
        {"frontend": LogMel(spectrum="power")},
        {"frontend": LogMel(log_floor=1e-3)},
        {"frontend": Mfcc()},
        {"frontend": Waveform()},
        {"training": Training(epochs=7)},
        {"training": Training(augmentation=Augmentation(gain_db=(-3, 3)))},
        {"training": Training(augmentation=None)},
        {"training": Training(seed=1)},
        {"sparsity": 0.5},
        {"quantization": "int8"},
        {"labels": ("stop", "go")},
        {"network": ReadyModel(path="elsewhere.tflite")},
        {"network": ReadyModel(path="models/x.tflite", sha256="0" * 64)},
    ],
    ids=str,
)
def test_everything_a_model_is_made_from_changes_the_hash(change: dict[str, Any]) -> None:
    changed = dataclasses.replace(PLAIN, **{"task": None, **change})

    assert specification_hash(changed) != specification_hash(PLAIN)


@pytest.mark.parametrize(
    "change",
    [
        {"budget": GO_STOP_BUDGET.tighten(max_zipped_bytes=9_000)},
        {"misses": {"espeak": ("accuracy",)}},
        {"task": ("stop", "go")},
    ],
    ids=str,
)
def test_budget_and_misses_do_not_change_the_hash(change: dict[str, Any]) -> None:
    changed = dataclasses.replace(PLAIN, **change)

    assert specification_hash(changed) == specification_hash(PLAIN)

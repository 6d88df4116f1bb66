import os
import stat
import subprocess
import sys

import pytest

from hedgerow.data_directory import locked, with_secrets
from hedgerow.failures import CannotDo


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_second_platform_on_the_same_data_is_refused_with_the_firsts_process_id(tmp_path):
    with locked(tmp_path), pytest.raises(CannotDo) as refusal, locked(tmp_path):
        pass
    assert f"process {os.getpid()}" in refusal.value.message
    assert str(tmp_path) in refusal.value.message
    assert refusal.value.exit_code == 1


def test_the_refused_one_does_not_take_the_lock_from_the_first(tmp_path):
    with locked(tmp_path):
        for _ in range(2):
            with pytest.raises(CannotDo, match=f"process {os.getpid()}"), locked(tmp_path):
                pass


def test_the_lock_is_free_again_when_its_holder_was_killed(tmp_path):
    code = (
        "import pathlib, signal, sys; from hedgerow.data_directory import locked\n"
        "with locked(pathlib.Path(sys.argv[1])): print('held', flush=True); signal.pause()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(CannotDo, match=f"process {holder.pid}"), locked(tmp_path):
        pass
    holder.kill()
    holder.communicate()
    with locked(tmp_path):
        assert (tmp_path / "hedgerow.lock").read_text() == f"{os.getpid()}\n"


def test_a_missing_data_directory_is_made_for_its_owner_alone(tmp_path):
    with locked(tmp_path / "far" / "var"):
        assert mode(tmp_path / "far" / "var") == 0o700


def test_a_data_directory_that_cannot_be_made_is_said_plainly(tmp_path):
    (tmp_path / "var").write_text("a file in the way")
    with pytest.raises(CannotDo, match="HEDGEROW_DATA_DIR"), locked(tmp_path / "var"):
        pass


def test_missing_secrets_are_made_for_the_owner_alone_and_kept(tmp_path):
    first = with_secrets(tmp_path, {})
    kept = {name: (tmp_path / name).read_text().strip() for name in os.listdir(tmp_path)}
    assert sorted(kept) == ["operator_token", "secret", "service_token"]
    assert len(set(kept.values())) == 3
    assert all(len(value) >= 32 for value in kept.values())
    assert {mode(tmp_path / name) for name in kept} == {0o600}
    assert with_secrets(tmp_path, {}) == first
    assert {name: (tmp_path / name).read_text().strip() for name in kept} == kept


def test_a_secret_that_others_could_read_is_closed_to_them(tmp_path):
    (tmp_path / "secret").write_text("long-enough-to-be-one\n")
    (tmp_path / "secret").chmod(0o644)
    with_secrets(tmp_path, {})
    assert mode(tmp_path / "secret") == 0o600


def test_the_children_are_told_the_files_names(tmp_path):
    assert with_secrets(tmp_path, {"OTHER": "1"}) == {
        "OTHER": "1",
        "HEDGEROW_OPERATOR_TOKEN_FILE": str(tmp_path / "operator_token"),
        "HEDGEROW_SERVICE_TOKEN_FILE": str(tmp_path / "service_token"),
        "HEDGEROW_SECRET_FILE": str(tmp_path / "secret"),
    }


def test_secrets_that_are_given_are_left_alone(tmp_path):
    given = {
        "HEDGEROW_OPERATOR_TOKEN": "given",
        "HEDGEROW_SERVICE_TOKEN_FILE": "/run/service_token",
        "HEDGEROW_SECRET": "given too",
    }
    assert with_secrets(tmp_path, given) == given
    assert list(tmp_path.iterdir()) == []

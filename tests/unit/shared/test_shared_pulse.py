"""The file that says that a worker is well."""

from pathlib import Path

from shared.worker.pulse import Pulse


class Hours:
    """A clock that is set by hand, in seconds."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_there_is_no_sign_until_every_loop_has_been_round(tmp_path: Path):
    file = tmp_path / "pulse"
    pulse = Pulse(file, 2)
    pulse.round(0)
    pulse.beat()
    assert not file.exists()
    pulse.round(1)
    assert file.exists()


def test_a_loop_that_no_longer_goes_round_lets_the_sign_grow_old(tmp_path: Path):
    file, clock = tmp_path / "pulse", Hours()
    pulse = Pulse(file, 2, patience=100, clock=clock)
    pulse.round(0)
    pulse.round(1)
    file.unlink()
    clock.now = 99.0
    pulse.beat()
    assert file.exists()
    file.unlink()
    pulse.round(0)
    clock.now = 101.0
    pulse.beat()
    assert not file.exists()
    pulse.round(1)
    pulse.beat()
    assert file.exists()


def test_the_sign_of_an_earlier_life_is_taken_away(tmp_path: Path):
    file = tmp_path / "pulse"
    file.touch()
    Pulse(file, 1)
    assert not file.exists()


def test_without_a_file_nothing_is_written(tmp_path: Path):
    Pulse(None, 0).beat()
    assert list(tmp_path.iterdir()) == []

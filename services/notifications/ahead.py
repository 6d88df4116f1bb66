"""Making the next thing while the present one is awaited."""

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """Iterates over what it is given; `prepare` makes the next item before it is asked for."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items = iter(items)
        self._made: deque[T] = deque(maxlen=1)

    def prepare(self) -> None:
        if not self._made:
            with suppress(StopIteration):
                self._made.append(next(self._items))

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        return self._made.popleft() if self._made else next(self._items)

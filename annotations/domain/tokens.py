"""The tokens of an article, kept small and made into pairs only where somebody looks."""

from collections.abc import Iterator, Sequence
from typing import overload


class Tokens(Sequence[tuple[int, int]]):
    """Sorted, disjoint ``(start, end)`` pairs in code points, ends exclusive.

    ``flat`` holds the offsets one after the other: start, end, start, end. A long article has
    tens of thousands; a tuple for each took a third of an export.
    """

    __slots__ = ("flat",)

    def __init__(self, flat: Sequence[int] = ()) -> None:
        if len(flat) % 2:
            raise ValueError("An offset is without its other one.")
        self.flat = flat

    def __len__(self) -> int:
        return len(self.flat) // 2

    def __iter__(self) -> Iterator[tuple[int, int]]:
        offsets = iter(self.flat)
        return zip(offsets, offsets, strict=True)

    @overload
    def __getitem__(self, index: int) -> tuple[int, int]: ...
    @overload
    def __getitem__(self, index: slice) -> list[tuple[int, int]]: ...
    def __getitem__(self, index: int | slice) -> tuple[int, int] | list[tuple[int, int]]:
        if isinstance(index, slice):
            return list(self)[index]
        place = range(len(self))[index] * 2
        return self.flat[place], self.flat[place + 1]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"Tokens({list(self.flat)})"

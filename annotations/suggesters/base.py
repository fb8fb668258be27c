"""What every machine that proposes mentions is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from annotations.domain.mentions import Mention


class SuggesterMissing(Exception):
    """No machine can be had; ``str()`` says what is missing and what to do."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who proposes: a name, a version, and a SHA-256 over what it was loaded from."""

    name: str
    version: str
    digest: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()


class Suggester(Protocol):
    """A machine that proposes mentions. Its labels are its own; callers translate them."""

    @property
    def identity(self) -> Identity: ...

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label that it may propose."""
        ...

    def suggest(self, texts: Iterable[str]) -> Iterator[list[Mention]]:
        """For each text, in order, the mentions proposed in it; lazy.

        Offsets are code points of that text; mentions are sorted and flat, hold no white space
        at their edges and no line break. Scores are from 0 to 1, or None.
        """
        ...

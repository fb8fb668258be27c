"""What the tests share beside people: an invented article, and a machine that needs no model."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from annotations.actions.articles import store_article
from annotations.domain.articles import ArticleDraft, ReviewStatus
from annotations.domain.mentions import Mention, MentionState
from annotations.domain.zoning import find_zones
from annotations.models import Article, Corpus, User
from annotations.suggesters.base import Identity

#: Line by line: where the names stand is easy to see, and one of them comes three times.
NEWS: Final = """\
Ferry returns to Port Alder

PORT ALDER — Mayor Ines Okafor opened the line on Monday. Okafor thanked Alder Marine.

Critics at Tern Island stayed away; Okafor did not. 🚢 Alder Marine runs it.
"""

#: What the machine of the cast finds in it.
NAMES: Final = {
    "Ines Okafor": "PERSON",
    "Okafor": "PERSON",
    "Port Alder": "GPE",
    "Alder Marine": "ORG",
    "Tern Island": "LOC",
    "Monday": "DATE",
}


def mark(text: str, quote: str, label: str, nth: int = 0, **more: object) -> Mention:
    """The ``nth`` occurrence of ``quote`` as a mention."""
    starts = [match.start() for match in re.finditer(re.escape(quote), text)]
    return Mention(starts[nth], starts[nth] + len(quote), label, **more)  # type: ignore[arg-type]


class StoreArticle(Protocol):
    """Stores one article in the corpus of the cast; ``more`` replaces any field of its draft."""

    def __call__(self, text: str = NEWS, *, wait: bool = False, **more: object) -> Article: ...


class Suggest(Protocol):
    """Has the machine of the cast propose names in all articles that wait, or in one more."""

    def __call__(self, article: Article | None = None) -> None: ...


def draft_of(text: str = NEWS, **more: object) -> ArticleDraft:
    """An article as a reader would hand it over, with one zone a line."""
    fields: dict[str, object] = {"zones": find_zones(text)}
    return ArticleDraft(text=text, **{**fields, **more})  # type: ignore[arg-type]


def store_layer(
    corpus: Corpus, user: User, mentions: Iterable[Mention], *, finished: bool = False
) -> Article:
    """The article of the cast as it comes from a file, with one person's layer."""
    article = store_article(
        corpus=corpus,
        draft=draft_of(
            mentions=tuple(mentions),
            status=ReviewStatus.FINISHED if finished else ReviewStatus.OPEN,
        ),
        user=user,
        layer_of=user,
    )
    assert article is not None, "the corpus has this text already"
    return article


@dataclass
class FakeSuggester:
    """Proposes given names wherever the text holds them, the longest first, with score 0.75.

    It fails at a text that holds one of ``poisons``.
    """

    names: Mapping[str, str] = field(default_factory=lambda: dict(NAMES))
    version: str = "1.0"
    poisons: tuple[str, ...] = ()
    seen: list[str] = field(default_factory=list)

    @property
    def identity(self) -> Identity:
        return Identity("fake", self.version, "0" * 64)

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(sorted(set(self.names.values())))

    def suggest(self, texts: Iterable[str]) -> Iterator[list[Mention]]:
        for text in texts:
            self.seen.append(text)
            if any(poison in text for poison in self.poisons):
                raise ValueError("the machine choked")
            yield self._found(text)

    def _found(self, text: str) -> list[Mention]:
        longest_first = sorted(self.names, key=len, reverse=True)
        pattern = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
        return [
            Mention(*match.span(), self.names[match.group()], MentionState.SUGGESTED, 0.75)
            for match in pattern.finditer(text)
        ]

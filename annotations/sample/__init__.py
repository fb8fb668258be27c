"""The sample corpus that comes with the product: invented articles, some of them reviewed.

The texts lie in ``articles/`` exactly as somebody would paste them, their metadata and the
guideline in ``corpus.toml``. Zones are not stored: importing an article finds them, as it
does for any other.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePath
from typing import Any

from annotations.domain.articles import Metadata
from annotations.domain.mentions import Mention
from annotations.domain.spans import check_quote


@dataclass(frozen=True, slots=True)
class SampleArticle:
    """One article of the sample corpus.

    ``text`` is the file's, unaltered. ``mentions`` are in reading order, flat, and complete
    where ``reviewed`` is true; there, none means that the article names nothing. They are
    empty where it is false.
    """

    file: str
    text: str
    metadata: Metadata
    reviewed: bool
    mentions: tuple[Mention, ...]


@dataclass(frozen=True, slots=True)
class SampleCorpus:
    """The sample corpus; ``scheme`` names a preset, ``guideline`` is Markdown."""

    name: str
    slug: str
    description: str
    language: str
    scheme: str
    guideline: str
    articles: tuple[SampleArticle, ...]


def load() -> SampleCorpus:
    """Read the sample corpus.

    Raises QuoteMismatch when a stored mention is not what its text says.
    """
    folder = files(__name__)
    stored = tomllib.loads(_text(folder / "corpus.toml"))
    language = stored["language"]
    return SampleCorpus(
        name=stored["name"],
        slug=stored["slug"],
        description=stored["description"],
        language=language,
        scheme=stored["scheme"],
        guideline=stored["guideline"],
        articles=tuple(
            _article(folder / "articles", entry, language) for entry in stored["articles"]
        ),
    )


def _article(folder: Traversable, entry: Mapping[str, Any], language: str) -> SampleArticle:
    text = _text(folder / entry["file"])
    mentions: tuple[Mention, ...] = ()
    if entry["reviewed"]:
        tsv = folder / PurePath(entry["file"]).with_suffix(".tsv").name
        mentions = tuple(mention_in(row, text) for row in _text(tsv).splitlines())
    metadata = Metadata(
        title=entry["title"],
        source=entry["source"],
        byline=entry["byline"],
        published_on=entry.get("published_on"),
        language=language,
    )
    return SampleArticle(entry["file"], text, metadata, entry["reviewed"], mentions)


def mention_in(row: str, text: str) -> Mention:
    """The mention that one stored row holds.

    Raises QuoteMismatch when ``text`` reads otherwise there.
    """
    label, start, end, quote = row.split("\t")
    mention = Mention(int(start), int(end), label)
    check_quote(text, mention.span, quote)
    return mention


def _text(file: Traversable) -> str:
    # Bytes, since reading as text would alter line ends and so every offset behind them.
    return file.read_bytes().decode()

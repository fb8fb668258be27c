"""Plain text: one file is one article, and its text is annotated as it stands.

Reading changes nothing but what cannot be stored (`annotations.domain.text`); zones are found
by what the lines say (`annotations.domain.zoning`). Formats that know more of their structure
hand it over as blocks: `zoned` joins them and asks the same recognisers about the rest.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from annotations.domain.articles import ArticleDraft, Metadata
from annotations.domain.text import normalise
from annotations.domain.zones import Zone, ZonedSpan
from annotations.domain.zoning import find_zones
from annotations.formats import base
from annotations.formats.base import Source
from annotations.formats.decoding import check_article_length, check_text, decode

#: UTF-8 punctuation and accented letters that were once read as windows-1252.
_MOJIBAKE: Final = re.compile("â€[™œ\x9d˜“”¦¢]|Ã[\x80-\xbf©¨¼¶¤±³‰–]|Â[\xa0£©«»°]")
_ENTITY: Final = re.compile(
    r"&(?:amp|lt|gt|quot|apos|nbsp|shy|hellip|[lr][sd]quo|[nm]dash|eacute|#\d{2,6}|#x[\da-f]{2,5});",
    re.IGNORECASE,
)
#: White space and byte-order marks: at the very start a mark would be dropped once more.
_START: Final = re.compile(r"\A[\s\ufeff]+")
#: How texts begin that are none, with the ending by which they are read as what they are.
_OTHER_FORMATS: Final = (
    ("XML", ".xml", r"\s*<(?:\?xml|!DOCTYPE|nitf|newsMessage|newsItem|rss|feed|TEI)\b"),
    ("JSON", ".json", r"\s*(?:\[\s*)?\{\s*\"[^\"\n]{1,100}\"\s*:"),
    ("an e-mail", ".eml", r"\s*(?:[\w-]{1,50}: .*\n(?:[ \t].*\n){0,20}){2,60}MIME-Version:"),
)
_BY: Final = re.compile(r"by\s+", re.IGNORECASE)


class Reader(base.Reader):
    """Reads one text file as one article."""

    title: ClassVar[str] = "Plain text"
    suffixes: ClassVar[tuple[str, ...]] = (".txt", ".text", "")

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """Yield the one article.

        Raises FormatError for a file that is empty, too long, or no text.
        """
        decoded = decode(source.data, chosen=source.encoding, name=source.name)
        check_article_length(decoded.text, source.name)
        normalised = normalise(decoded.text)
        text = normalised.text
        check_text(text, source.name)
        zones = find_zones(text)
        title = first_in_zone(text, zones, Zone.HEADLINE)
        notes = [*decoded.notes, *_other_format_notes(text), *oddity_notes(text)]
        if title:
            notes.append(f"“{title}” was taken as the headline.")
        yield ArticleDraft(
            text=text,
            metadata=Metadata(title=title, byline=byline_of(text, zones), language=source.language),
            zones=zones,
            encoding=decoded.encoding,
            changes=normalised.changes,
            notes=tuple(notes),
        )


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of text that a page sets apart; ``zone`` is None where only its words can tell.

    ``text`` is normalised, not blank, and has no white space at its edges.
    """

    text: str
    zone: Zone | None = None


def block(text: str, zone: Zone | None = None) -> Block | None:
    """A block of the text as it will be stored; None when nothing in it can be read."""
    text = _START.sub("", normalise(text).text).rstrip()
    return Block(text, zone) if text else None


def zoned(blocks: Sequence[Block]) -> tuple[str, tuple[ZonedSpan, ...]]:
    """The text of the blocks, a blank line between each two, and its zones.

    A block's own zone is certain. The others are recognised by their words; what looks like a
    heading there is a guess, since the page did not mark it as one.
    """
    text = "\n\n".join(each.text for each in blocks)
    headline = next((each.text for each in blocks if each.zone is Zone.HEADLINE), "")
    recognised = iter(find_zones(text, headline=headline))
    zones: list[ZonedSpan] = []
    start = 0
    following = next(recognised, None)
    for each in blocks:
        end = start + len(each.text)
        inside: list[ZonedSpan] = []
        while following is not None and following.start < end:
            inside.append(following)
            following = next(recognised, None)
        zones.extend(_settled(each, start, inside))
        start = end + len("\n\n")
    return text, tuple(zones)


def _settled(each: Block, start: int, recognised: Sequence[ZonedSpan]) -> Iterable[ZonedSpan]:
    """The zones of one block; a list below "Story highlights" is known by its words only."""
    if each.zone is None:
        return [_doubted(zone) for zone in recognised]
    if recognised and all(zone.zone is Zone.HIGHLIGHTS for zone in recognised):
        return recognised
    return [ZonedSpan(start, start + len(each.text), each.zone)]


def _doubted(zone: ZonedSpan) -> ZonedSpan:
    if zone.zone in {Zone.HEADLINE, Zone.SUBHEADING}:
        return ZonedSpan(zone.start, zone.end, zone.zone, certain=False)
    return zone


def first_in_zone(text: str, zones: Iterable[ZonedSpan], zone: Zone) -> str:
    """The characters of the first such zone, in one line; empty when there is none."""
    found = next((text[z.start : z.end] for z in zones if z.zone is zone), "")
    return " ".join(found.split())


def byline_of(text: str, zones: Iterable[ZonedSpan]) -> str:
    """The names of the first byline, without the "By" before them."""
    return _BY.sub("", first_in_zone(text, zones, Zone.BYLINE), count=1)


def _other_format_notes(text: str) -> list[str]:
    """A sentence about a text that is a file of another format by its beginning."""
    return [
        f"This looks like {name}, but was read as plain text because of its name. With the ending "
        f"{suffix} it is read as what it is."
        for name, suffix, beginning in _OTHER_FORMATS
        if re.match(beginning, text, re.IGNORECASE)
    ]


def oddity_notes(text: str) -> list[str]:
    """Sentences about characters that look like an accident and were left as they are."""
    notes = []
    if found := _MOJIBAKE.search(text):
        notes.append(
            f"“{found.group()}” looks like UTF-8 that was once read as Windows-1252. Such "
            "characters were left as they are."
        )
    if found := _ENTITY.search(text):
        notes.append(f"HTML entities such as “{found.group()}” were left as they are.")
    return notes

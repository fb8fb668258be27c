"""What news items in JSON share: one object, a body, and names that the item lists.

The body is plain text, or HTML or NITF of which all is the article. Nothing that it points at is
fetched.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import Enum, auto
from typing import Final

from annotations.domain.articles import ArticleDraft, Metadata
from annotations.domain.zones import Zone
from annotations.formats._markup import (
    Flow,
    HtmlWalker,
    Walker,
    characters_of,
    check,
    parsed,
    parsed_html,
    usual_status,
    without_declaration,
)
from annotations.formats._named import Name, find_names
from annotations.formats.base import SUGGESTIONS_LAYER, FormatError, Source
from annotations.formats.decoding import Decoded
from annotations.formats.nitf import NitfWalker, read_body
from annotations.formats.placing import Units, place
from annotations.formats.plain_text import byline_of, first_in_zone, oddity_notes

#: How much of a file is looked at to find out what it is.
SNIFFED: Final = 65_536


class Markup(Enum):
    """What a body can be beside plain text."""

    HTML = auto()
    NITF = auto()


def start_of(source: Source) -> bytes:
    """The beginning of a file without zero bytes, mark and white space; to look for keys in."""
    return source.data[:SNIFFED].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xfe\xff \t\r\n")


def load(source: Source) -> tuple[object, Decoded]:
    """The JSON value of a file and how its characters were found; FormatError for anything else."""
    decoded = characters_of(source)
    try:
        return json.loads(decoded.text.lstrip("\ufeff"), strict=False), decoded
    except json.JSONDecodeError as error:
        message = f"{source.name} is not JSON: {error.msg}"
        raise FormatError(message, line=error.lineno, column=error.colno) from None
    except (RecursionError, ValueError):  # ValueError: a number of thousands of digits
        raise FormatError(f"{source.name} nests too deeply to be an article.") from None


def objects(value: object) -> Iterator[dict[str, object]]:
    """The objects of a list, or the one object that stands for such a list."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict):
            yield one


def string(value: object) -> str:
    """A value that is a string; "" for any other."""
    return value if isinstance(value, str) else ""


def draft(
    body: str,
    metadata: Metadata,
    names: Iterable[Name],
    *,
    source: Source,
    decoded: Decoded,
    format_title: str,
    kind: Markup | None = None,
) -> ArticleDraft:
    """The article of an item: its headline, unless the body has it, and its body.

    ``names`` are suggested where they stand in the text, unless it is NITF that marks its names
    itself. Raises FormatError for an article without
    text or with too much of it.
    """
    flow = Flow()
    flow.seed_headline(metadata.title)
    walker = _walked(body, kind, flow, source.name)
    flow.settle_headline(metadata.title)
    flowed = flow.finish()
    check(flowed, source.name)
    found = find_names(flowed.text, () if walker.marks else names, format_title)
    if walker.marks:
        placed = walker.place(flowed)
    else:
        placed = place(flowed.text, found.claims, units=Units.CODE_POINTS)
    is_suggested = bool(placed.mentions and not walker.marks)
    return ArticleDraft(
        text=placed.text,
        metadata=replace(
            metadata,
            title=metadata.title or first_in_zone(flowed.text, flowed.zones, Zone.HEADLINE),
            byline=metadata.byline or byline_of(flowed.text, flowed.zones),
        ),
        zones=flowed.zones,
        mentions=placed.mentions,
        status=usual_status(placed.mentions),
        layer=SUGGESTIONS_LAYER if is_suggested else "",
        encoding=decoded.encoding,
        changes=flowed.changes,
        notes=(
            *decoded.notes,
            *placed.notes,
            *walker.notes(),
            *found.notes,
            *oddity_notes(placed.text),
        ),
        unplaced=placed.unplaced,
    )


def _walked(body: str, kind: Markup | None, flow: Flow, name: str) -> Walker:
    """Write a body into the flow; the walker that did it knows what it marks and leaves out."""
    if kind is Markup.NITF:
        nitf = NitfWalker(flow)
        read_body(parsed(without_declaration(body), name), nitf)
        return nitf
    walker = HtmlWalker(flow)
    if kind is Markup.HTML:
        walker.walk(parsed_html(body, name))
    else:
        flow.raw(body)
    return walker

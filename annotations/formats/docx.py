"""Word documents: paragraphs with their styles become text with zones.

Office Open XML, ECMA-376 (https://ecma-international.org/publications-and-standards/standards/ecma-376/):
a zip with ``word/document.xml``, styles, notes and ``docProps/core.xml``. Mammoth
(https://github.com/mwilliamson/python-mammoth) makes HTML of it in a process of its own, and
the blocks of that HTML become the text:

- the style *Title*, or the first *Heading 1*, the headline; every other heading a subheading;
- *Quote*, *Intense Quote*, *Block Text* (LibreOffice: *Quotations*) a quote, *Caption* a caption,
  lists lists; a table one block, a row a line, cells apart by tabs;
- a drop cap, which is a paragraph of its own to Word, the beginning of the paragraph that follows;
- footnotes and endnotes stand at the end of the text; their marks are taken out of it, since a mark
  would stick to a name.

Of tracked changes the insertions are taken and the deletions left out, as if all were accepted.
Images, comments, headers and footers are left out. Title, author and day of creation come from
the document's properties, where the text says nothing better.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from typing import ClassVar, Final
from zipfile import ZipFile

from lxml import etree  # type: ignore[import-untyped]

from annotations.domain.articles import ArticleDraft, Metadata
from annotations.domain.zones import Zone
from annotations.formats import base
from annotations.formats._blocks import Page, as_pairs, from_pairs, parsed
from annotations.formats._dates import day_of
from annotations.formats.archives import Refused, open_archive
from annotations.formats.base import FormatError, Source
from annotations.formats.decoding import check_article_length, check_size
from annotations.formats.plain_text import (
    Block,
    block,
    byline_of,
    first_in_zone,
    oddity_notes,
    zoned,
)
from annotations.formats.sandbox import Answer, ask

#: Before mammoth's own rules, which know headings and lists. Style names are English in the file
#: whatever language Word speaks; case does not count.
_STYLES: Final = """
p[style-name='Title'] => h1:fresh
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
p[style-name='Block Text'] => blockquote > p:fresh
p[style-name='Quotations'] => blockquote > p:fresh
p[style-name='Caption'] => figcaption:fresh
"""
#: The main part has another number in documents of Word on the web.
_MAIN_PART: Final = re.compile(rb"word/document\d*\.xml")
_PARTS: Final = (".xml", ".rels")
_NOTE_LINK: Final = re.compile(r"#(?:foot|end)note-(?P<back>ref-)?\w+")
_NOTE: Final = re.compile(r"(?:foot|end)note-\w+")
_TRACKED: Final = re.compile(rb"<w:(?:ins|del|moveFrom|moveTo)[ />]")
_COMMENT: Final = re.compile(rb"<w:comment[ />]")
_NAMESPACES: Final = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
}


class Reader(base.Reader):
    """Reads one Word document as one article."""

    title: ClassVar[str] = "Word document (DOCX)"
    suffixes: ClassVar[tuple[str, ...]] = (".docx",)
    is_binary: ClassVar[bool] = True

    def recognises(self, source: Source) -> bool:
        """A zip that has a document part, by its list of contents."""
        return source.data.startswith(b"PK\x03\x04") and bool(_MAIN_PART.search(source.data))

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """Yield the one article.

        Raises FormatError for a file that is too large, damaged, encrypted, a zip bomb, or holds
        no text.
        """
        check_size(source.data, source.name)
        answer = ask("annotations.formats.docx:extract", source.data, source.name, name=source.name)
        blocks = _with_headline(from_pairs(answer.pairs("blocks")), answer.text("title"))
        if not blocks:
            raise FormatError(f"{source.name} holds no text.")
        text, zones = zoned(blocks)
        check_article_length(text, source.name)
        metadata, notes = _metadata(answer, source.language)
        yield ArticleDraft(
            text=text,
            metadata=replace(
                metadata,
                title=first_in_zone(text, zones, Zone.HEADLINE) or metadata.title,
                byline=byline_of(text, zones) or metadata.byline,
            ),
            zones=zones,
            changes=answer.texts("changes"),
            notes=(*answer.texts("notes"), *notes, *oddity_notes(text)),
        )


def _with_headline(blocks: Sequence[Block], title: str) -> list[Block]:
    """The first block is the headline where no style says so but the properties name it."""
    has_headline = any(each.zone is Zone.HEADLINE for each in blocks)
    if has_headline or not blocks or blocks[0].text.casefold() != title.casefold():
        return list(blocks)
    return [Block(blocks[0].text, Zone.HEADLINE), *blocks[1:]]


def _metadata(answer: Answer, language: str) -> tuple[Metadata, list[str]]:
    """What the properties say, and notes on what was taken for want of something better."""
    created = day_of(answer.text("created"))
    notes = []
    if created is not None:
        notes.append(
            f"The day of publication, {created}, is the one on which the document was made."
        )
    return (
        Metadata(
            title=answer.text("title"),
            byline=answer.text("creator"),
            published_on=created,
            language=language,
        ),
        notes,
    )


# --- Inside the sandbox -------------------------------------------------------------------------


def extract(data: bytes, name: str) -> Mapping[str, object]:
    """The blocks and properties of a document, as JSON can hold them.

    Raises FormatError.
    """
    import mammoth

    parts = _parts_of(Source(name, data))
    for part, content in parts.items():
        if _MAIN_PART.fullmatch(part.encode()) and b"dropCap" in content:
            parts[part] = _with_drop_caps_joined(content)
    found = mammoth.convert_to_html(
        _repacked(parts),
        style_map=_STYLES,
        # A file may bring rules of its own, which would then be a stranger's.
        include_embedded_style_map=False,
        convert_image=mammoth.images.img_element(lambda _image: {}),
    )
    tree = parsed(found.value, name)
    notes_count = _take_out_note_marks(tree)
    page = Page()
    page.add(tree)
    changes = page.changes
    if notes_count:
        what = "1 footnote stands" if notes_count == 1 else f"{notes_count:,} footnotes stand"
        changes.append(f"{what} at the end of the text; the marks were taken out.")
    return {
        "blocks": as_pairs(page.blocks),
        "changes": changes,
        "notes": _notes(parts),
        **_properties(parts.get("docProps/core.xml", b"")),
    }


def _parts_of(source: Source) -> dict[str, bytes]:
    """The XML of the document; unpacked within the limits of every archive."""
    parts: dict[str, bytes] = {}
    for member in open_archive(source):
        if not member.name.endswith(_PARTS):
            continue
        if isinstance(member, Refused):
            raise FormatError(f"{source.name} cannot be read: {member.name}: {member.reason}")
        if b"<!DOCTYPE" in member.data:
            raise FormatError(
                f"{source.name} cannot be read: {member.name} declares a document type, as no "
                "Word document does."
            )
        parts[member.name] = member.data
    return parts


def _repacked(parts: Mapping[str, bytes]) -> BytesIO:
    """An archive of the parts that were looked at, and of nothing else."""
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    packed.seek(0)
    return packed


def _with_drop_caps_joined(document: bytes) -> bytes:
    """The main part with each drop cap moved into the paragraph that it begins."""
    try:
        root = etree.fromstring(document, _safe_parser())
    except etree.XMLSyntaxError:
        return document
    for frame in list(root.iter("{*}framePr")):
        paragraph = frame.getparent().getparent()
        following = paragraph.getnext()
        is_cap = any(name.endswith("dropCap") and value != "none" for name, value in frame.items())
        if is_cap and following is not None and following.tag == paragraph.tag:
            runs = [child for child in paragraph if not str(child.tag).endswith("}pPr")]
            has_properties = len(following) > 0 and str(following[0].tag).endswith("}pPr")
            for place, run in enumerate(runs, start=int(has_properties)):
                following.insert(place, run)
            paragraph.getparent().remove(paragraph)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def _safe_parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def _take_out_note_marks(tree: etree._Element) -> int:
    """Take the marks of notes and the ways back out of the tree; the number of marks.

    Mammoth makes a list of the notes, which are paragraphs all the same.
    """
    for item in tree.iter("li"):
        if _NOTE.fullmatch(item.get("id", "")):
            item.tag = item.getparent().tag = "div"
    count = 0
    for link in list(tree.iter("a")):
        match = _NOTE_LINK.fullmatch(link.get("href", ""))
        if match:
            above = link.getparent()
            (above if above.tag == "sup" and len(above) == 1 else link).drop_tree()
            count += not match["back"]
    return count


def _notes(parts: Mapping[str, bytes]) -> list[str]:
    notes = []
    if any(_TRACKED.search(data) for name, data in parts.items() if name.startswith("word/")):
        notes.append(
            "The document has tracked changes: insertions were taken, deletions were left out."
        )
    if _COMMENT.search(parts.get("word/comments.xml", b"")):
        notes.append("The comments in the document were left out.")
    return notes


def _properties(core: bytes) -> dict[str, str]:
    """Title, creator and time of creation as ``docProps/core.xml`` has them; empty if damaged."""
    try:
        root = etree.fromstring(core, _safe_parser())
    except etree.XMLSyntaxError:
        root = etree.Element("none")

    def value(path: str) -> str:
        found = block(root.findtext(path, "", _NAMESPACES))
        return " ".join(found.text.split()) if found else ""

    return {
        "title": value("dc:title"),
        "creator": value("dc:creator"),
        "created": value("dcterms:created"),
    }

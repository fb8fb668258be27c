"""Where the syntax of a file is broken that no format recognised."""

import json
from typing import Final

from annotations.formats.base import FormatError, Source
from annotations.formats.decoding import decode

_JSON: Final = (".json", ".jsonld")
_XML: Final = (".xml", ".rss", ".atom", ".rdf", ".nitf", ".tei", ".xmi")
#: Larger files are not read through for the sake of a sentence, in bytes.
_MOST: Final = 5_000_000


def check_syntax(source: Source) -> None:
    """Raise FormatError with the line where JSON or XML, by the file's ending, is broken."""
    if len(source.data) > _MOST:
        return
    if source.suffix in _JSON:
        _check_json(source)
    elif source.suffix in _XML:
        _check_xml(source)


def _check_json(source: Source) -> None:
    text = decode(source.data, chosen=source.encoding, name=source.name).text.lstrip("\ufeff")
    try:
        json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        message = f"{source.name} is not JSON: {error.msg}"
        raise FormatError(message, line=error.lineno, column=error.colno) from None
    except (RecursionError, ValueError):  # ValueError: a number of thousands of digits
        raise FormatError(f"{source.name} nests too deeply to be an article.") from None


def _check_xml(source: Source) -> None:
    # Heavy, and needed for a broken file only.
    from lxml import etree  # type: ignore[import-untyped]

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        etree.fromstring(source.data, parser)
    except etree.XMLSyntaxError as error:
        problem = " ".join(error.msg.partition(", line ")[0].split())
        message = f"{source.name} is not well-formed XML: {problem}"
        raise FormatError(message, line=error.lineno or 1) from None

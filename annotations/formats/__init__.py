"""The formats that articles come in and corpora go out in.

Both registries hold dotted paths, imported on first use: the web process starts without the
heavy libraries, and a person who never uploads HTML never loads its extractor.
"""

import re
from importlib import import_module
from pathlib import PurePosixPath
from typing import Final, cast

from annotations.formats.base import FormatError, Reader, Source, Writer
from annotations.formats.decoding import MAX_FILE_BYTES, binary_kind

#: Format name to ``module:class`` of its Reader.
READERS: Final = {
    "plain_text": "annotations.formats.plain_text:Reader",
    "markdown": "annotations.formats.markdown:Reader",
    "html": "annotations.formats.html:Reader",
    "jsonl": "annotations.formats.jsonl:Reader",
}
#: Format name to ``module:class`` of its Writer, in the order of the export page.
WRITERS: Final = {
    "jsonl": "annotations.formats.jsonl:Writer",
    "conll": "annotations.formats.conll:Writer",
    "conll2": "annotations.formats.conll:TwoColumnWriter",
    "spacy": "annotations.formats.spacy_docbin:Writer",
}

#: The format that a file's ending promises; no ending is plain text.
_SUFFIXES: Final = {
    "": "plain_text",
    ".txt": "plain_text",
    ".text": "plain_text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
_ARCHIVE_SUFFIX: Final = ".zip"
_CORPUS_SUFFIXES: Final = (".jsonl", ".ndjson")
#: The largest file that holds many articles, in bytes.
MAX_CORPUS_BYTES: Final = 200_000_000
#: The ``accept`` attribute of the upload field.
ACCEPTED_SUFFIXES: Final = (*(suffix for suffix in _SUFFIXES if suffix), _ARCHIVE_SUFFIX)
#: The beginning of an HTML page, whatever the file is called: after a byte-order mark, an XML
#: declaration and comments, its doctype or root. UTF-16 is matched without its zero bytes.
_HTML_START: Final = re.compile(
    rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*"
    rb"<(?:!doctype\s+html|html)\b",
    re.IGNORECASE | re.DOTALL,
)
_START_BYTES: Final = 4_096


def reader_for(name: str) -> Reader:
    """A new reader of the format; KeyError for a name that is not in READERS."""
    return cast("Reader", _load(READERS[name]))


def writer_for(name: str) -> Writer:
    """A new writer of the format; KeyError for a name that is not in WRITERS."""
    return cast("Writer", _load(WRITERS[name]))


def is_archive(source: Source) -> bool:
    """True for a zip archive, to be opened with ``archives.open_archive``.

    An office document is a zip as well, so the name has to say it too.
    """
    return _suffix(source) == _ARCHIVE_SUFFIX


def format_of(source: Source) -> str:
    """The name in READERS of the format that a file has, by its ending and its content.

    Raises FormatError for every other kind of file, saying what can be uploaded instead.
    """
    kind = binary_kind(source.data)
    if kind:
        raise _not_accepted(source.name, f"looks like {kind}")
    suffix = _suffix(source)
    if suffix not in _SUFFIXES:
        raise _not_accepted(source.name, f"is a {suffix} file")
    name = _SUFFIXES[suffix]
    if name == "plain_text" and _HTML_START.match(source.data[:_START_BYTES].replace(b"\0", b"")):
        return "html"
    return name


def why_too_large(name: str, size: int) -> str:
    """Why a file of that many bytes is not even opened, as a sentence; "" when it may be."""
    holds_many = PurePosixPath(name).suffix.lower() in {_ARCHIVE_SUFFIX, *_CORPUS_SUFFIXES}
    limit = MAX_CORPUS_BYTES if holds_many else MAX_FILE_BYTES
    if size <= limit:
        return ""
    return (
        f"{name} has {size / 1_000_000:.1f} MB. The limit is {limit // 1_000_000} MB for "
        + ("an archive or a corpus." if holds_many else "one article’s file.")
        + " Split it."
    )


def _suffix(source: Source) -> str:
    return PurePosixPath(source.name).suffix.lower()


def _not_accepted(name: str, what: str) -> FormatError:
    return FormatError(
        f"{name} {what}, which cannot be annotated. Save the article as plain text (.txt), "
        "Markdown (.md) or HTML (.html); a .zip may hold many of them, and .jsonl a corpus "
        "exported from here."
    )


def _load(path: str) -> object:
    module, _, attribute = path.partition(":")
    return getattr(import_module(module), attribute)()

"""The formats that articles come in and corpora go out in.

One line a format: its name, and the module that has its ``Reader``, its ``Writer``, or both.
Modules are imported on first use, and import heavy libraries only where they read or write: a
process that shows the export page does not load spaCy.
"""

from functools import cache
from importlib import import_module
from pathlib import PurePosixPath
from typing import Final

from annotations.formats._syntax import check_syntax
from annotations.formats.base import FormatError, Reader, Source, Writer
from annotations.formats.decoding import MAX_FILE_BYTES, binary_kind

#: Format name to the module of its Reader and Writer. Readers are asked in this order whether a
#: file is theirs: those that know theirs by its content before those that take what is left.
FORMATS: Final = {
    "package": "annotations.formats.package",
    "huggingface": "annotations.formats.huggingface",
    "tei": "annotations.formats.tei",
    "nitf": "annotations.formats.nitf",
    "newsml-g2": "annotations.formats.newsml_g2",
    "ninjs": "annotations.formats.ninjs",
    "newsarticle": "annotations.formats.news_article",
    "w3c": "annotations.formats.w3c",
    "uima-json": "annotations.formats.uima_json",
    "labelstudio": "annotations.formats.label_studio",
    "prodigy": "annotations.formats.prodigy",
    "doccano": "annotations.formats.doccano",
    "json-spans": "annotations.formats.json_spans",
    "jsonl": "annotations.formats.jsonl",
    "brat": "annotations.formats.brat",
    "xmi": "annotations.formats.xmi",
    "webanno": "annotations.formats.webanno",
    "conll": "annotations.formats.conll",
    "conll2": "annotations.formats.conll2",
    "conllu": "annotations.formats.conllu",
    "csv-exact": "annotations.formats.csv_exact",
    "csv": "annotations.formats.table",
    "json-columns": "annotations.formats.json_columns",
    "spacy": "annotations.formats.spacy_docbin",
    "feed": "annotations.formats.feed",
    "email": "annotations.formats.mail",
    "mhtml": "annotations.formats.mhtml",
    "docx": "annotations.formats.docx",
    "pdf": "annotations.formats.pdf",
    "html": "annotations.formats.html",
    "markdown": "annotations.formats.markdown",
    "plain_text": "annotations.formats.plain_text",
}

#: By these a corpus package is known: the first has all that the other files in it say.
PACKAGE_FILES: Final = ("corpus.jsonl", "checksums.sha256")
#: What the export page offers first.
_FIRST: Final = ("jsonl", "package")
_ARCHIVE_SUFFIX: Final = ".zip"
#: White space, zero bytes and those of byte-order marks.
_NOTHING: Final = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"
#: The largest file that holds many articles, in bytes.
MAX_CORPUS_BYTES: Final = 200_000_000


@cache
def readers() -> dict[str, Reader]:
    """Every format that can be read, by name, in the order in which they are asked."""
    return _all("Reader")


@cache
def writers() -> dict[str, Writer]:
    """Every format that can be written, by name, in the order of the export page.

    The lossless one comes first, then the package, then the others by their titles.
    """
    every: dict[str, Writer] = _all("Writer")

    def place(name: str) -> tuple[int, str]:
        rank = _FIRST.index(name) if name in _FIRST else len(_FIRST)
        return rank, every[name].title.casefold()

    return {name: every[name] for name in sorted(every, key=place)}


def reader_for(name: str) -> Reader:
    """The reader of a format; KeyError for a name that none has."""
    return readers()[name]


def writer_for(name: str) -> Writer:
    """The writer of a format; KeyError for a name that none has."""
    return writers()[name]


def accepted_suffixes() -> tuple[str, ...]:
    """The endings of all files that can be read, and of archives of them."""
    suffixes = (suffix for reader in readers().values() for suffix in reader.suffixes if suffix)
    return (*sorted(dict.fromkeys(suffixes)), _ARCHIVE_SUFFIX)


def is_archive(source: Source) -> bool:
    """True for a zip archive, to be opened with ``archives.open_archive``.

    An office document is a zip as well, so the name has to say it too.
    """
    return source.suffix == _ARCHIVE_SUFFIX


def format_of(source: Source) -> str:
    """The name of the format that a file has, by its ending and its content.

    Raises FormatError for every other kind of file, saying where its syntax is broken, or else what
    can be uploaded instead.
    """
    if names := formats_of(source):
        return names[0]
    if not source.data.strip(_NOTHING):
        raise FormatError(f"{source.name} is empty.")
    kind = binary_kind(source.data)
    if not kind:
        check_syntax(source)
    what = f"looks like {kind}" if kind else f"is a {source.suffix} file of no known format"
    raise FormatError(
        f"{source.name} {what}, which cannot be annotated. What can be read: "
        f"{', '.join(accepted_suffixes())}."
    )


def formats_of(source: Source) -> list[str]:
    """The names of all formats that a file may have, the likeliest first."""
    kind = binary_kind(source.data)
    return [
        name
        for name, reader in readers().items()
        if source.suffix in reader.suffixes
        and (reader.is_binary or not kind)
        and reader.recognises(source)
    ]


def why_too_large(name: str, size: int) -> str:
    """Why a file of that many bytes is not even opened, as a sentence; "" when it may be."""
    suffix = PurePosixPath(name).suffix.lower()
    holds_many = suffix == _ARCHIVE_SUFFIX or any(
        reader.holds_many and suffix in reader.suffixes for reader in readers().values()
    )
    limit = MAX_CORPUS_BYTES if holds_many else MAX_FILE_BYTES
    if size <= limit:
        return ""
    return (
        f"{name} has {size / 1_000_000:.1f} MB. The limit is {limit // 1_000_000} MB for "
        + ("an archive or a corpus." if holds_many else "one article’s file.")
        + " Split it."
    )


def belongs_to(name: str, names: set[str]) -> str:
    """The file among ``names`` that a file is only a companion of; "" where it stands alone."""
    path = PurePosixPath(name)
    for folder in path.parents:
        corpus, *others = (str(folder / one) for one in PACKAGE_FILES)
        if name != corpus and {corpus, *others} <= names:
            return corpus
        if folder.suffix.lower() == _ARCHIVE_SUFFIX:
            # What lies in an archive belongs to nothing outside of it.
            break
    # As plain strings: an archive of thousands asks this of each of its files.
    inside = name.rpartition("/")[0]
    beside = sorted(n for n in names if n != name and n.rpartition("/")[0] == inside)
    for reader in readers().values():
        for ending in reader.companions:
            for owner in beside:
                if reader.may_own(PurePosixPath(owner).name) and name in _companions(owner, ending):
                    return owner
    return ""


def companions_of(name: str, names: set[str]) -> list[str]:
    """The files among ``names`` that a reader of this one needs beside it, sorted."""
    wanted = {
        companion
        for reader in readers().values()
        if reader.may_own(PurePosixPath(name).name)
        for ending in reader.companions
        for companion in _companions(name, ending)
    }
    return sorted(wanted & names - {name})


def _companions(owner: str, ending: str) -> tuple[str, ...]:
    """What a companion of a file is called: itself, or as the file with another ending."""
    path = PurePosixPath(owner)
    if not ending.startswith("."):
        return (str(path.with_name(ending)),)
    return (str(path.with_name(path.stem + ending)),)


def _all[Half](half: str) -> dict[str, Half]:
    modules = {name: import_module(path) for name, path in FORMATS.items()}
    return {name: getattr(m, half)() for name, m in modules.items() if hasattr(m, half)}

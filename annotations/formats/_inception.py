"""Exports of whole INCEpTION or WebAnno projects: which of their files hold articles.

Source: INCEpTION's own exporters, ``AnnotationDocumentExporter`` and ``CuratedDocumentsExporter``
in https://github.com/inception-project/inception. An export is a zip archive of ::

    exportedproject.json                       settings, layers, people
    source/ferry.txt                           the document as it was uploaded
    annotation/ferry.txt/ada.zip               what Ada annotated, in the format that was chosen
    annotation/ferry.txt/INITIAL_CAS.zip       the document before anybody had annotated it
    curation/ferry.txt/CURATION_USER.zip       the curated document, once curation is finished
    annotation_ser/…, curation_ser/…           the same as serialised Java objects
    guideline/, log/, …                        more of the project

A format of one file a document stands there as that file (``ada.tsv``), one of several as a zip
of them. Without such a format there are only the Java objects, which nobody else can read.

The versions of a document are one text, and a corpus has a text once. So the curated version is
read where there is one, or else the annotators', or else the document as it was uploaded.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

#: What only such an export has, below the folder that it may have been packed in.
_SIGN: Final = re.compile(
    r"(?P<root>(?:[^/]+/)?)(?:exportedproject[0-9]*\.json"
    r"|annotation(?:_ser)?/[^/]+/INITIAL_CAS\.[a-z]+"
    r"|curation(?:_ser)?/[^/]+/CURATION_USER\.[a-z]+)"
)
_PLACE: Final = re.compile(
    r"(?P<root>(?:[^/]+/)?)(?P<kind>source|annotation(?:_ser)?|curation)/"
    r"(?P<document>[^/]+)(?:/(?P<file>[^/]+))?"
)
#: Names of versions that no person made.
_MACHINES: Final = frozenset({"INITIAL_CAS", "CORRECTION_USER"})


@dataclass(frozen=True, slots=True)
class Choice:
    """What is read of an archive that holds projects.

    ``spare`` are further versions of documents that are read already; ``passed_over`` counts the
    files that are not read at all. ``words`` say so to a person.
    """

    read: frozenset[str]
    spare: frozenset[str]
    passed_over: int
    words: str


@dataclass(slots=True)
class _Document:
    curated: list[str] = field(default_factory=list)
    annotated: list[str] = field(default_factory=list)
    source: list[str] = field(default_factory=list)
    is_serialised: bool = False

    def versions(self) -> list[str]:
        """The files to read, the one that comes first before those that are as good."""
        return self.curated or self.annotated or self.source


def choice_of(names: Iterable[str]) -> Choice | None:
    """What to read of the files of these names; None where they are of no project."""
    names = list(names)
    roots = {match["root"] for name in names if (match := _SIGN.fullmatch(name))}
    if not roots:
        return None
    documents = _documents(names, roots)
    chosen = [document.versions() for document in documents]
    read = {versions[0] for versions in chosen if versions}
    spare = {name for versions in chosen for name in versions[1:]}
    read.update(name for name in names if not name.startswith(tuple(roots)))
    passed_over = sum(1 for name in names if name not in read and name not in spare)
    return Choice(
        frozenset(read), frozenset(spare), passed_over, _words(documents, len(spare), passed_over)
    )


def _documents(names: list[str], roots: set[str]) -> list[_Document]:
    """The documents of all projects, in the archive's order."""
    found: dict[tuple[str, str], _Document] = {}
    for name in names:
        place = _PLACE.fullmatch(name)
        if place is None or place["root"] not in roots:
            continue
        document = found.setdefault((place["root"], place["document"]), _Document())
        is_source = place["kind"] == "source"
        if is_source != (place["file"] is None):
            continue
        if is_source:
            document.source.append(name)
        elif PurePosixPath(name).stem not in _MACHINES:
            _add_version(document, place["kind"], name)
    return list(found.values())


def _add_version(document: _Document, kind: str, name: str) -> None:
    if kind == "annotation_ser":
        document.is_serialised = True
    elif kind == "curation":
        document.curated.append(name)
    else:
        document.annotated.append(name)


def _words(documents: list[_Document], spare: int, passed_over: int) -> str:
    return " ".join(_sentences(documents, spare, passed_over))


def _sentences(documents: list[_Document], spare: int, passed_over: int) -> Iterator[str]:
    curated = sum(1 for each in documents if each.curated)
    annotated = sum(1 for each in documents if each.annotated and not each.curated)
    source = sum(1 for each in documents if each.versions() == each.source != [])
    ways = (
        (curated, "as curated"),
        (annotated, "as the first of the annotators left it"),
        (source, "as it was uploaded there"),
    )
    taken = ", ".join(f"{count:,} {how}" for count, how in ways if count)
    yield f"It is an export from INCEpTION. Documents read: {taken or 'none'}."
    if any(each.is_serialised and each.versions() == each.source for each in documents):
        yield (
            "Where nothing but Java objects holds the annotations they cannot be read: export the "
            "project again with UIMA CAS XMI as its second format."
        )
    if spare:
        yield (
            f"Left out, since a corpus has a text once: {spare:,} further "
            f"version{'s' if spare > 1 else ''} by other annotators."
        )
    if passed_over:
        yield (
            f"Passed over: {passed_over:,} other file{'s' if passed_over > 1 else ''} of the "
            "project (settings, Java objects, versions that nobody annotated or that were curated "
            "since, and the like)."
        )

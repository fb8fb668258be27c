"""The machine-readable description of a corpus package: Croissant 1.0.

Source: https://docs.mlcommons.org/croissant/docs/croissant-spec.html. Each JSON Lines file of the
package is one record set with a record an article.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from annotations.domain.articles import CorpusCard

_CROISSANT: Final = (
    "citeAs column conformsTo data dataType equivalentProperty examples extract field fileProperty "
    "fileObject fileSet format includes isLiveDataset jsonPath key md5 parentField path recordSet "
    "references regex repeated replace samplingRate separator source subField transform"
)
#: Terms whose values are JSON, and the one whose values are names of the vocabulary.
_TYPES: Final = {"data": "@json", "examples": "@json", "dataType": "@vocab"}
_FIELDS: Final = (
    ("id", "sc:Integer", "The article’s number in its corpus."),
    ("text", "sc:Text", "The article’s text."),
    ("text_sha256", "sc:Text", "The SHA-256 of the text’s UTF-8 bytes."),
    ("title", "sc:Text", "The article’s title."),
    ("language", "sc:Text", "The article’s language, as a BCP 47 tag."),
    ("status", "sc:Text", "How far the review has come: unreviewed, open or finished."),
)
_SPAN_FIELDS: Final = (
    ("start", "sc:Integer", "Where the mention begins, in Unicode code points."),
    ("end", "sc:Integer", "Where it ends, exclusive."),
    ("label", "sc:Text", "Its label; see labels.json."),
    ("text", "sc:Text", "Its words."),
)


def croissant(target: Path, corpus: CorpusCard) -> dict[str, Any]:
    """The description of the package in the folder ``target``, whose other files are written."""
    files = sorted(_line_files(target))
    return {
        "@context": _context(),
        "@type": "sc:Dataset",
        "name": corpus.name,
        "description": corpus.description
        or f"News articles of {corpus.name}, with named entities.",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "inLanguage": corpus.language,
        "license": corpus.licence or "Ask the makers: no licence was given.",
        "citeAs": corpus.citation or corpus.name,
        "version": corpus.version or "0.0.0",
        "url": f"urn:newsroom:{corpus.slug}",
        "distribution": [_file_object(target, name) for name in files],
        "recordSet": [_record_set(name, has_text=corpus.packing.texts) for name in files],
    }


def _line_files(target: Path) -> Iterator[str]:
    for path in (*target.glob("*.jsonl"), *target.glob("data/*.jsonl")):
        yield path.relative_to(target).as_posix()


def _file_object(target: Path, name: str) -> dict[str, Any]:
    path = target / name
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": "application/jsonlines",
        "sha256": digest,
    }


def _record_set(name: str, *, has_text: bool) -> dict[str, Any]:
    own = Path(name).stem
    fields = [
        _field(own, name, column, kind, words)
        for column, kind, words in _FIELDS
        if has_text or column != "text"
    ]
    spans: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{own}/spans",
        "name": f"{own}/spans",
        "description": "The mentions, in reading order.",
        "repeated": True,
        "subField": [
            {
                **_field(f"{own}/spans", name, column, kind, words),
                "source": {
                    "fileObject": {"@id": name},
                    "extract": {"column": "spans"},
                    "transform": {"jsonPath": f"[*].{column}"},
                },
            }
            for column, kind, words in _SPAN_FIELDS
        ],
    }
    return {
        "@type": "cr:RecordSet",
        "@id": own,
        "name": own,
        "description": f"A record for each article of {name}.",
        "key": {"@id": f"{own}/id"},
        "field": [*fields, spans],
    }


def _field(own: str, name: str, column: str, kind: str, words: str) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{own}/{column}",
        "name": f"{own}/{column}",
        "description": words,
        "dataType": kind,
        "source": {"fileObject": {"@id": name}, "extract": {"column": column}},
    }


def _context() -> dict[str, Any]:
    terms: dict[str, Any] = {term: f"cr:{term}" for term in _CROISSANT.split()}
    for term, kind in _TYPES.items():
        terms[term] = {"@id": f"cr:{term}", "@type": kind}
    return {
        "@language": "en",
        "@vocab": "https://schema.org/",
        "cr": "http://mlcommons.org/croissant/",
        "dct": "http://purl.org/dc/terms/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "sc": "https://schema.org/",
        **terms,
        "conformsTo": "dct:conformsTo",
    }

"""UIMA CAS JSON 0.4.0: the successor of XMI, with its type system inside; a file an article.

Source: https://github.com/apache/uima-uimaj-io-jsoncas (SPECIFICATION.adoc). Shortened::

    {"%TYPES": {"….NamedEntity": {"%NAME": "….NamedEntity", "%SUPER_TYPE": "uima.tcas.Annotation",
                                  "value": {"%NAME": "value", "%RANGE": "uima.cas.String"}, …}, …},
     "%FEATURE_STRUCTURES": [
      {"%ID": 1, "%TYPE": "uima.cas.Sofa", "sofaNum": 1, "sofaID": "_InitialView",
       "mimeType": "text", "sofaString": "Ulm slept."},
      {"%ID": 12, "%TYPE": "….NamedEntity", "@sofa": 1, "begin": 0, "end": 3, "value": "GPE", …}],
     "%VIEWS": {"_InitialView": {"%SOFA": 1, "%MEMBERS": [2, …, 12]}}}

The draft leaves open what offsets count; both implementations (Apache's in Java and DKPro's in
Python) write UTF-16 code units, and so do we. Which types stand for what is told in
`annotations.formats._uima`. Read are the same things as of XMI.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar, Final, Never

from annotations.domain.articles import AnnotatedArticle, ArticleDraft, CorpusCard
from annotations.formats import _uima, base
from annotations.formats._article_files import stem_of
from annotations.formats._uima import Annotation, Cas, Sofa
from annotations.formats.base import (
    UNNAMED,
    Fidelity,
    FormatError,
    Option,
    Source,
    WriteReport,
)
from annotations.formats.decoding import check_size

#: How much of a file is looked at to recognise it, in bytes.
_HEAD: Final = 4096
_START: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*\{")
_KEYWORD: Final = re.compile(rb'"%(?:HEADER|TYPES|FEATURE_STRUCTURES)"\s*:')
_SOFA: Final = "uima.cas.Sofa"
#: Keys that are no features: keywords, references and floats that JSON has no number for.
_NO_FEATURE: Final = ("%", "@", "#", "^")

_encode: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode

type _Object = Mapping[str, object]


class Reader(base.Reader):
    """Reads the article of one ``.json`` file that is a CAS."""

    title: ClassVar[str] = "UIMA CAS JSON (INCEpTION)"
    suffixes: ClassVar[tuple[str, ...]] = (".json",)

    def recognises(self, source: Source) -> bool:
        """By the keywords that a CAS starts with."""
        head = source.data[:_HEAD]
        return bool(_START.match(head) and _KEYWORD.search(head))

    def options(self, source: Source) -> tuple[Option, ...]:
        """The layer that holds the names."""
        try:
            return _uima.options_of(_cas(source))
        except FormatError:
            return ()

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """The one article. The charset is UTF-8: JSON has no other.

        Raises FormatError for what is no CAS.
        """
        yield _uima.draft_of(_cas(source), source, "utf-8")


def _cas(source: Source) -> Cas:
    name = source.name
    whole = _parsed(source)
    cas = Cas()
    for number, structure in _feature_structures(whole, name):
        if structure.get("%TYPE") == _SOFA:
            cas.sofas.append(_sofa(number, structure, name))
        elif isinstance(structure.get("@sofa"), int):
            _add(cas, number, structure, name)
    for view in _object(whole.get("%VIEWS", {}), name).values():
        described = _object(view, name)
        members = described.get("%MEMBERS")
        if type(described.get("%SOFA")) is int and isinstance(members, list):
            ids = {one for one in members if type(one) is int}
            cas.members.setdefault(_integer(described, "%SOFA", name), set()).update(ids)
    return cas


def _parsed(source: Source) -> _Object:
    check_size(source.data, source.name)
    try:
        text = source.data.decode("utf-8-sig")
        value = json.loads(text, parse_constant=_refuse_constant)
        if "\\u" in text:  # half of a surrogate pair comes from an escape only
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise FormatError(f"{source.name} holds half of a surrogate pair.") from error
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{source.name} is not UTF-8: byte {error.start + 1} does not fit."
        ) from error
    except json.JSONDecodeError as error:
        message = f"{source.name} is not JSON: {error.msg}"
        raise FormatError(message, line=error.lineno, column=error.colno) from error
    except RecursionError as error:
        raise FormatError(f"{source.name} nests too deeply.") from error
    except ValueError as error:
        raise FormatError(f"{source.name} is not JSON: {error}.") from error
    return _object(value, source.name)


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} is not a number")


def _object(value: object, name: str) -> _Object:
    if not isinstance(value, dict):
        raise FormatError(f"{name} is no UIMA CAS: an object is missing.")
    return value


def _feature_structures(whole: _Object, name: str) -> Iterator[tuple[int, _Object]]:
    """Every feature structure with its id; they come in a list, or in an object by their ids."""
    found = whole.get("%FEATURE_STRUCTURES", [])
    if isinstance(found, dict):
        found = [{"%ID": _id(key), **_object(value, name)} for key, value in found.items()]
    if not isinstance(found, list):
        raise FormatError(f"{name} is no UIMA CAS: “%FEATURE_STRUCTURES” is no list.")
    for value in found:
        structure = _object(value, name)
        yield _integer(structure, "%ID", name), structure


def _id(key: str) -> int | None:
    return int(key) if key.isascii() and key.isdecimal() and len(key) <= 10 else None


def _integer(structure: _Object, key: str, name: str) -> int:
    value = structure.get(key)
    if type(value) is not int or abs(value) >= 2**63:  # True and 3.0 are no offsets
        raise FormatError(f"{name}: “{key}” is missing or not a whole number.")
    return value


def _sofa(number: int, structure: _Object, name: str) -> Sofa:
    text = structure.get("sofaString")
    return Sofa(
        number,
        _integer(structure, "sofaNum", name),
        str(structure.get("sofaID", "")),
        text if isinstance(text, str) else None,
    )


def _add(cas: Cas, number: int, structure: _Object, name: str) -> None:
    """Take in one annotation; other structures, such as chains, have no offsets."""
    values = {key.removeprefix("^"): value for key, value in structure.items()}
    is_relation = {key.removeprefix("@") for key in structure} >= _uima.RELATION
    if is_relation or "begin" not in values or "end" not in values:
        return
    type_name = str(structure.get("%TYPE", ""))
    features = {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in structure.items()
        if not key.startswith(_NO_FEATURE) and isinstance(value, str | int | float)
    }
    strings = cas.strings.setdefault(type_name, {})
    strings |= {key: None for key in features if isinstance(structure[key], str)}
    cas.annotations.append(
        Annotation(
            number,
            _integer(structure, "@sofa", name),
            type_name,
            _integer(values, "begin", name),
            _integer(values, "end", name),
            features,
        )
    )


class Writer(base.Writer):
    """Writes a folder with ``article-<id>.json`` for each article."""

    name: ClassVar[str] = "uima-json"
    title: ClassVar[str] = "UIMA CAS JSON (INCEpTION)"
    suffix: ClassVar[str] = ""
    fidelity: ClassVar[Fidelity] = Fidelity(
        overlaps=True,
        exact_text=True,
        zones=True,
        unreviewed=True,
        losses=_uima.LOSSES,
    )

    def write(
        self, articles: Iterable[AnnotatedArticle], target: Path, corpus: CorpusCard = UNNAMED
    ) -> WriteReport:
        """Write every article; one pass, one article at a time."""
        target.mkdir(exist_ok=True)
        report = WriteReport()
        for article in articles:
            name = f"{stem_of(article)}.json"
            (target / name).write_bytes("".join(_document(article)).encode())
            report.files.append(name)
            report.articles += 1
            report.mentions_in += len(article.mentions)
        report.mentions_out = report.mentions_in
        report.files.sort()
        return report


def _document(article: AnnotatedArticle) -> Iterator[str]:
    """The file, a feature structure a line."""
    yield f'{{"%TYPES": {_TYPES},\n"%FEATURE_STRUCTURES": [\n'
    yield (
        f'{{"%ID": 1, "%TYPE": "{_SOFA}", "sofaNum": 1, "sofaID": "{_uima.INITIAL_VIEW}", '
        f'"mimeType": "text", "sofaString": {_encode(article.text)}}}'
    )
    structures = _uima.structures(article)
    for number, (type_name, begin, end, features) in enumerate(structures, start=2):
        more = f", {_encode(features)[1:-1]}" if features else ""
        yield (
            f',\n{{"%ID": {number}, "%TYPE": "{type_name}", "@sofa": 1, "begin": {begin}, '
            f'"end": {end}{more}}}'
        )
    members = ", ".join(map(str, range(2, len(structures) + 2)))
    yield (f'],\n"%VIEWS": {{"{_uima.INITIAL_VIEW}": {{"%SOFA": 1, "%MEMBERS": [{members}]}}}}}}\n')


_TYPES: Final = _encode(
    {
        type_name: {
            "%NAME": type_name,
            "%SUPER_TYPE": supertype,
            **{
                feature: {"%NAME": feature, "%RANGE": range_type}
                for feature, range_type in features.items()
            },
        }
        for type_name, (supertype, features) in _uima.TYPES.items()
    }
)

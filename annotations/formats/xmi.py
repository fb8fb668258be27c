"""UIMA CAS XMI: what INCEpTION, WebAnno and DKPro exchange; a file for each article.

Source: https://uima.apache.org/d/uimaj-current/ref.html#ugr.ref.xmi. Shortened, with ``…`` for
namespaces and for annotations of the same kind::

    <xmi:XMI xmlns:xmi="http://www.omg.org/XMI" xmlns:cas="…" … xmi:version="2.0">
    <cas:NULL xmi:id="0"/>
    <metadata:DocumentMetaData xmi:id="2" sofa="1" begin="0" end="10" language="en"
     documentTitle="Night" documentId="7"/>
    <segmentation:Token xmi:id="9" sofa="1" begin="0" end="3"/> …
    <ner:NamedEntity xmi:id="12" sofa="1" begin="0" end="3" value="GPE" state="accepted"
     score="0.93" source="tagger 1.0"/>
    <cas:Sofa xmi:id="1" sofaNum="1" sofaID="_InitialView" mimeType="text" sofaString="Ulm slept."/>
    <cas:View sofa="1" members="2 … 12"/>
    </xmi:XMI>

Offsets count UTF-16 code units, line breaks of the text are character references. The types are
described in ``TypeSystem.xml`` beside the articles; which types stand for what is told in
`annotations.formats._uima`.

Read are the first view with a text and, of one layer, the annotations and their labels. Without a
``TypeSystem.xml`` a feature counts as a string where one of its values is neither a number nor a
truth value. Relations, slots and everything else are left out. What XML 1.0 cannot carry cannot
be written: an article with such a character in its text is left out.
"""

import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import ClassVar, Final

from lxml import etree  # type: ignore[import-untyped]

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

TYPE_SYSTEM: Final = "TypeSystem.xml"
_XMI: Final = "http://www.omg.org/XMI"
_ROOT: Final = f"{{{_XMI}}}XMI"
_ID: Final = f"{{{_XMI}}}id"
_CAS: Final = "http:///uima/cas.ecore"
#: The namespace of a type's package, and the type.
_TYPE_TAG: Final = re.compile(r"\{http:///([^}]+)\.ecore\}(.+)")
#: The package of types that have none.
_NO_PACKAGE: Final = "uima.noNamespace."
#: Attributes that are no features.
_POSITION: Final = frozenset({_ID, "sofa", "begin", "end"})
_INTEGER: Final = re.compile(r"-?[0-9]{1,10}")
#: What each word of a value that is no string looks like: numbers, truth values, references.
_NO_STRING: Final = re.compile(r"[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?|true|false|NaN")
#: What XML 1.0 has no way to write (section 2.2).
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Reader(base.Reader):
    """Reads the article of one ``.xmi`` file, with the type system beside it where there is one."""

    title: ClassVar[str] = "UIMA CAS XMI (INCEpTION, WebAnno, DKPro)"
    suffixes: ClassVar[tuple[str, ...]] = (".xmi",)
    companions: ClassVar[tuple[str, ...]] = (TYPE_SYSTEM, "typesystem.xml")

    def options(self, source: Source) -> tuple[Option, ...]:
        """The layer that holds the names."""
        try:
            return _uima.options_of(_cas(source)[0])
        except FormatError:
            return ()

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """The one article. The charset is the one that the XML declares.

        Raises FormatError for what is no XMI, for a document type declaration, and for a
        type system that cannot be read.
        """
        cas, encoding = _cas(source)
        yield _uima.draft_of(cas, source, encoding)


def _cas(source: Source) -> tuple[Cas, str]:
    """What the file holds and the charset that it was read with."""
    ranges = _type_system(source)
    cas, root = Cas(), None
    for element in _children(source.data, source.name):
        if root is None:
            root = element.getparent()
            if root.tag != _ROOT:
                raise FormatError(f"{source.name} is no XMI: its root is not xmi:XMI.")
        _add(cas, element)
    if root is None:
        raise FormatError(f"{source.name} holds no text.")
    cas.strings = _strings(cas, ranges)
    return cas, (root.getroottree().docinfo.encoding or "utf-8").lower()


def _children(data: bytes, name: str) -> Iterator[etree._Element]:
    """The elements below the root, each forgotten once it has been looked at.

    Raises FormatError where the XML is not well-formed or declares a document type, which may
    define entities that grow without bounds.
    """
    check_size(data, name)
    # Without the zero bytes of UTF-16. Other charsets that hide it are found when it is parsed.
    if b"<!DOCTYPE" in data.replace(b"\x00", b""):
        raise _has_document_type(name)
    depth = 0
    try:
        for event, element in etree.iterparse(
            BytesIO(data),
            events=("start", "end"),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        ):
            if event == "start":
                depth += 1
                if depth == 1 and element.getroottree().docinfo.internalDTD is not None:
                    raise _has_document_type(name)
                continue
            depth -= 1
            if depth == 1:
                yield element
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
    except etree.XMLSyntaxError as error:
        raise FormatError(f"{name} is not well-formed XML", line=error.lineno or 1) from error


def _has_document_type(name: str) -> FormatError:
    return FormatError(f"{name} declares a document type, which no UIMA file needs.")


def _add(cas: Cas, element: etree._Element) -> None:
    """Take in one feature structure, or one view."""
    values = element.attrib
    if element.tag == f"{{{_CAS}}}Sofa":
        cas.sofas.append(
            Sofa(
                _integer(element, _ID),
                _integer(element, "sofaNum"),
                values.get("sofaID", ""),
                values.get("sofaString"),
            )
        )
    elif element.tag == f"{{{_CAS}}}View":
        members = cas.members.setdefault(_integer(element, "sofa"), set())
        members.update(int(one) for one in values.get("members", "").split() if one.isdecimal())
    elif (tag := _TYPE_TAG.fullmatch(element.tag)) and {"sofa", "begin", "end"} <= set(values):
        own = {key: value for key, value in values.items() if key not in _POSITION}
        if set(own) >= _uima.RELATION:
            return
        cas.annotations.append(
            Annotation(
                _integer(element, _ID),
                _integer(element, "sofa"),
                f"{tag[1].replace('/', '.')}.{tag[2]}".removeprefix(_NO_PACKAGE),
                _integer(element, "begin"),
                _integer(element, "end"),
                own,
                element.sourceline,
            )
        )


def _integer(element: etree._Element, key: str) -> int:
    value = element.get(key, "")
    if not _INTEGER.fullmatch(value):
        what = etree.QName(key).localname
        raise FormatError(f"“{what}” is missing or not a whole number", line=element.sourceline)
    return int(value)


def _strings(cas: Cas, ranges: dict[str, dict[str, bool]]) -> dict[str, dict[str, None]]:
    """The features of each type that hold strings, in the order in which they first stand."""
    found: dict[str, dict[str, None]] = {}
    for one in cas.annotations:
        known = ranges.get(one.type, {})
        here = found.setdefault(one.type, {})
        for key, value in one.features.items():
            if known.get(key, _is_string(value)):
                here.setdefault(key)
    return found


def _is_string(value: str) -> bool:
    """Whether a value of an unknown range must be a string."""
    return not all(map(_NO_STRING.fullmatch, value.split()))


# --- The type system --------------------------------------------------------------------------


def _type_system(source: Source) -> dict[str, dict[str, bool]]:
    """For the features of each type, inherited ones included, whether they hold strings."""
    for name, data in sorted(source.beside.items()):
        if PurePosixPath(name).name.lower() == TYPE_SYSTEM.lower():
            return _ranges(data, name)
    return {}


def _ranges(data: bytes, name: str) -> dict[str, dict[str, bool]]:
    supertypes: dict[str, str] = {}
    features: dict[str, dict[str, str]] = {}
    for part in _children(data, name):
        for described in part.iterfind("{*}typeDescription"):
            type_name = described.findtext("{*}name", "").strip()
            supertypes[type_name] = described.findtext("{*}supertypeName", "").strip()
            features[type_name] = {
                one.findtext("{*}name", "").strip(): one.findtext("{*}rangeTypeName", "").strip()
                for one in described.iterfind("{*}features/{*}featureDescription")
            }
    return {
        type_name: {
            feature: "uima.cas.String" in _lineage(found, supertypes)
            for ancestor in _lineage(type_name, supertypes)
            for feature, found in features.get(ancestor, {}).items()
        }
        for type_name in features
    }


def _lineage(type_name: str, supertypes: dict[str, str]) -> list[str]:
    """A type and those above it, which a damaged file may lead round in a circle."""
    lineage = [type_name]
    while (above := supertypes.get(lineage[-1])) and above not in lineage:
        lineage.append(above)
    return lineage


# --- Writing ----------------------------------------------------------------------------------


class Writer(base.Writer):
    """Writes a folder with ``article-<id>.xmi`` for each article and one ``TypeSystem.xml``."""

    name: ClassVar[str] = "xmi"
    title: ClassVar[str] = "UIMA CAS XMI (INCEpTION, WebAnno, DKPro)"
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
        """Write every article that XML can carry; one pass, one article at a time."""
        target.mkdir(exist_ok=True)
        (target / TYPE_SYSTEM).write_bytes(_TYPE_SYSTEM.encode())
        report = WriteReport(files=[TYPE_SYSTEM])
        for article in articles:
            if _FORBIDDEN.search(article.text):
                report.articles_left_out["The text holds characters that XML cannot carry."] += 1
                continue
            name = f"{stem_of(article)}.xmi"
            (target / name).write_bytes("".join(_document(article)).encode())
            report.files.append(name)
            report.articles += 1
            report.mentions_in += len(article.mentions)
        report.mentions_out = report.mentions_in
        report.files.sort()
        return report


def _prefix(type_name: str) -> tuple[str, str]:
    """The prefix of the type's namespace and the namespace itself."""
    package = type_name.rpartition(".")[0]
    own = [part for part in package.split(".") if part != "type"][-1]
    return own, f"http:///{package.replace('.', '/')}.ecore"


_TAGS: Final = {name: f"{_prefix(name)[0]}:{name.rpartition('.')[2]}" for name in _uima.TYPES}
_NAMESPACES: Final = "".join(
    f' xmlns:{prefix}="{uri}"'
    for prefix, uri in sorted({("xmi", _XMI), ("cas", _CAS), *map(_prefix, _uima.TYPES)})
)


def _document(article: AnnotatedArticle) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<xmi:XMI{_NAMESPACES} xmi:version="2.0">\n<cas:NULL xmi:id="0"/>\n'
    structures = _uima.structures(article)
    for number, (type_name, begin, end, features) in enumerate(structures, start=2):
        values = ""
        if features:  # most are tokens, which have none
            values = "".join([f' {key}="{_value(value)}"' for key, value in features.items()])
        tag = _TAGS[type_name]
        yield f'<{tag} xmi:id="{number}" sofa="1" begin="{begin}" end="{end}"{values}/>\n'
    members = " ".join(map(str, range(2, len(structures) + 2)))
    yield (
        f'<cas:Sofa xmi:id="1" sofaNum="1" sofaID="{_uima.INITIAL_VIEW}" mimeType="text" '
        f'sofaString="{_escaped(article.text)}"/>\n'
    )
    yield f'<cas:View sofa="1" members="{members}"/>\n'
    yield "</xmi:XMI>\n"


def _value(value: str | float | bool) -> str:
    if isinstance(value, str):
        return _escaped(value)
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _escaped(value: str) -> str:
    """A string as an attribute keeps it: a parser turns bare line breaks and tabs into spaces."""
    value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    value = value.replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")
    return value.replace("\r", "&#13;")


def _described(type_name: str) -> str:
    supertype, features = _uima.TYPES[type_name]
    described = "".join(
        "        <featureDescription>\n"
        f"          <name>{feature}</name>\n"
        "          <description/>\n"
        f"          <rangeTypeName>{range_type}</rangeTypeName>\n"
        "        </featureDescription>\n"
        for feature, range_type in features.items()
    )
    own = f"      <features>\n{described}      </features>\n" if features else ""
    return (
        "    <typeDescription>\n"
        f"      <name>{type_name}</name>\n"
        "      <description/>\n"
        f"      <supertypeName>{supertype}</supertypeName>\n"
        f"{own}    </typeDescription>\n"
    )


_TYPE_SYSTEM: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<typeSystemDescription xmlns="http://uima.apache.org/resourceSpecifier">\n'
    f"  <types>\n{''.join(map(_described, _uima.TYPES))}  </types>\n"
    "</typeSystemDescription>\n"
)

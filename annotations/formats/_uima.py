"""A UIMA CAS, as both of its file formats carry it, and what stands for an article in it.

Source: https://uima.apache.org/d/uimaj-current/ref.html (CAS, views, type system) and, for the
types of newsrooms' and linguists' tools, https://dkpro.github.io/dkpro-core/. A CAS holds one text
or several ("subjects of analysis"), each seen through a view, and feature structures: those with
``begin`` and ``end`` are annotations of a text. Their offsets count UTF-16 code units, since UIMA
is written in Java.

An article is written as these types:

==========================================  =======================================================
``….ner.type.NamedEntity``                  a mention: ``value`` is its label; ``state``, ``score``
                                            and ``source`` say how it came to be
``….segmentation.type.Token``, ``Sentence``  what INCEpTION shows and aligns annotations with
``webanno.custom.Zone``                     a zone: ``zone`` and ``certain``
``….metadata.type.DocumentMetaData``        number (``documentId``), title and language
``….metadata.type.MetaDataStringField``     ``status``, ``layer`` and, after ``meta.``, the metadata
==========================================  =======================================================

Every feature is a plain value of a built-in type, so that programs that do not know one of them
(INCEpTION reads leniently) pass over it and keep the rest.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from annotations.domain.alignment import align
from annotations.domain.articles import AnnotatedArticle, ArticleDraft, Metadata, ReviewStatus
from annotations.domain.mentions import Mention, MentionState
from annotations.domain.text import normalise
from annotations.domain.units import Utf16
from annotations.domain.zones import Zone, ZonedSpan, cover
from annotations.domain.zoning import find_zones
from annotations.formats._article_files import number_in
from annotations.formats._dates import day_of
from annotations.formats.base import SUGGESTIONS_LAYER, FormatError, Option, Source
from annotations.formats.conll import sentence_starts
from annotations.formats.decoding import check_article_length, check_text
from annotations.formats.placing import Claim, Placement, Units, place

_DKPRO: Final = "de.tudarmstadt.ukp.dkpro.core.api."
#: DKPro's named entities, and types below it such as ``Person``, all in one package.
_NAMES_PACKAGE: Final = _DKPRO + "ner.type."
NAMED_ENTITY: Final = _NAMES_PACKAGE + "NamedEntity"
TOKEN: Final = _DKPRO + "segmentation.type.Token"
SENTENCE: Final = _DKPRO + "segmentation.type.Sentence"
META_DATA: Final = _DKPRO + "metadata.type.DocumentMetaData"
STRING_FIELD: Final = _DKPRO + "metadata.type.MetaDataStringField"
ZONE: Final = "webanno.custom.Zone"
DOCUMENT_ANNOTATION: Final = "uima.tcas.DocumentAnnotation"
_ANNOTATION: Final = "uima.tcas.Annotation"
_STRING: Final = "uima.cas.String"
#: Types whose strings are no names.
_NO_LAYERS: Final = frozenset({META_DATA, STRING_FIELD, ZONE, TOKEN, SENTENCE, DOCUMENT_ANNOTATION})
#: What makes an annotation a relation between two others: its span is that of one end.
RELATION: Final = frozenset({"Governor", "Dependent"})
#: INCEpTION's own layers are in this package.
_CUSTOM_PACKAGE: Final = "webanno.custom."

#: What is written: type to its supertype and its own features with their ranges.
TYPES: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    META_DATA: (
        DOCUMENT_ANNOTATION,
        {"documentTitle": _STRING, "documentId": _STRING},
    ),
    STRING_FIELD: (_ANNOTATION, {"key": _STRING, "value": _STRING}),
    NAMED_ENTITY: (
        _ANNOTATION,
        {
            "value": _STRING,
            "state": _STRING,
            "score": "uima.cas.Double",
            "source": _STRING,
        },
    ),
    SENTENCE: (_ANNOTATION, {}),
    TOKEN: (_ANNOTATION, {}),
    ZONE: (_ANNOTATION, {"zone": _STRING, "certain": "uima.cas.Boolean"}),
}
#: What both writers lose.
LOSSES: Final = (
    "Numbers and truth values in the metadata become text.",
    (
        "INCEpTION keeps zones only in a project with a layer webanno.custom.Zone, and state, "
        "score and source of a mention only where its named entities have such features."
    ),
)
INITIAL_VIEW: Final = "_InitialView"

_META_PREFIX: Final = "meta."
#: The keys of the metadata that have a place of their own in `Metadata`.
_META_KEYS: Final = frozenset({"source", "byline", "url", "published_on"})
#: What UIMA writes where nobody has said the language.
_NO_LANGUAGE: Final = "x-unspecified"


type Features = Mapping[str, str | float | bool]
#: An annotation to be written: type, begin and end in UTF-16 code units, features.
type Structure = tuple[str, int, int, Features]

_NO_FEATURES: Final[Features] = {}


def structures(article: AnnotatedArticle) -> list[Structure]:
    """Everything that is written of an article beside its text."""
    offsets = Utf16(article.text)
    length = offsets.length

    def counted(spans: Iterable[tuple[int, int]]) -> Iterable[tuple[int, int]]:
        if not offsets.differs:
            return spans
        return [(offsets.units(start), offsets.units(end)) for start, end in spans]

    document: Features = {
        "language": article.language,
        "documentTitle": normalise(article.title).text,
        "documentId": str(article.id),
    }
    rows: list[Structure] = [(META_DATA, 0, length, document)]
    rows += [
        (STRING_FIELD, 0, length, {"key": key, "value": value}) for key, value in _fields(article)
    ]
    zones = counted((zone.start, zone.end) for zone in article.zones)
    rows += [
        (ZONE, start, end, {"zone": zone.zone.value, "certain": zone.certain})
        for (start, end), zone in zip(zones, article.zones, strict=True)
    ]
    rows += [(SENTENCE, start, end, _NO_FEATURES) for start, end in counted(_sentences(article))]
    rows += [(TOKEN, start, end, _NO_FEATURES) for start, end in counted(article.tokens)]
    names = counted((mention.start, mention.end) for mention in article.mentions)
    rows += [
        (NAMED_ENTITY, start, end, _told(mention))
        for (start, end), mention in zip(names, article.mentions, strict=True)
    ]
    return rows


def _told(mention: Mention) -> Features:
    told: dict[str, str | float | bool] = {"value": mention.label, "state": mention.state.value}
    if mention.score is not None:
        told["score"] = mention.score
    if mention.source:
        told["source"] = mention.source
    return told


def _fields(article: AnnotatedArticle) -> Iterator[tuple[str, str]]:
    yield "status", article.status.value
    yield "layer", article.layer
    for key, value in article.meta.items():
        if value is not None:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            yield _META_PREFIX + normalise(key).text, normalise(text).text


def _sentences(article: AnnotatedArticle) -> Iterator[tuple[int, int]]:
    """The first and last character of each sentence; none for an article without tokens."""
    tokens = list(article.tokens)
    if not tokens:
        return
    first = 0
    for cut in sentence_starts(article, tokens, align(article.mentions, tokens).fits):
        yield tokens[first][0], tokens[cut - 1][1]
        first = cut
    yield tokens[first][0], tokens[-1][1]


# --- Reading ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sofa:
    """A subject of analysis; ``text`` is None where it is no text."""

    id: int
    number: int
    name: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Annotation:
    """An annotation as the file has it, in UTF-16 code units; ``line`` counts from 1."""

    id: int
    sofa: int
    type: str
    begin: int
    end: int
    features: Mapping[str, str]
    line: int | None = None


@dataclass(slots=True)
class Cas:
    """What a file holds. ``members`` are the indexed annotations by the id of their sofa.

    ``strings`` names the features of each type whose values are strings, in the file's order.
    """

    sofas: list[Sofa] = field(default_factory=list)
    annotations: list[Annotation] = field(default_factory=list)
    members: dict[int, set[int]] = field(default_factory=dict)
    strings: dict[str, dict[str, None]] = field(default_factory=dict)


def options_of(cas: Cas) -> tuple[Option, ...]:
    """The choice of the layer that holds the names, and of the feature that holds their labels.

    Empty where there is nothing to choose from.
    """
    sofa = _first_text(cas)
    layers = {} if sofa is None else _layers(cas, _of(cas, sofa))
    if not layers:
        return ()
    guess = _guess(layers)
    choices = tuple(
        (layer, f"{_short(layer)} ({count:,} spans)") for layer, count in layers.items()
    )
    layer_option = Option("layer", "Layer that holds the names", guess, choices)
    features = dict.fromkeys(key for layer in layers for key in cas.strings.get(layer, {}))
    if len(features) < 2:
        return (layer_option,)
    return (
        layer_option,
        Option(
            "feature",
            "Feature that holds their labels",
            _label_feature(cas, guess, ""),
            tuple((feature, feature) for feature in features),
        ),
    )


def draft_of(cas: Cas, source: Source, encoding: str) -> ArticleDraft:
    """The article of a CAS.

    Raises FormatError for a CAS without text, or with one that is too long.
    """
    sofa = _first_text(cas)
    if sofa is None or sofa.text is None:
        raise FormatError(f"{source.name} holds no text.")
    check_article_length(sofa.text, source.name)
    annotations = _of(cas, sofa)
    fields = {
        _clean(one.features.get("key", "")): _clean(one.features.get("value", ""))
        for one in annotations
        if one.type == STRING_FIELD
    }
    is_ours = "status" in fields
    if not is_ours:  # an article of ours may be empty
        check_text(sofa.text, source.name)
    notes = _notes_on_views(cas, sofa)
    layer = _chosen_layer(cas, annotations, source, notes)
    feature = _label_feature(cas, layer, source.options.get("feature", ""))
    if feature != "value":
        notes.append(f"The labels are the values of “{feature}” in the layer “{_short(layer)}”.")
    claims = _claims(annotations, layer, feature, fields)
    placed = place(sofa.text, claims, units=Units.UTF_16)
    document = _document(annotations)
    metadata = _metadata(document, fields, source, is_ours=is_ours)
    return ArticleDraft(
        text=placed.text,
        metadata=metadata,
        zones=_zones(annotations, sofa.text, placed, metadata.title),
        mentions=placed.mentions,
        unplaced=placed.unplaced,
        status=_status(fields, placed),
        layer=fields.get("layer", ""),
        encoding=encoding,
        changes=placed.changes,
        notes=(*placed.notes, *notes),
        number=_number(document, source),
        extra={
            key.removeprefix(_META_PREFIX): value
            for key, value in fields.items()
            if key.startswith(_META_PREFIX) and key.removeprefix(_META_PREFIX) not in _META_KEYS
        },
    )


def _first_text(cas: Cas) -> Sofa | None:
    """The view that is read: of those with a text the first that was made."""
    texts = [sofa for sofa in cas.sofas if sofa.text is not None]
    return min(texts, key=lambda sofa: sofa.number, default=None)


def _of(cas: Cas, sofa: Sofa) -> list[Annotation]:
    """The annotations of a text. What is not indexed in its view was deleted."""
    members = cas.members.get(sofa.id, set())
    return [one for one in cas.annotations if one.sofa == sofa.id and one.id in members]


def _notes_on_views(cas: Cas, chosen: Sofa) -> list[str]:
    others = [f"“{_clean(sofa.name)}”" for sofa in cas.sofas if sofa is not chosen]
    if not others:
        return []
    return [
        f"The file has several views: “{_clean(chosen.name)}” was read, not {', '.join(others)}."
    ]


def _layers(cas: Cas, annotations: list[Annotation]) -> dict[str, int]:
    """The layers that may hold names, with their numbers of spans; the largest first."""
    counts = Counter(_layer(one.type) for one in annotations if one.type not in _NO_LAYERS)
    return {
        layer: count
        for layer, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        if layer == NAMED_ENTITY or cas.strings.get(layer)
    }


def _layer(type_name: str) -> str:
    return NAMED_ENTITY if type_name.startswith(_NAMES_PACKAGE) else type_name


def _guess(layers: Mapping[str, int]) -> str:
    if NAMED_ENTITY in layers:
        return NAMED_ENTITY
    return next((layer for layer in layers if layer.startswith(_CUSTOM_PACKAGE)), "")


def _chosen_layer(cas: Cas, annotations: list[Annotation], source: Source, notes: list[str]) -> str:
    layers = _layers(cas, annotations)
    chosen = source.options.get("layer") or _guess(layers)
    if not chosen and layers:
        names = ", ".join(f"“{_short(layer)}”" for layer in layers)
        notes.append(f"No layer of names was read. The file has these layers: {names}.")
    elif chosen and chosen not in layers:
        notes.append(f"The file has no layer “{_short(chosen)}”, so no names were read.")
    elif not chosen and (without := _without_strings(annotations)):
        names = ", ".join(f"“{_short(layer)}” ({count:,})" for layer, count in without.items())
        notes.append(f"No names were read: no annotation has a label. What there is: {names}.")
    return chosen


def _without_strings(annotations: list[Annotation]) -> Counter[str]:
    """How many annotations there are of each type that is not the file's own bookkeeping."""
    return Counter(one.type for one in annotations if one.type not in _NO_LAYERS)


def _short(type_name: str) -> str:
    return type_name.rpartition(".")[2]


def _claims(
    annotations: list[Annotation], layer: str, feature: str, fields: Mapping[str, str]
) -> Iterator[Claim]:
    usual = (
        MentionState.SUGGESTED if fields.get("layer") == SUGGESTIONS_LAYER else MentionState.ADDED
    )
    for one in annotations:
        if not layer or _layer(one.type) != layer:
            continue
        label = _clean(one.features.get(feature, "")).strip()
        if not label and one.type != layer:
            label = _short(one.type)  # such as Person, which says it all
        yield Claim(
            one.begin,
            one.end,
            label,
            line=one.line,
            state=_state(one.features.get("state", ""), usual),
            score=_score(one.features.get("score", "")),
            source=_clean(one.features.get("source", "")),
        )


def _label_feature(cas: Cas, layer: str, chosen: str) -> str:
    """The feature that holds the labels: the one chosen, else *value*, else the first string."""
    strings = cas.strings.get(layer, {})
    if chosen in strings:
        return chosen
    return "value" if layer == NAMED_ENTITY or "value" in strings else next(iter(strings), "value")


def _state(value: str, usual: MentionState) -> MentionState:
    return MentionState(value) if value in set(MentionState) else usual


def _score(value: str) -> float | None:
    try:
        score = float(value)
    except ValueError:
        return None
    return score if 0 <= score <= 1 else None


def _document(annotations: list[Annotation]) -> dict[str, str]:
    """What the file says of the document as a whole, DKPro's type last."""
    found: dict[str, str] = {}
    for type_name in (DOCUMENT_ANNOTATION, META_DATA):
        for one in annotations:
            if one.type == type_name:
                found |= {key: _clean(value) for key, value in one.features.items()}
    return found


def _metadata(
    document: Mapping[str, str], fields: Mapping[str, str], source: Source, *, is_ours: bool
) -> Metadata:
    title = document.get("documentTitle", "")
    # Tools that know no title put the name of the file there.
    if not is_ours and title in {document.get("documentId"), source.name, source.stem}:
        title = ""
    language = document.get("language", "")
    return Metadata(
        title=title,
        source=fields.get(_META_PREFIX + "source", ""),
        byline=fields.get(_META_PREFIX + "byline", ""),
        url=fields.get(_META_PREFIX + "url", ""),
        published_on=day_of(fields.get(_META_PREFIX + "published_on", "")),
        language=source.language if language in {"", _NO_LANGUAGE} else language,
    )


def _number(document: Mapping[str, str], source: Source) -> int | None:
    """The number that we wrote. INCEpTION puts the name of the file in its place."""
    told = document.get("documentId", "")
    return (
        number_in(f"article-{told}")
        or number_in(PurePosixPath(told).stem)
        or number_in(source.stem)
    )


def _status(fields: Mapping[str, str], placed: Placement) -> ReviewStatus:
    """As the file says, else open where somebody has marked something."""
    status = fields.get("status", "")
    if status in set(ReviewStatus):
        return ReviewStatus(status)
    return ReviewStatus.OPEN if placed.mentions else ReviewStatus.UNREVIEWED


def _zones(
    annotations: list[Annotation], text: str, placed: Placement, title: str
) -> tuple[ZonedSpan, ...]:
    """The zones of the file, or those found in the text where they don't cover it."""
    zones = sorted(_file_zones(annotations, Utf16(text)), key=lambda zone: zone.start)
    if zones and placed.text == text and cover(zones, text):
        return tuple(zones)
    return find_zones(placed.text, headline=title)


def _file_zones(annotations: list[Annotation], offsets: Utf16) -> Iterator[ZonedSpan]:
    for one in annotations:
        zone = one.features.get("zone", "")
        start, end = offsets.point(one.begin), offsets.point(one.end)
        if one.type == ZONE and zone in set(Zone) and start is not None and end is not None:
            yield ZonedSpan(start, end, Zone(zone), one.features.get("certain") != "false")


def _clean(value: str) -> str:
    """A string as the database can hold it."""
    return normalise(value).text

"""What the labels of somebody else's file are called in a corpus.

A corpus has a closed scheme. A label that it lacks is one of its labels by another name, becomes a
new one, or its mentions are left out; a person decides, and this proposes.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from annotations.domain.articles import ArticleDraft, Unplaced
from annotations.domain.labels import LABEL_NAME, PRESETS, translate
from annotations.domain.mentions import Mention, in_reading_order

#: Said of a foreign label: it becomes a label of the scheme. No label can be called so.
NEW: Final = "+"
#: Said of a foreign label: its mentions are left out.
LEFT_OUT: Final = ""

#: How other schemes call what OntoNotes has a name for; in capitals, without separators.
_SYNONYMS: Final = {
    "PERSON": ("PER", "PERS", "PERSNAME", "PEOPLE", "HUMAN"),
    "ORG": ("ORGANIZATION", "ORGANISATION", "ORGNAME", "CORPORATION", "COMPANY", "INSTITUTION"),
    "GPE": ("GEOAREA", "COUNTRY", "CITY", "PLACE", "PLACENAME", "SETTLEMENT"),
    "LOC": ("LOCATION", "GEO", "REGION", "GEOGNAME"),
    "NORP": ("NATIONALITY", "GROUP", "RELIGION", "DEMONYM"),
    "FAC": ("FACILITY", "POI", "BUILDING"),
    "PRODUCT": ("PROD", "OBJECT", "VEHICLE", "VEH", "WEAPON", "WEA"),
    "EVENT": ("EVE", "EVT"),
    "WORKOFART": ("WORK", "CREATIVEWORK", "TITLE", "OBJECTTITLE"),
    "DATE": ("CHRON", "TIMEX", "TIMEX3", "DAT"),
    "MONEY": ("CURRENCY",),
    "QUANTITY": ("MEASURE",),
    "CARDINAL": ("NUM", "NUMBER", "NUMERIC"),
}
_ONTONOTES_NAMES: Final = {"WORKOFART": "WORK_OF_ART"}
_BY_SYNONYM: Final = {
    word: _ONTONOTES_NAMES.get(name, name)
    for name, words in _SYNONYMS.items()
    for word in (name, *words)
}


#: What stands in for a kind of place that a scheme tells nothing apart of.
_NEAREST: Final = {"GPE": ("LOC",), "LOC": ("GPE",), "FAC": ("LOC", "GPE")}


def heard_as(machine_label: str, names: frozenset[str], preset: str) -> str | None:
    """What a pipeline's label is called in a scheme; None where the scheme has no such thing.

    Beyond `translate` it knows a label by what it is usually called: a corpus of “Person” and
    “Location” gets a pipeline's PERSON and GPE. For a label of the preset that was removed since
    only one of the same meaning stands in.
    """
    exact = translate(machine_label, names, preset)
    if exact is not None:
        return exact
    is_removed = preset in PRESETS and machine_label in PRESETS[preset].names
    nearest = () if is_removed else _NEAREST.get(machine_label, ())
    for meaning in (machine_label, *nearest):
        for name in sorted(names):
            if _BY_SYNONYM.get(_plain(name)) == meaning:
                return name
    return None


def proposed(foreign: str, names: frozenset[str], preset: str) -> str:
    """What to call a foreign label in a scheme of these ``names``: one of them, or `NEW`.

    ``preset`` is the scheme that it began as, whose own reading of OntoNotes is used.
    """
    exact = translate(foreign, names, preset)
    if exact is not None:
        return exact
    plain = _plain(foreign)
    for name in sorted(names):
        if _plain(name) == plain:
            return name
    known = _BY_SYNONYM.get(plain)
    return (translate(known, names, preset) if known else None) or NEW


def storable(foreign: str) -> str:
    """A foreign label as the name of a label: its letters and digits, at most 50 of them."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", foreign).strip("_-")[:50]
    return name if LABEL_NAME.match(name) else f"LABEL_{name}"[:50].rstrip("_-")


def mapped(draft: ArticleDraft, mapping: Mapping[str, str]) -> ArticleDraft:
    """The draft with its labels renamed; a label that ``mapping`` does not name keeps its name.

    Mentions whose label is `LEFT_OUT` are listed among the unplaced, and so are those that become
    equal to another one.
    """
    if not any(mention.label in mapping for mention in draft.mentions):
        return draft
    kept: dict[tuple[int, int, str], Mention] = {}
    left: list[Unplaced] = []
    for mention in draft.mentions:
        target = mapping.get(mention.label, mention.label)
        renamed = replace(mention, label=target)
        if target == LEFT_OUT:
            left.append(_left(draft, mention, "its label was not wanted"))
        elif renamed.key in kept:
            left.append(_left(draft, mention, f"there it is {target} already"))
        else:
            kept[renamed.key] = renamed
    mentions = tuple(in_reading_order(kept.values()))
    return replace(draft, mentions=mentions, unplaced=(*draft.unplaced, *left))


def _left(draft: ArticleDraft, mention: Mention, reason: str) -> Unplaced:
    quote = mention.span.of(draft.text)
    return Unplaced(mention.start, mention.end, mention.label, quote, reason)


def _plain(label: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", label.upper())

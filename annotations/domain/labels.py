"""Label schemes as values: the presets, and what a label needs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

#: The number of hue classes, ``hue-1`` to ``hue-12``, that the style sheet defines.
HUES: Final = 12
#: What a label may be called: safe in brat, CoNLL, HTML classes and file names alike.
LABEL_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,49}\Z")
#: The digits that set the first ten labels of a scheme, in the order of the keyboard.
DIGIT_KEYS: Final = "1234567890"


@dataclass(frozen=True, slots=True)
class LabelValue:
    """One category: its name in files, what it means, its hue (1 to 12) and its key."""

    name: str
    description: str
    hue: int
    key: str = ""


@dataclass(frozen=True, slots=True)
class LabelScheme:
    """A closed, ordered set of labels; names and keys are unique within it."""

    name: str
    title: str
    labels: tuple[LabelValue, ...]

    def __iter__(self) -> Iterator[LabelValue]:
        return iter(self.labels)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(label.name for label in self.labels)


def _scheme(name: str, title: str, *rows: tuple[str, str, int, str]) -> LabelScheme:
    return LabelScheme(name, title, tuple(LabelValue(*row) for row in rows))


#: OntoNotes 5 named entities, as the English pipelines of spaCy name them.
ONTONOTES: Final = _scheme(
    "ontonotes",
    "OntoNotes (18 labels)",
    ("PERSON", "People, including fictional ones", 1, "1"),
    ("ORG", "Companies, agencies, institutions, parties, teams", 2, "2"),
    ("GPE", "Countries, cities, states: places with a government", 3, "3"),
    ("LOC", "Mountains, seas, regions: places without a government", 4, "4"),
    ("NORP", "Nationalities, religious and political groups", 5, "5"),
    ("DATE", "Days, dates and periods of a day or longer", 6, "6"),
    ("FAC", "Buildings, airports, bases, bridges, roads", 7, "7"),
    ("EVENT", "Named battles, wars, storms, sports events", 8, "8"),
    ("PRODUCT", "Vehicles, weapons, devices, foods; not services", 9, "9"),
    ("TIME", "Times and periods shorter than a day", 10, "0"),
    ("MONEY", "Amounts of money with their unit", 11, "m"),
    ("WORK_OF_ART", "Titles of books, films, songs, pictures", 12, "w"),
    ("LAW", "Named laws, treaties, court cases", 5, "l"),
    ("LANGUAGE", "Named languages", 7, "g"),
    ("PERCENT", "Percentages with their sign or word", 11, "p"),
    ("QUANTITY", "Measurements of weight, length, area", 9, "q"),
    ("ORDINAL", "First, second and so on", 10, "o"),
    ("CARDINAL", "Numerals that no other label covers", 6, "c"),
)

#: The four categories of the CoNLL-2003 shared task.
CONLL: Final = _scheme(
    "conll",
    "CoNLL (4 labels)",
    ("PER", "People", 1, "1"),
    ("ORG", "Organisations", 2, "2"),
    ("LOC", "Places", 3, "3"),
    ("MISC", "Other names: nationalities, events, works, products", 5, "4"),
)

#: The concept natures of IPTC NewsCodes (``cpnat:``) that occur as mentions in news.
IPTC: Final = _scheme(
    "iptc",
    "IPTC news (7 labels)",
    ("person", "A human being", 1, "1"),
    ("organisation", "An organisation", 2, "2"),
    ("geoArea", "A geopolitical or geographical area", 3, "3"),
    ("poi", "A point of interest: a building, venue or site", 7, "4"),
    ("event", "A newsworthy event", 8, "5"),
    ("object", "A product, vehicle, weapon or work", 9, "6"),
    ("abstract", "A concept: a nationality, law, language, belief", 5, "7"),
)

PRESETS: Final = {scheme.name: scheme for scheme in (ONTONOTES, CONLL, IPTC)}

#: What a pipeline that speaks OntoNotes means in the other presets. None: no such label.
ONTONOTES_TO_PRESET: Final[dict[str, dict[str, str | None]]] = {
    "ontonotes": {name: name for name in ONTONOTES.names},
    "conll": {
        "PERSON": "PER",
        "ORG": "ORG",
        "GPE": "LOC",
        "LOC": "LOC",
        "FAC": "LOC",
        "NORP": "MISC",
        "EVENT": "MISC",
        "PRODUCT": "MISC",
        "WORK_OF_ART": "MISC",
        "LAW": "MISC",
        "LANGUAGE": "MISC",
    },
    "iptc": {
        "PERSON": "person",
        "ORG": "organisation",
        "GPE": "geoArea",
        "LOC": "geoArea",
        "FAC": "poi",
        "EVENT": "event",
        "PRODUCT": "object",
        "WORK_OF_ART": "object",
        "NORP": "abstract",
        "LAW": "abstract",
        "LANGUAGE": "abstract",
    },
}


def translate(machine_label: str, names: frozenset[str], preset: str) -> str | None:
    """What a machine's label is called in a scheme; None where the scheme has no such thing.

    A scheme's own name wins, so that a pipeline trained on a corpus needs no table; else the
    table of the preset that the scheme began as, if the result has not been removed since.
    """
    if machine_label in names:
        return machine_label
    known = ONTONOTES_TO_PRESET.get(preset, {}).get(machine_label)
    return known if known in names else None

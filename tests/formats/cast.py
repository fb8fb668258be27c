"""The articles that the format tests share: invented news, and texts made to break offsets."""

import re
from pathlib import Path
from typing import Final

import pytest
from hypothesis import strategies as st

from annotations.domain.articles import AnnotatedArticle, ReviewStatus
from annotations.domain.mentions import Mention, MentionState, in_reading_order
from annotations.domain.text import normalise
from annotations.domain.zones import Zone, ZonedSpan

NEWS: Final = """\
Ferry line returns to Port Alder

PORT ALDER (Coast Wire) — Mayor Ines Okafor cut a ribbon on Monday as the first ferry since 2009 \
left for Tern Island.

“We waited long enough,” Okafor said. The line is run by Alder Marine Co. and costs 4.50 euros.
Critics at the Tern Island Council were not convinced!
"""

TORTURE: Final = (
    "👩‍👩‍👧‍👦 Zo\u00eb Müller-Đặng met Zoe\u0308 in New\u00a0Ulm\u00a0— 🇪🇺.\n"
    "قال خالد الأسعد إن القاهرة هادئة، ו\u05d3\u05d5\u05d3 כהן מירושלים הסכים.\u200f\n"
    "Line\u2028separator, para\u2029graph, Pyong\u00adyang, 𠮷野家 and 😀Acme Corp😀.\n"
    "\u3000O’Shaughnessy\u202f(B-1B) flew\u00a0\u00a0home\tat\u200b02:21."
)

SAMPLE: Final = Path(__file__).parents[3] / "shared/samples/cnn-2017-07-08-b1-bombers.txt"


def mark(text: str, quote: str, label: str, nth: int = 0, **more: object) -> Mention:
    """The ``nth`` occurrence of ``quote`` as a mention."""
    starts = [match.start() for match in re.finditer(re.escape(quote), text)]
    return Mention(starts[nth], starts[nth] + len(quote), label, **more)  # type: ignore[arg-type]


def article(text: str, *mentions: Mention, **more: object) -> AnnotatedArticle:
    """A finished article of the gold layer; ``more`` replaces any field."""
    fields: dict[str, object] = {
        "id": 1,
        "title": "",
        "language": "en",
        "status": ReviewStatus.FINISHED,
        "layer": "gold",
        "meta": {"source": "Coast Wire", "byline": "", "url": "", "published_on": "2017-07-08"},
        "zones": zones_of(text),
        "mentions": tuple(in_reading_order(mentions)),
        "tokens": tokens_of(text),
    }
    return AnnotatedArticle(text=text, **{**fields, **more})  # type: ignore[arg-type]


def zones_of(text: str) -> tuple[ZonedSpan, ...]:
    """A paragraph for every line that is not blank."""
    lines = re.finditer(r"[^\n]*\S[^\n]*", text)
    return tuple(ZonedSpan(*line.span(), Zone.PARAGRAPH) for line in lines)


def tokens_of(text: str) -> tuple[tuple[int, int], ...]:
    return tuple(token.span() for token in re.finditer(r"\w+|[^\w\s]", text))


def news(**more: object) -> AnnotatedArticle:
    return article(
        NEWS,
        mark(NEWS, "Port Alder", "GPE"),
        mark(NEWS, "Coast Wire", "ORG"),
        mark(NEWS, "Ines Okafor", "PERSON", state=MentionState.ACCEPTED, score=0.75),
        mark(NEWS, "Monday", "DATE"),
        mark(NEWS, "Tern Island", "LOC"),
        mark(NEWS, "Okafor", "PERSON", 1, state=MentionState.CHANGED, score=0.5, source="ada"),
        mark(NEWS, "Alder Marine Co.", "ORG"),
        mark(NEWS, "Tern Island Council", "ORG"),
        title="Ferry line returns",
        **more,
    )


def torture(**more: object) -> AnnotatedArticle:
    quotes = {
        "Zo\u00eb Müller-Đặng": "PERSON",
        "New\u00a0Ulm": "GPE",
        "خالد الأسعد": "PERSON",
        "القاهرة": "GPE",
        "כהן": "PERSON",
        "separator": "MISC",
        "graph": "MISC",
        "Acme Corp": "ORG",
        "home": "LOC",
    }
    return article(TORTURE, *(mark(TORTURE, q, label) for q, label in quotes.items()), **more)


def controls(**more: object) -> AnnotatedArticle:
    """Control characters that may be stored: some end lines for some programs, others are none."""
    text = "Kelp\u0085Corp. met\x7f Ada\x9cBerg,\nand\tUlm left.\u0085\nTern\u2028Isle \x80Ulm\x9f."
    return article(
        text,
        mark(text, "Kelp\u0085Corp", "ORG"),
        mark(text, "Ada\x9cBerg", "PERSON"),
        mark(text, "Ulm", "GPE"),
        mark(text, "Tern\u2028Isle", "LOC"),
        mark(text, "\x80Ulm\x9f", "GPE"),
        **more,
    )


def nested(**more: object) -> AnnotatedArticle:
    """A quotation around a person, a person around a place, and two that cross."""
    text = "“Ulm-West FC lost to New Ulm,” said Ada Ulm of Ulm."
    return article(
        text,
        mark(text, "“Ulm-West FC lost to New Ulm,”", "QUOTE"),
        mark(text, "Ulm-West FC", "ORG"),
        mark(text, "Ulm", "GPE"),
        mark(text, "West FC lost", "EVENT"),
        mark(text, "New Ulm", "GPE"),
        mark(text, "Ada Ulm", "PERSON"),
        mark(text, "Ulm", "GPE", 3),
        mark(text, "Ulm", "LOC", 3),
        **more,
    )


def empty(**more: object) -> AnnotatedArticle:
    return article("", **more)


def sample(**more: object) -> AnnotatedArticle:
    """The real article with every occurrence of some names marked; skips where it is absent."""
    if not SAMPLE.exists():
        pytest.skip("the sample text is not on this machine")
    text = normalise(SAMPLE.read_bytes().decode()).text
    names = {"CNN": "ORG", "North Korea": "GPE", "Guam": "LOC", "China": "GPE", "Tuesday": "DATE"}
    found = [
        Mention(*match.span(), label)
        for name, label in names.items()
        for match in re.finditer(rf"\b{name}\b", text)
    ]
    return article(text, *found, **more)


#: Texts that can be stored, rich in what breaks offsets.
texts = st.text(
    st.sampled_from("ab.!?”“)C -\n\t\u00a0\u2028\u0301\u200d\u00ad👩😀𠮷אبé")
    | st.characters(exclude_categories=["Cs"]),
    max_size=60,
).map(lambda text: normalise(text).text)


#: What metadata may hold.
plain = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | texts
    | st.floats(allow_nan=False, allow_infinity=False)
)


@st.composite
def articles(draw: st.DrawFn) -> AnnotatedArticle:
    """Any article that the database may hold; mentions may overlap and need not fit tokens."""
    text = draw(texts)
    drawn = draw(st.lists(mentions_in(text), max_size=8)) if text else []
    return article(
        text,
        *{mention.key: mention for mention in drawn}.values(),
        id=draw(st.integers(1, 2**40)),
        title=draw(texts),
        language=draw(st.sampled_from(["en", "de", "ar", "ja", "en-GB", "qqq"])),
        status=draw(st.sampled_from(ReviewStatus)),
        layer=draw(st.sampled_from(["gold", "suggestions", "ada"])),
        meta={
            "source": draw(texts),
            "byline": draw(texts),
            "url": draw(st.sampled_from(["", "https://news.example/a?b=ü"])),
            "published_on": draw(st.none() | st.dates().map(str)),
            **draw(st.dictionaries(st.sampled_from(["desk", "größe", ""]), plain)),
        },
    )


@st.composite
def mentions_in(draw: st.DrawFn, text: str) -> Mention:
    start = draw(st.integers(0, len(text) - 1))
    return Mention(
        start,
        draw(st.integers(start + 1, len(text))),
        draw(st.sampled_from(["ORG", "GPE", "WORK_OF_ART"])),
        draw(st.sampled_from(MentionState)),
        draw(st.none() | st.floats(0, 1)),
        draw(st.sampled_from(["", "tagger 1.0", "ada"])),
    )

"""Invented news text of any length, always the same for the same arguments."""

import json
import random
import re
from itertools import islice

PEOPLE = ("Ana Ruiz", "Tomasz Wójcik", "Priya Nair", "Samuel Osei", "Ingrid Solberg", "Li Wei")
PLACES = ("Ghent", "Kampala", "Oslo", "Santa Fe", "Busan", "Lake Victoria", "Leeds")
BODIES = ("Harbour Authority", "Northern Rail", "Acme Foods", "City Council", "Unity Bank")
_NAMED = re.compile("|".join((*PEOPLE, *PLACES)))
_DAYS = ("Monday", "on 4 March", "last year", "in early June", "Thursday")
_FRAMES = (
    "{person} of the {body} said {day} that the bridge in {place} would stay closed.",
    "The {body} has sent 42 engineers to {place}, {person} told reporters {day}.",
    "“We have seen this before,” {person} said, “and {place} is ready for it.”",
    "Nobody at the {body} could say what the repairs would cost the people of {place}.",
    "{day} the talks between {place} and the {body} ended without a word to the press.",
)


def article(words: int, seed: int = 0) -> str:
    """About that many words, in paragraphs of three sentences."""
    dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    paragraphs, count = [f"Report {seed}: what the week brought"], 6
    while count < words:
        sentences = [_sentence(dice) for _ in range(3)]
        paragraphs.append(" ".join(sentences))
        count += sum(len(sentence.split()) for sentence in sentences)
    return "\n\n".join(paragraphs)


def _sentence(dice: random.Random) -> str:
    frame = dice.choice(_FRAMES)
    return frame.format(
        person=dice.choice(PEOPLE),
        body=dice.choice(BODIES),
        place=dice.choice(PLACES),
        day=dice.choice(_DAYS),
    )


def annotated(count: int, *, words: int, mentions: int, seed: int) -> bytes:
    """So many articles as JSON Lines, with up to so many suggested mentions each."""
    return b"".join(_annotated(article(words, seed + n), mentions) for n in range(count))


def _annotated(text: str, mentions: int) -> bytes:
    spans: list[dict[str, object]] = []
    for match in islice(_NAMED.finditer(text), mentions):
        start, end = match.span()
        span = {"start": start, "end": end, "label": "PERSON", "text": match.group()}
        spans.append({**span, "state": "suggested"})
    record = {"text": text, "layer": "suggestions", "spans": spans}
    return json.dumps(record, ensure_ascii=False).encode() + b"\n"

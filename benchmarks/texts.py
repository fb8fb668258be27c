"""Invented news text of any length, always the same for the same arguments."""

import random

PEOPLE = ("Ana Ruiz", "Tomasz Wójcik", "Priya Nair", "Samuel Osei", "Ingrid Solberg", "Li Wei")
PLACES = ("Ghent", "Kampala", "Oslo", "Santa Fe", "Busan", "Lake Victoria", "Leeds")
BODIES = ("Harbour Authority", "Northern Rail", "Acme Foods", "City Council", "Unity Bank")
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

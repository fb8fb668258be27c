"""In which order the review page walks what needs eyes."""

from enum import StrEnum


class ReviewOrder(StrEnum):
    """As it stands in the text, or what the machine is least sure of first."""

    READING = "reading"
    DOUBT = "doubt"

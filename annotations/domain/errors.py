"""The ways in which a request about an article can be refused.

Each error carries the data that a message needs. They are raised where the rule
lives and turned into an exit code or an HTTP status once, at the edge.
"""


class AnnotationError(Exception):
    """A request that cannot be carried out; ``str()`` is a sentence for a person."""


class EmptySpan(AnnotationError):
    """A span whose end does not lie beyond its start."""

    def __init__(self, start: int, end: int) -> None:
        super().__init__(f"A mention needs at least one character (got {start} to {end}).")
        self.start = start
        self.end = end


class SpanOutOfText(AnnotationError):
    """A span that reaches beyond the text it points into."""

    def __init__(self, start: int, end: int, length: int) -> None:
        super().__init__(
            f"Characters {start} to {end} do not lie within the text, which has {length}."
        )
        self.start = start
        self.end = end
        self.length = length


class QuoteMismatch(AnnotationError):
    """The text at a span is not what the caller saw there."""

    def __init__(self, start: int, end: int, expected: str, found: str) -> None:
        super().__init__(
            f"The text at {start} to {end} is “{found}”, not “{expected}”. Nothing was changed."
        )
        self.start = start
        self.end = end
        self.expected = expected
        self.found = found


class OverlapNotAllowed(AnnotationError):
    """A mention that would cross or repeat another where the corpus forbids it."""

    def __init__(self, quote: str, other: str) -> None:
        super().__init__(
            f"“{quote}” would overlap “{other}”. This corpus does not allow overlapping mentions."
        )
        self.quote = quote
        self.other = other


class UnknownLabel(AnnotationError):
    """A label that the corpus's scheme does not have."""

    def __init__(self, label: str) -> None:
        super().__init__(f"This corpus has no label “{label}”.")
        self.label = label


class UnknownMention(AnnotationError):
    """A decision about a mention that is not there (any more)."""

    def __init__(self, mention: str) -> None:
        super().__init__("This mention has changed since the page was loaded.")
        self.mention = mention


class StaleRevision(AnnotationError):
    """A decision made on a state that is no longer the newest."""

    def __init__(self, seen: int, current: int) -> None:
        super().__init__(
            "The article was changed elsewhere since this page was loaded. "
            "Nothing was overwritten; this is how it stands now."
        )
        self.seen = seen
        self.current = current


class SuggestionsUnseen(AnnotationError):
    """Finishing an article whose newest suggestions the person has not seen."""

    def __init__(self) -> None:
        super().__init__(
            "New suggestions arrived since this page was loaded. Look at them before you finish."
        )


class NothingToUndo(AnnotationError):
    """Undo or redo with nothing left in that direction."""

    def __init__(self, direction: str) -> None:
        super().__init__(f"There is nothing to {direction}.")
        self.direction = direction

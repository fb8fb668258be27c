"""What every row that points into a text has in common."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from annotations.domain.spans import Span


class SpanFields(models.Model):
    """A half-open stretch ``[start, end)`` in code points of the article's text.

    ``quote`` repeats the characters there, so that a shifted offset cannot go unnoticed.
    """

    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    quote = models.TextField()

    class Meta:
        abstract = True
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(start__lt=F("end")),
                name="%(class)s_is_not_empty",
                violation_error_message="A mention needs at least one character.",
            ),
        ]

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

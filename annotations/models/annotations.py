"""What people assert: mentions, and that a suggestion is none."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from annotations.domain.mentions import MentionState
from annotations.models.labels import Label
from annotations.models.reviews import Review
from annotations.models.spans import SpanFields


class SpanQuerySet(models.QuerySet["Annotation"]):
    """Which annotations."""

    def touching(self, start: int, end: int) -> Self:
        """Those that share a character with ``[start, end)``."""
        return self.filter(start__lt=end, end__gt=start)


class Annotation(SpanFields):
    """A mention that a person asserts in one review.

    ``score`` repeats the confidence of the suggestion that it came from, where it came from one.
    ``source`` names who made it where that was not the annotator: it came with an imported file.
    """

    class State(models.TextChoices):
        ACCEPTED = MentionState.ACCEPTED.value, "Accepted"
        CHANGED = MentionState.CHANGED.value, "Changed"
        ADDED = MentionState.ADDED.value, "Added"

    review = models.ForeignKey(
        Review, on_delete=models.CASCADE, related_name="annotations", db_index=False
    )
    label = models.ForeignKey(Label, on_delete=models.PROTECT, related_name="annotations")
    state = models.CharField(max_length=10, choices=State)
    score = models.FloatField(null=True)
    source = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SpanQuerySet.as_manager()

    class Meta(SpanFields.Meta):
        constraints: ClassVar = [
            *SpanFields.Meta.constraints,
            models.UniqueConstraint(
                fields=["review", "start", "end", "label"], name="annotation_once_per_review"
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=1),
                name="annotation_score_is_a_probability",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quote} {self.start}–{self.end}"


class Rejection(SpanFields):
    """A person's word, in one review, that a suggestion is not a mention.

    It names the span and the label, not the suggestion's row: the same proposal from a later
    run stays rejected.
    """

    review = models.ForeignKey(
        Review, on_delete=models.CASCADE, related_name="rejections", db_index=False
    )
    label = models.ForeignKey(Label, on_delete=models.PROTECT, related_name="rejections")

    class Meta(SpanFields.Meta):
        constraints: ClassVar = [
            *SpanFields.Meta.constraints,
            models.UniqueConstraint(
                fields=["review", "start", "end", "label"], name="rejection_once_per_review"
            ),
        ]

    def __str__(self) -> str:
        return f"not {self.quote} {self.start}–{self.end}"

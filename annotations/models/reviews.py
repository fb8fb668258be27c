"""One person's pass over one article."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from annotations.models.articles import Article
from annotations.models.people import User
from annotations.models.suggestions import SuggestionRun


class Review(models.Model):
    """One person's pass over one article: open or finished, also when nothing was found.

    ``revision`` counts the corrections; whoever decides names the revision they saw.
    ``run`` is the machine run whose suggestions this review answers. ``tally`` holds, by label
    name, ``[pending, annotated]``: what the legend shows. ``is_remembered`` says that its
    annotations and rejections are counted in `KnownForm`: at once where a person decides; those
    that came with a file are counted by a worker.
    """

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        FINISHED = "finished", "Finished"

    article = models.ForeignKey(
        Article, on_delete=models.CASCADE, related_name="reviews", db_index=False
    )
    annotator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="reviews")
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    run = models.ForeignKey(
        SuggestionRun, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    revision = models.PositiveIntegerField(default=0)
    tally = models.JSONField(default=dict)
    is_remembered = models.BooleanField(default=False, db_default=False)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["article", "annotator"],
                name="one_review_per_article_and_annotator",
                violation_error_message="This person reviews this article already.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["id"], condition=Q(is_remembered=False), name="review_to_remember"
            ),
        ]

    def __str__(self) -> str:
        return f"review of {self.article_id} by {self.annotator_id}"

    @property
    def is_finished(self) -> bool:
        return self.status == self.Status.FINISHED

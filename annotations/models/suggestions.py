"""What machines propose. Written once per run, never edited."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from annotations.models.articles import Article
from annotations.models.labels import Label
from annotations.models.spans import SpanFields


class Suggester(models.Model):
    """One machine in one version; ``digest`` tells two builds of the same version apart."""

    name = models.CharField(max_length=100)
    version = models.CharField(max_length=50)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name", "version", "digest"], name="suggester_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()


class SuggestionRun(models.Model):
    """One machine's pass over one article.

    The same machine passes once, and again, as another ``edition``, when the corpus's memory has
    something to add.
    """

    article = models.ForeignKey(
        Article, on_delete=models.CASCADE, related_name="runs", db_index=False
    )
    suggester = models.ForeignKey(Suggester, on_delete=models.PROTECT, related_name="runs")
    edition = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["article", "suggester", "edition"],
                name="one_run_per_article_suggester_and_edition",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.suggester_id} on {self.article_id}"


class SuggestionQuerySet(models.QuerySet["Suggestion"]):
    """Which suggestions."""

    def by_label(self) -> dict[int, int]:
        """How many there are of each label, by the label's id."""
        rows = self.order_by().values_list("label").annotate(n=models.Count("pk"))
        return dict(rows.values_list("label", "n"))


class Suggestion(SpanFields):
    """A mention proposed by a machine; ``score`` is its confidence from 0 to 1, if it has one.

    ``ground`` says why it stands there: see `annotations.domain.memory.Ground`.
    """

    run = models.ForeignKey(
        SuggestionRun, on_delete=models.CASCADE, related_name="suggestions", db_index=False
    )
    label = models.ForeignKey(Label, on_delete=models.PROTECT, related_name="suggestions")
    score = models.FloatField(null=True)
    ground = models.CharField(max_length=10, blank=True, default="", db_default="")

    objects = SuggestionQuerySet.as_manager()

    class Meta(SpanFields.Meta):
        constraints: ClassVar = [
            *SpanFields.Meta.constraints,
            models.UniqueConstraint(
                fields=["run", "start", "end", "label"], name="suggestion_once_per_run"
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=1),
                name="suggestion_score_is_a_probability",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quote} {self.start}–{self.end}"

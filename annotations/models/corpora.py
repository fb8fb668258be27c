"""The corpus: articles annotated under one guideline and one label scheme."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from annotations.domain.mentions import OverlapPolicy
from annotations.models.people import User


class CorpusQuerySet(models.QuerySet["Corpus"]):
    """Which corpora."""

    def for_member(self, user: User) -> Self:
        """The corpora that this person belongs to; all of them for a superuser."""
        if user.is_superuser:
            return self
        return self.filter(memberships__user=user)


class CorpusManager(models.Manager["Corpus"]):
    """Corpora that people work in, without the shelves."""

    def get_queryset(self) -> CorpusQuerySet:
        return CorpusQuerySet(self.model, using=self._db).filter(is_shelf=False)

    def for_member(self, user: User) -> CorpusQuerySet:
        return self.get_queryset().for_member(user)


class Corpus(models.Model):
    """Articles annotated under one guideline and one label scheme.

    ``licence`` is that of the annotations, ``text_licence`` that of the articles' texts, each an
    SPDX identifier or a sentence; ``citation`` says how to cite the corpus.

    The counts are kept current by the actions that change what they count, so that no page
    ever counts rows; `manage.py verify_corpus` compares them with the rows.

    A *shelf* isn't one that people work in: it holds the articles of a long file until they move
    into their corpus, all at once; see `Staging`.
    """

    class Overlaps(models.TextChoices):
        FLAT = OverlapPolicy.FLAT.value, "None may overlap"
        NESTED = OverlapPolicy.NESTED.value, "One may lie inside another"
        ANY = OverlapPolicy.ANY.value, "All may overlap"

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=300, blank=True)
    language = models.CharField(max_length=10, default="en")
    guideline = models.TextField(blank=True)
    licence = models.CharField(max_length=100, blank=True)
    text_licence = models.CharField(max_length=100, blank=True)
    citation = models.TextField(blank=True)
    overlaps = models.CharField(max_length=10, choices=Overlaps, default=Overlaps.FLAT)
    created_at = models.DateTimeField(auto_now_add=True)
    is_shelf = models.BooleanField(default=False, editable=False)

    last_number = models.PositiveIntegerField(default=0)
    article_count = models.PositiveIntegerField(default=0)
    open_count = models.PositiveIntegerField(default=0)
    finished_count = models.PositiveIntegerField(default=0)

    members = models.ManyToManyField(User, through="Membership", related_name="corpora")

    objects = CorpusManager()
    with_shelves = CorpusQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "corpora"
        ordering: ClassVar = ["name", "slug"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(article_count__gte=models.F("open_count") + models.F("finished_count")),
                name="corpus_counts_add_up",
                violation_error_message="A corpus has no more reviewed articles than articles.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def policy(self) -> OverlapPolicy:
        return OverlapPolicy(self.overlaps)

    @property
    def unreviewed_count(self) -> int:
        return self.article_count - self.open_count - self.finished_count


class CorpusDay(models.Model):
    """What people decided in one corpus on one day (UTC), for the progress plot."""

    corpus = models.ForeignKey(Corpus, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    accepted = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    finished = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["corpus", "day"], name="one_row_per_corpus_and_day"),
        ]
        ordering: ClassVar = ["day"]

    def __str__(self) -> str:
        return f"{self.corpus_id} on {self.day}"

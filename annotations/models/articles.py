"""Articles, their immutable text, and the blocks they are drawn and corrected in."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from annotations.domain.articles import ReviewStatus
from annotations.domain.zones import Zone
from annotations.models.corpora import Corpus
from annotations.models.people import User


class ArticleQuerySet(models.QuerySet["Article"]):
    """Which articles."""

    def awaiting_suggestions(self) -> Self:
        """Those that a worker may take: waiting, or taken by one that fell silent."""
        return self.filter(
            Q(suggestion_state=Article.SuggestionState.WAITING)
            | Q(suggestion_state=Article.SuggestionState.RUNNING, lease_until__lt=Now())
        )

    def still_waiting(self) -> Self:
        """Those that have no suggestions yet and will get some, whoever makes them."""
        return self.filter(
            suggestion_state__in=[Article.SuggestionState.WAITING, Article.SuggestionState.RUNNING]
        )

    def first_unfinished(self) -> "Article | None":
        """The one with the lowest number among those that are not finished.

        Asked state by state, in the order of the index on state and number, it is found at once
        however many finished ones come before. As ranges, since PostgreSQL would drop a state
        that must be equal from the order and then rather walk along the numbers.
        """
        states = (Article.Status.UNREVIEWED, Article.Status.OPEN)
        ranges = (self.filter(status__range=(state, state)) for state in states)
        firsts = [rows.order_by("status", "number").first() for rows in ranges]
        return min((a for a in firsts if a is not None), key=lambda a: a.number, default=None)

    def titled_like(self, words: str) -> Self:
        """Those whose title, or beginning, contains the words, in any case."""
        return self.filter(Q(title__icontains=words) | Q(opening__icontains=words))


class Article(models.Model):
    """One news text. Its characters live in `ArticleText` and never change.

    ``status``, ``mention_count`` and ``pending_count`` speak of the review that was worked on
    last; they are kept current by the actions, for lists that must not count. ``mention_count``
    is what a reader sees highlighted, ``pending_count`` how many of those wait for a decision, and
    ``open_comment_count`` counts threads and flags that nobody has settled.
    ``opening`` is how the first paragraph begins, for lists to tell articles without a title apart.
    ``extra`` is what an imported file said of the article beyond the columns.
    """

    class Status(models.TextChoices):
        UNREVIEWED = ReviewStatus.UNREVIEWED.value, "Waiting"
        OPEN = ReviewStatus.OPEN.value, "Open"
        FINISHED = ReviewStatus.FINISHED.value, "Finished"

    class SuggestionState(models.TextChoices):
        NONE = "none", "Not asked for"
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        FAILED = "failed", "Failed"
        DONE = "done", "Done"
        #: On a shelf: will wait for suggestions once it is in its corpus.
        SHELVED = "shelved", "Shelved"

    corpus = models.ForeignKey(
        Corpus, on_delete=models.CASCADE, related_name="articles", db_index=False
    )
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=300, blank=True)
    opening = models.CharField(max_length=100, blank=True)
    source = models.CharField(max_length=200, blank=True)
    byline = models.CharField(max_length=300, blank=True)
    url = models.CharField(max_length=2000, blank=True)
    published_on = models.DateField(null=True, blank=True)
    language = models.CharField(max_length=10, default="en")
    extra = models.JSONField(default=dict, blank=True)
    text_sha256 = models.CharField(max_length=64)
    length = models.PositiveIntegerField()
    word_count = models.PositiveIntegerField()
    uploaded_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now_add=True)

    status = models.CharField(max_length=10, choices=Status, default=Status.UNREVIEWED)
    mention_count = models.PositiveIntegerField(default=0)
    pending_count = models.PositiveIntegerField(default=0)
    open_comment_count = models.PositiveIntegerField(default=0)

    suggestion_state = models.CharField(
        max_length=10, choices=SuggestionState, default=SuggestionState.NONE
    )
    suggestion_attempts = models.PositiveSmallIntegerField(default=0)
    suggestion_problem = models.TextField(blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_holder = models.CharField(max_length=64, blank=True)
    current_run = models.ForeignKey(
        "SuggestionRun", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = ArticleQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["corpus", "text_sha256"],
                name="text_once_in_corpus",
                violation_error_message="This corpus holds an article with the same text already.",
            ),
            models.UniqueConstraint(fields=["corpus", "number"], name="number_unique_in_corpus"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["corpus", "status", "number"], name="article_by_status"),
            models.Index(
                fields=["corpus", "suggestion_state", "number"], name="article_by_suggestions"
            ),
            models.Index(fields=["corpus", "title", "number"], name="article_by_title"),
            models.Index(fields=["corpus", "published_on", "number"], name="article_by_date"),
            models.Index(fields=["corpus", "mention_count", "number"], name="article_by_mentions"),
            models.Index(fields=["corpus", "pending_count", "number"], name="article_by_pending"),
            models.Index(fields=["corpus", "updated_at", "number"], name="article_by_activity"),
            models.Index(
                fields=["corpus", "number"],
                condition=Q(open_comment_count__gt=0),
                name="article_with_open_comments",
            ),
            models.Index(
                fields=["suggestion_state", "lease_until"],
                condition=Q(suggestion_state__in=["waiting", "running", "failed"]),
                name="article_awaiting_suggestion",
            ),
        ]

    def __str__(self) -> str:
        return self.display_title

    @property
    def display_title(self) -> str:
        """The title, or how the article begins where it has none; a title is never invented."""
        return self.title or (f"“{self.opening}…”" if self.opening else f"Article {self.number}")

    @property
    def awaits_suggestions(self) -> bool:
        return self.suggestion_state in {
            self.SuggestionState.WAITING,
            self.SuggestionState.RUNNING,
        }


class ArticleText(models.Model):
    """The characters of an article, in a table of their own so that no list reads them."""

    article = models.OneToOneField(
        Article, primary_key=True, on_delete=models.CASCADE, related_name="text_row"
    )
    text = models.TextField()
    recipe = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"text of {self.article_id}"


class ArticleOriginal(models.Model):
    """The bytes that an article was read from, as they were uploaded."""

    article = models.OneToOneField(
        Article, primary_key=True, on_delete=models.CASCADE, related_name="original"
    )
    name = models.CharField(max_length=255)
    data = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    encoding = models.CharField(max_length=40)
    format = models.CharField(max_length=40)

    def __str__(self) -> str:
        return self.name


class Block(models.Model):
    """A stretch of an article that is drawn, and redrawn after a correction, as one piece.

    Blocks are disjoint and in order; every line that is not blank lies in one. ``tokens`` are
    the offsets of its tokens, relative to ``start``: start and end in turn, flat, without
    tokens of white space.
    """

    article = models.ForeignKey(
        Article, on_delete=models.CASCADE, related_name="blocks", db_index=False
    )
    position = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    zone = models.CharField(max_length=12, choices=[(z.value, z.value.title()) for z in Zone])
    certain = models.BooleanField(default=True)
    tokens = models.JSONField(default=list)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["article", "position"], name="block_position_unique"),
            models.CheckConstraint(condition=Q(start__lt=F("end")), name="block_is_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.zone} {self.start}–{self.end}"

    def token_spans(self) -> list[tuple[int, int]]:
        """The tokens as ``(start, end)`` in the article's text, in order."""
        flat = self.tokens
        return [(self.start + flat[i], self.start + flat[i + 1]) for i in range(0, len(flat), 2)]

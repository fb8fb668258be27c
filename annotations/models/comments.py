"""What people say to each other about a passage, and what they flag for a second look."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from annotations.models.articles import Article
from annotations.models.people import User
from annotations.models.spans import SpanFields


class CommentQuerySet(models.QuerySet["Comment"]):
    """Which comments."""

    def threads(self) -> Self:
        """Those that begin a thread, flags among them: in reading order."""
        return self.filter(parent=None).order_by("start", "end", "pk")

    def open(self) -> Self:
        """Threads that nobody has settled."""
        return self.filter(parent=None, state=Comment.State.OPEN)


class Comment(SpanFields):
    """A remark on a passage, or a flag that it needs a second look; or a reply to either.

    ``label`` is the label of the mention that it speaks of, "" where it speaks of the passage
    alone. A reply repeats its thread's span and has no state of its own. What was said is never
    changed; a thread is settled and opened again.
    """

    class Kind(models.TextChoices):
        COMMENT = "comment", "Comment"
        FLAG = "flag", "Needs a second look"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        SETTLED = "settled", "Settled"

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="comments")
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="replies"
    )
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.COMMENT)
    label = models.CharField(max_length=50, blank=True)
    body = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    settled_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    client_key = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CommentQuerySet.as_manager()

    class Meta(SpanFields.Meta):
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            *SpanFields.Meta.constraints,
            models.UniqueConstraint(
                fields=["article", "author", "client_key"],
                condition=~Q(client_key=""),
                name="comment_once_per_client_key",
            ),
            models.CheckConstraint(
                condition=Q(kind="flag") | ~Q(body=""),
                name="comment_says_something",
                violation_error_message="Write something; only a flag may go without words.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} on {self.quote}"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

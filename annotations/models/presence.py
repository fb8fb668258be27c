"""Who has an article open just now. For people to see; nothing is decided by it."""

from typing import ClassVar

from django.db import models

from annotations.models.articles import Article
from annotations.models.people import User


class Presence(models.Model):
    """One browser tab with an article open; ``tab`` is a name that the tab gave itself.

    ``seen_at`` is the database's time when the tab last asked. A tab that falls silent counts as
    closed after a while, and its row goes when somebody else asks.
    """

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="presences")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="presences")
    tab = models.CharField(max_length=32)
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["article", "user", "tab"], name="one_row_per_open_tab"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.article_id}"

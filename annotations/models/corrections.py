"""The log of human decisions: append-only, and enough to rebuild every layer."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from annotations.models.people import User
from annotations.models.reviews import Review


class Correction(models.Model):
    """One recorded human decision with before and after.

    ``before`` and ``after`` each hold ``annotations`` and ``rejections``: what the decision took
    away and what it put there, nothing else. ``revision`` is the review's revision after it: a
    sequence made by the server, so that order never depends on a clock. ``client_key`` is made
    by the browser once per decision; the same key twice has one effect.
    """

    class Verb(models.TextChoices):
        ACCEPT = "accept", "Accepted"
        REJECT = "reject", "Rejected"
        REMOVE = "remove", "Removed"
        RELABEL = "relabel", "Relabelled"
        ADJUST = "adjust", "Moved an edge"
        ADD = "add", "Added"
        SAME = "same", "Decided the same text"
        RESTORE = "restore", "Restored"
        FINISH = "finish", "Finished"
        REOPEN = "reopen", "Reopened"
        IMPORT = "import", "Imported"
        UNDO = "undo", "Undid"
        REDO = "redo", "Redid"

    review = models.ForeignKey(
        Review, on_delete=models.CASCADE, related_name="corrections", db_index=False
    )
    revision = models.PositiveIntegerField()
    verb = models.CharField(max_length=10, choices=Verb)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    undoes = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone_by"
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="corrections")
    client_key = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["revision"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["review", "revision"], name="one_correction_per_revision"
            ),
            models.UniqueConstraint(
                fields=["review", "client_key"],
                condition=~Q(client_key=""),
                name="one_correction_per_client_key",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} at revision {self.revision}"

    def places(self) -> set[tuple[int, int]]:
        """The stretches ``[start, end)`` of the text that the decision touched."""
        return {
            (row["start"], row["end"])
            for side in (self.before, self.after)
            for kind in ("annotations", "rejections")
            for row in side.get(kind, ())
        }

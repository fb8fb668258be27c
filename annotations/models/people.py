"""Who works here, and what they may do in which corpus."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models

from annotations.domain.keys import Keymap
from annotations.domain.review_order import ReviewOrder


class User(AbstractUser):
    """A person with an account; what they may do depends on their memberships.

    ``review_settings`` is how they like the review page: ``keys``, by act the keys that they chose
    in place of the usual ones, and ``order``, in which order it walks what needs eyes.
    """

    review_settings = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def keymap(self) -> Keymap:
        """The keys of the review page as this person has them."""
        return Keymap.of_stored(self.review_settings.get("keys", {}))

    @property
    def review_order(self) -> ReviewOrder:
        """In which order the review page walks for this person."""
        order = self.review_settings.get("order")
        return ReviewOrder.DOUBT if order == ReviewOrder.DOUBT else ReviewOrder.READING


class Role(models.TextChoices):
    """What a member may do in a corpus; `annotations.permissions` holds the table."""

    OWNER = "owner", "Owner"
    CURATOR = "curator", "Curator"
    ANNOTATOR = "annotator", "Annotator"
    VIEWER = "viewer", "Viewer"


class Membership(models.Model):
    """One person's role in one corpus."""

    corpus = models.ForeignKey("Corpus", on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["corpus", "user"],
                name="one_role_per_member",
                violation_error_message="This person is already a member.",
            ),
        ]
        ordering: ClassVar = ["user__username"]

    def __str__(self) -> str:
        return f"{self.user} as {self.role}"

"""The label scheme of a corpus."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from annotations.domain.labels import HUES, LABEL_NAME
from annotations.models.corpora import Corpus


class LabelScheme(models.Model):
    """The closed, ordered set of labels of one corpus; ``preset`` names where it began."""

    corpus = models.OneToOneField(Corpus, on_delete=models.CASCADE, related_name="scheme")
    preset = models.CharField(max_length=30, blank=True)

    def __str__(self) -> str:
        return f"labels of {self.corpus_id}"


class Label(models.Model):
    """One category. The name may change, the row's id is what mentions point at.

    The counts cover the corpus: suggestions of the articles' current runs with this label, decided
    or not, and annotations of all its reviews.
    """

    scheme = models.ForeignKey(LabelScheme, on_delete=models.CASCADE, related_name="labels")
    name = models.CharField(max_length=50, validators=[RegexValidator(LABEL_NAME)])
    description = models.CharField(max_length=200, blank=True)
    hue = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(HUES)]
    )
    key = models.CharField(max_length=1, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    suggestion_count = models.PositiveIntegerField(default=0)
    annotation_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["position", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["scheme", "name"],
                name="label_name_unique_in_scheme",
                violation_error_message="This scheme has a label of that name already.",
            ),
            models.UniqueConstraint(
                fields=["scheme", "key"],
                condition=~Q(key=""),
                name="label_key_unique_in_scheme",
                violation_error_message="Another label uses that key.",
            ),
            models.CheckConstraint(
                condition=Q(hue__gte=1, hue__lte=HUES),
                name="label_hue_in_palette",
                violation_error_message="There are twelve hues, 1 to 12.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

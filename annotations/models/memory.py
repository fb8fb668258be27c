"""What the corpus's people decided about forms of words, and what the machine read."""

from typing import ClassVar

from django.db import models

from annotations.models.articles import Article
from annotations.models.corpora import Corpus
from annotations.models.labels import Label
from annotations.models.people import User
from annotations.models.suggestions import Suggester


class KnownForm(models.Model):
    """How often a form was confirmed, and how often rejected, under one label.

    The counts are those of the annotations and the rejections whose words have the form, in all
    reviews of the corpus in one language that are remembered (`Review.is_remembered`). ``lead``
    is what a form is looked up by: see `annotations.domain.memory`. ``last_user`` confirmed it
    last.
    """

    #: The longest form that is remembered, in code points; longer ones hardly come again.
    LONGEST: ClassVar = 100

    corpus = models.ForeignKey(
        Corpus, on_delete=models.CASCADE, related_name="known_forms", db_index=False
    )
    language = models.CharField(max_length=10)
    # Folding its case may make three letters of one.
    lead = models.CharField(max_length=3 * LONGEST)
    form = models.CharField(max_length=LONGEST)
    label = models.ForeignKey(Label, on_delete=models.CASCADE, related_name="known_forms")
    confirmed = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    last_user = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    last_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["corpus", "language", "form", "label"], name="form_known_once_per_label"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["corpus", "language", "lead"], name="known_form_by_lead"),
            models.Index(fields=["corpus", "last_at"], name="known_form_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.form}: {self.label_id} {self.confirmed} to {self.rejected}"


class Reading(models.Model):
    """What a machine said of an article, under its own labels and before any memory.

    ``mentions`` holds ``[start, end, label, score]`` each. From it suggestions are made anew when
    people have decided more, without the machine.
    """

    article = models.OneToOneField(Article, on_delete=models.CASCADE, related_name="reading")
    suggester = models.ForeignKey(Suggester, on_delete=models.PROTECT, related_name="+")
    mentions = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.suggester_id} on {self.article_id}"

"""Uploads and exports: work that may outlast a request, with its state on the row."""

from typing import ClassVar

from django.db import models

from annotations.models.corpora import Corpus
from annotations.models.people import User


class Upload(models.Model):
    """Files on their way in: read, shown for confirmation, then stored."""

    class State(models.TextChoices):
        READING = "reading", "Reading"
        READY = "ready", "Ready to store"
        STORING = "storing", "Storing"
        STORED = "stored", "Stored"

    corpus = models.ForeignKey(Corpus, on_delete=models.CASCADE, related_name="uploads")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.READING)
    created_at = models.DateTimeField(auto_now_add=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"upload {self.pk}"


class UploadFile(models.Model):
    """One file of an upload (or one member of a zip), stored whole or not at all.

    ``preview`` is what a person sees before confirming; ``chosen`` is what they changed:
    ``encoding``, ``title``, ``source``, ``byline``, ``published_on``, ``format``, ``options`` of
    the reader by name, and ``labels``: what the file's labels are called here. ``attempts`` counts
    how often a worker began to read or store it and came no further. ``done_count`` says how many
    of its articles were dealt with so far. A file that only belongs to another one, as the text of
    an annotation file, is read with that one. An archive of which files were passed over has a row
    in that state, too, whose ``problem`` says which.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        READ = "read", "Read"
        REFUSED = "refused", "Refused"
        STORED = "stored", "Stored"
        KNOWN = "known", "Already here"
        BESIDE = "beside", "Belongs to another file"

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="files")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=255)
    data = models.BinaryField()
    size = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    problem = models.TextField(blank=True)
    preview = models.JSONField(default=dict)
    chosen = models.JSONField(default=dict)
    included = models.BooleanField(default=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    done_count = models.PositiveIntegerField(default=0)
    stored_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["upload", "position"], name="file_position_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class Staging(models.Model):
    """The articles of one file on their way into a corpus: all of them get there, or none.

    They are written bit by bit, so that nobody waits, onto a ``shelf``, a corpus that nobody sees.
    Once they are complete they move from there into ``corpus`` at once. ``taken`` counts the
    articles of the file that were dealt with: after a stop the work goes on there. ``suggested``
    and ``annotated`` are what the labels will count more, by their ids. ``file`` is None where the
    file came from the command line; after ``lease_until`` nobody comes back to it.
    """

    corpus = models.ForeignKey(Corpus, on_delete=models.CASCADE, related_name="stagings")
    shelf = models.OneToOneField(Corpus, on_delete=models.CASCADE, related_name="staging")
    file = models.OneToOneField(
        UploadFile, null=True, on_delete=models.CASCADE, related_name="staging"
    )
    taken = models.PositiveIntegerField(default=0)
    suggested = models.JSONField(default=dict)
    annotated = models.JSONField(default=dict)
    lease_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.taken} articles for {self.corpus_id}"


class Export(models.Model):
    """One export of a corpus: complete with checksum and report, or absent.

    ``path`` is relative to the exports folder of ``DATA_DIR`` and set only when the file is
    complete. ``report`` is the writer's report. ``options`` say what goes into a package.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        FAILED = "failed", "Failed"
        DONE = "done", "Done"

    corpus = models.ForeignKey(Corpus, on_delete=models.CASCADE, related_name="exports")
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    format = models.CharField(max_length=40)
    layer = models.CharField(max_length=160)
    finished_only = models.BooleanField(default=False)
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.TextField(blank=True)
    done_count = models.PositiveIntegerField(default=0)
    path = models.CharField(max_length=300, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    report = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.format} of {self.corpus_id}"


class Release(models.Model):
    """A corpus as it stood once, under a name, to be cited and downloaded again; never changed.

    Its file is that of ``export``, a package, which is kept as long as the release is.
    """

    corpus = models.ForeignKey(Corpus, on_delete=models.CASCADE, related_name="releases")
    name = models.CharField(max_length=60)
    notes = models.TextField(blank=True)
    export = models.OneToOneField(Export, on_delete=models.RESTRICT, related_name="release")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["corpus", "name"],
                name="release_name_unique_in_corpus",
                violation_error_message="This corpus has a release of that name already.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

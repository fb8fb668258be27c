"""What the database itself refuses, whoever writes to it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from annotations.models import (
    Annotation,
    Article,
    Block,
    Comment,
    Corpus,
    CorpusDay,
    Correction,
    Export,
    KnownForm,
    Label,
    LabelScheme,
    Membership,
    Presence,
    Rejection,
    Release,
    Review,
    Suggester,
    Suggestion,
    SuggestionRun,
    Upload,
    UploadFile,
    User,
)
from tests.cast import StoreArticle

SHA = "0" * 64


@dataclass
class World:
    """One row of everything, to write a second one beside."""

    corpus: Corpus
    scheme: LabelScheme
    article: Article
    block: Block
    user: User
    label: Label
    suggester: Suggester
    run: SuggestionRun
    review: Review
    upload: Upload

    def corpus_article(self, **more: object) -> None:
        fields: dict[str, object] = {"number": 900, "text_sha256": SHA}
        Article.objects.create(corpus=self.corpus, length=1, word_count=1, **{**fields, **more})

    def label_row(self, **more: object) -> None:
        Label.objects.create(scheme=self.scheme, **{"name": "SHIP", **more})

    def correction(self, **more: object) -> None:
        fields: dict[str, object] = {"revision": 900, "verb": "add"}
        Correction.objects.create(review=self.review, user=self.user, **{**fields, **more})

    def release(self, name: str) -> None:
        export = Export.objects.create(corpus=self.corpus, user=self.user, format="package")
        Release.objects.create(corpus=self.corpus, name=name, export=export)

    def suggestion(self, **more: object) -> None:
        fields: dict[str, object] = {"start": 3, "end": 5, "quote": "rr"}
        Suggestion.objects.create(run=self.run, label=self.label, **{**fields, **more})

    def annotation(self, **more: object) -> None:
        fields: dict[str, object] = {"start": 3, "end": 5, "quote": "rr", "state": "added"}
        Annotation.objects.create(review=self.review, label=self.label, **{**fields, **more})

    def rejection(self, **more: object) -> None:
        fields: dict[str, object] = {"start": 3, "end": 5, "quote": "rr"}
        Rejection.objects.create(review=self.review, label=self.label, **{**fields, **more})

    def comment(self, **more: object) -> None:
        fields: dict[str, object] = {"start": 3, "end": 5, "quote": "rr", "body": "Hm."}
        Comment.objects.create(article=self.article, author=self.user, **{**fields, **more})

    def presence(self, **more: object) -> None:
        fields: dict[str, object] = {"tab": "one", "seen_at": timezone.now()}
        Presence.objects.create(article=self.article, user=self.user, **{**fields, **more})

    def block_row(self, **more: object) -> None:
        fields: dict[str, object] = {"position": 900, "start": 0, "end": 1, "zone": "paragraph"}
        Block.objects.create(article=self.article, **{**fields, **more})


@pytest.fixture
def world(corpus: Corpus, store: StoreArticle, annotator: User) -> World:
    article = store()
    suggester = Suggester.objects.create(name="fake", version="1", digest=SHA)
    world = World(
        corpus=corpus,
        scheme=corpus.scheme,
        article=article,
        block=article.blocks.all()[0],
        user=annotator,
        label=corpus.scheme.labels.get(name="ORG"),
        suggester=suggester,
        run=SuggestionRun.objects.create(article=article, suggester=suggester),
        review=Review.objects.create(article=article, annotator=annotator),
        upload=Upload.objects.create(corpus=corpus, user=annotator),
    )
    world.suggestion()
    world.annotation()
    world.rejection()
    world.correction(client_key="once")
    world.comment(client_key="once")
    world.presence()
    CorpusDay.objects.create(corpus=corpus, day=date(2017, 7, 8))
    UploadFile.objects.create(upload=world.upload, position=0, name="a", data=b"", size=0)
    return world


#: Each named constraint with a write that breaks it and nothing else.
BREACHES: dict[str, Callable[[World], object]] = {
    "text_once_in_corpus": lambda w: w.corpus_article(text_sha256=w.article.text_sha256),
    "number_unique_in_corpus": lambda w: w.corpus_article(number=w.article.number),
    "block_position_unique": lambda w: w.block_row(position=w.block.position),
    "block_is_not_empty": lambda w: w.block_row(start=1),
    "corpus_counts_add_up": lambda w: Corpus.objects.update(open_count=1, finished_count=1),
    "one_row_per_corpus_and_day": lambda w: CorpusDay.objects.create(
        corpus=w.corpus, day=date(2017, 7, 8)
    ),
    "one_correction_per_revision": lambda w: w.correction(client_key="twice"),
    "one_correction_per_client_key": lambda w: w.correction(revision=901, client_key="once"),
    "release_name_unique_in_corpus": lambda w: [w.release("1.0.0") for _ in range(2)],
    "file_position_unique": lambda w: UploadFile.objects.create(
        upload=w.upload, position=0, name="b", data=b"", size=0
    ),
    "label_name_unique_in_scheme": lambda w: w.label_row(name="ORG"),
    "label_key_unique_in_scheme": lambda w: w.label_row(key="1"),
    "label_hue_in_palette": lambda w: w.label_row(hue=13),
    "one_role_per_member": lambda w: Membership.objects.create(
        corpus=w.corpus, user=w.user, role="viewer"
    ),
    "one_review_per_article_and_annotator": lambda w: Review.objects.create(
        article=w.article, annotator=w.user
    ),
    "suggester_once": lambda w: Suggester.objects.create(name="fake", version="1", digest=SHA),
    "form_known_once_per_label": lambda w: [
        KnownForm.objects.create(
            corpus=w.article.corpus,
            language="en",
            lead="ulm",
            form="Ulm",
            label=w.label,
            last_at=timezone.now(),
        )
        for _ in range(2)
    ],
    "one_run_per_article_suggester_and_edition": lambda w: SuggestionRun.objects.create(
        article=w.article, suggester=w.suggester
    ),
    "suggestion_once_per_run": lambda w: w.suggestion(score=0.5),
    "suggestion_is_not_empty": lambda w: w.suggestion(start=5),
    "suggestion_score_is_a_probability": lambda w: w.suggestion(start=4, score=1.01),
    "annotation_once_per_review": lambda w: w.annotation(state="accepted"),
    "annotation_is_not_empty": lambda w: w.annotation(start=6),
    "annotation_score_is_a_probability": lambda w: w.annotation(start=4, score=-0.01),
    "rejection_once_per_review": lambda w: w.rejection(),
    "rejection_is_not_empty": lambda w: w.rejection(start=5),
    "comment_is_not_empty": lambda w: w.comment(start=5),
    "comment_says_something": lambda w: w.comment(body=""),
    "comment_once_per_client_key": lambda w: w.comment(client_key="once"),
    "one_row_per_open_tab": lambda w: w.presence(),
}


@pytest.mark.parametrize("name", BREACHES)
def test_the_database_refuses_what_the_constraint_forbids(world: World, name: str) -> None:
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        BREACHES[name](world)
    # SQLite names the columns of a plain unique constraint instead.
    if connection.vendor == "postgresql" or "CHECK" in str(refusal.value):
        assert name in str(refusal.value)


def test_every_named_constraint_is_tried_here() -> None:
    named = {
        constraint.name
        for model in apps.get_app_config("annotations").get_models()
        for constraint in model._meta.constraints
    }
    assert named == set(BREACHES)


def test_a_flag_may_go_without_words(world: World) -> None:
    world.comment(kind=Comment.Kind.FLAG, body="")


def test_labels_without_a_key_and_corrections_without_a_client_key_may_be_many(
    world: World,
) -> None:
    world.label_row(name="SHIP", key="")
    world.label_row(name="FERRY", key="")
    world.correction(revision=901)
    world.correction(revision=902)


@pytest.mark.parametrize("model", [Label, User])
def test_what_mentions_and_corrections_point_at_cannot_be_deleted(
    world: World, model: type[models.Model]
) -> None:
    row = world.label if model is Label else world.user
    with pytest.raises(models.ProtectedError):
        row.delete()


def test_a_text_may_stand_in_two_corpora(world: World, owner: User) -> None:
    other = Corpus.objects.create(slug="other", name="Other")
    Article.objects.create(
        corpus=other, number=1, text_sha256=world.article.text_sha256, length=1, word_count=1
    )

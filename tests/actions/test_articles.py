"""Storing articles: whole or not at all, each text once, and never changed again."""

import hashlib
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import pytest
from django.db import connection

from annotations.actions import articles as storing
from annotations.actions.articles import (
    Arrival,
    describe_article,
    in_batches,
    set_zone,
    store_article,
    store_articles,
)
from annotations.actions.corpora import create_corpus
from annotations.actions.decide import MentionTooLong
from annotations.domain.articles import Metadata, ReviewStatus
from annotations.domain.errors import (
    AnnotationError,
    OverlapNotAllowed,
    SpanOutOfText,
    UnknownLabel,
)
from annotations.domain.mentions import Mention, MentionState
from annotations.domain.zones import Zone
from annotations.formats.base import Source
from annotations.models import (
    Annotation,
    Article,
    ArticleOriginal,
    ArticleText,
    Block,
    Corpus,
    Correction,
    Review,
    Suggestion,
    User,
)
from tests.cast import NEWS, StoreArticle, draft_of, mark, store_layer
from tests.recount import assert_counts_hold, assert_history_holds
from tests.stored import rows_of
from tests.threads import at_once

OKAFOR = mark(NEWS, "Ines Okafor", "PERSON")
ALDER = mark(NEWS, "Port Alder", "GPE")
#: What a machine found: one of them what a person has decided.
SUGGESTED = [
    replace(OKAFOR, state=MentionState.SUGGESTED),
    mark(NEWS, "Alder Marine", "ORG", state=MentionState.SUGGESTED),
    mark(NEWS, "Tern Island", "LOC", state=MentionState.SUGGESTED),
]
#: Articles of many kinds, as one file may hold them.
MIXED: tuple[tuple[str, dict[str, object]], ...] = (
    (NEWS, {}),
    ("Lin spoke.", {"mentions": (Mention(0, 3, "PERSON", MentionState.SUGGESTED, 0.5, "a 1"),)}),
    ("Okafor spoke.", {"mentions": (Mention(0, 6, "PERSON"),), "status": ReviewStatus.OPEN}),
    (NEWS, {}),
    ("Nobody spoke. 🚢", {"status": ReviewStatus.FINISHED}),
    ("Both spoke: Lin.", {"mentions": (Mention(12, 15, "PERSON", MentionState.SUGGESTED, 1.0),)}),
)


# ── What is stored ───────────────────────────────────────────────────────────────────────────────


def test_the_text_is_stored_to_the_last_code_point(store: StoreArticle) -> None:
    text = "  Zoe\u0308 🚢 said “no”.\u00a0\n\n\u202eEnd \n"
    article = store(text)
    assert ArticleText.objects.get(article=article).text == text
    assert article.length == len(text)
    assert article.text_sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_blocks_cover_the_text_and_their_tokens_fit_it(article: Article) -> None:
    blocks = list(article.blocks.all())
    outside = NEWS
    for block in reversed(blocks):
        outside = outside[: block.start] + outside[block.end :]
    assert not outside.strip()
    words = [NEWS[start:end] for block in blocks for start, end in block.token_spans()]
    assert words[:5] == ["Ferry", "returns", "to", "Port", "Alder"]
    assert "🚢" in words
    assert all(
        block.start <= start < end <= block.end
        for block in blocks
        for start, end in block.token_spans()
    )


def test_what_is_known_of_the_article_is_stored(store: StoreArticle) -> None:
    article = store(
        metadata=Metadata(
            title="Ferry returns",
            source="Coast Wire",
            byline="Ida Holm",
            url="https://example.com/ferry",
            published_on=date(2017, 7, 8),
            language="de",
        ),
        extra={"desk": "local", "page": 3},
    )
    article.refresh_from_db()
    assert (article.title, article.source, article.byline) == (
        "Ferry returns",
        "Coast Wire",
        "Ida Holm",
    )
    assert (article.published_on, article.language) == (date(2017, 7, 8), "de")
    assert article.extra == {"desk": "local", "page": 3}


def test_what_is_too_long_for_its_column_is_cut_and_not_refused(store: StoreArticle) -> None:
    article = store(
        metadata=Metadata(
            title="t" * 400, source="s" * 400, byline="b" * 400, url="u" * 3000, language="l" * 30
        )
    )
    article.refresh_from_db()
    assert (len(article.title), len(article.url), len(article.language)) == (300, 2000, 10)


def test_the_original_bytes_are_kept(corpus: Corpus, owner: User) -> None:
    data = NEWS.encode("utf-16")
    article = store_article(
        corpus=corpus,
        draft=draft_of(encoding="utf-16"),
        user=owner,
        source=Source("ferry.txt", data),
        format_name="plain_text",
    )
    original = ArticleOriginal.objects.get(article=article)
    assert bytes(original.data) == data
    assert (original.name, original.encoding, original.format) == (
        "ferry.txt",
        "utf-16",
        "plain_text",
    )
    assert original.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("name", ["n" * 300 + ".txt", "nul\0l.txt", "lone\udcffsurrogate.txt"])
def test_a_name_that_no_database_takes_is_mended(corpus: Corpus, owner: User, name: str) -> None:
    article = store_article(
        corpus=corpus, draft=draft_of(), user=owner, source=Source(name, b"x"), format_name="x"
    )
    kept = ArticleOriginal.objects.get(article=article).name
    assert kept.endswith(".txt")
    assert len(kept) <= 255


# ── Each text once, each number once ─────────────────────────────────────────────────────────────


def test_the_same_text_again_is_told_and_changes_nothing(
    article: Article, corpus: Corpus, owner: User
) -> None:
    assert store_article(corpus=corpus, draft=draft_of(), user=owner) is None
    assert Article.objects.count() == 1
    assert_counts_hold(corpus)


def test_numbers_follow_each_other(store: StoreArticle) -> None:
    assert [store(f"{n}.\n").number for n in range(3)] == [1, 2, 3]


def test_a_file_gets_the_number_that_it_names_where_that_is_free(
    store: StoreArticle, corpus: Corpus
) -> None:
    assert store("A.\n", number=7).number == 7
    assert store("B.\n").number == 8
    assert store("C.\n", number=7).number == 9
    assert store("D.\n", number=2).number == 2
    assert store("E.\n").number == 10
    corpus.refresh_from_db()
    assert corpus.last_number == 10


@pytest.mark.parametrize("number", [2**31 - 1, 2**31, 2**63 - 1])
def test_a_number_that_leaves_no_room_for_more_is_not_taken(
    store: StoreArticle, number: int
) -> None:
    assert store("A.\n", number=number).number == 1
    assert store("B.\n").number == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_uploads_of_one_text_at_once_one_is_stored(corpus: Corpus, owner: User) -> None:
    results: list[Article | None] = []

    def upload(text: str) -> None:
        results.append(store_article(corpus=corpus, draft=draft_of(text), user=owner))

    for n in range(10):
        assert at_once(*[partial(upload, f"{NEWS}{n}\n")] * 2) == []
    assert results.count(None) == Article.objects.count() == 10
    assert_counts_hold(corpus)


# ── Mentions that come along ─────────────────────────────────────────────────────────────────────


def test_mentions_without_an_annotator_are_suggestions(store: StoreArticle, corpus: Corpus) -> None:
    article = store(mentions=(OKAFOR,))
    assert [row.quote for row in Suggestion.objects.filter(run=article.current_run)] == [
        "Ines Okafor"
    ]
    assert not Annotation.objects.exists()
    assert (article.mention_count, article.pending_count) == (1, 1)
    assert_counts_hold(corpus)


@pytest.mark.parametrize(
    ("source", "machine"),
    [
        ("tagger 1.0", "tagger 1.0"),
        ("my own tagger 2.1", "my own tagger 2.1"),
        ("tagger", "tagger"),
        ("", "imported"),
        ("t" * 150 + " " + "9" * 60, "t" * 100 + " " + "9" * 50),
    ],
)
def test_imported_suggestions_keep_the_name_of_their_machine(
    store: StoreArticle, source: str, machine: str
) -> None:
    article = store(
        mentions=(Mention(0, 5, "ORG", MentionState.SUGGESTED, score=0.5, source=source),)
    )
    assert article.current_run is not None
    assert str(article.current_run.suggester) == machine


def test_what_somebody_decided_becomes_their_layer_and_the_rest_suggestions(
    corpus: Corpus, annotator: User
) -> None:
    article = store_article(
        corpus=corpus,
        draft=draft_of(
            mentions=(
                mark(NEWS, "Port Alder", "GPE", state=MentionState.SUGGESTED, score=0.5),
                mark(NEWS, "Ines Okafor", "PERSON", state=MentionState.CHANGED, score=0.9),
            ),
            status=ReviewStatus.OPEN,
        ),
        user=annotator,
        layer_of=annotator,
    )
    assert article is not None
    annotation = Annotation.objects.get()
    assert (annotation.quote, annotation.state, annotation.score) == ("Ines Okafor", "changed", 0.9)
    assert Suggestion.objects.get().quote == "Port Alder"
    article.refresh_from_db()
    assert (article.status, article.mention_count, article.pending_count) == ("open", 2, 1)
    assert_counts_hold(corpus)
    assert_history_holds(corpus)


def test_a_finished_article_without_mentions_stays_finished(
    corpus: Corpus, annotator: User
) -> None:
    store_article(
        corpus=corpus,
        draft=draft_of(status=ReviewStatus.FINISHED),
        user=annotator,
        layer_of=annotator,
    )
    assert Review.objects.get().is_finished
    assert_counts_hold(corpus)


def test_a_layer_is_one_correction(annotator: User, corpus: Corpus) -> None:
    store_layer(corpus, annotator, [OKAFOR, ALDER], finished=True)
    review = Review.objects.get()
    assert (review.status, review.revision, Annotation.objects.count()) == ("finished", 1, 2)
    assert [row.verb for row in Correction.objects.all()] == ["import"]
    assert_counts_hold(corpus)
    assert_history_holds(corpus)


def test_a_layer_answers_the_suggestions_that_it_repeats(annotator: User, corpus: Corpus) -> None:
    article = store_layer(corpus, annotator, [OKAFOR, *SUGGESTED])
    article.refresh_from_db()
    assert (article.mention_count, article.pending_count) == (3, 2)
    assert_counts_hold(corpus)


def test_a_finished_layer_leaves_nothing_pending(annotator: User, corpus: Corpus) -> None:
    article = store_layer(corpus, annotator, [OKAFOR, *SUGGESTED], finished=True)
    article.refresh_from_db()
    assert (article.mention_count, article.pending_count) == (3, 0)
    assert_counts_hold(corpus)
    assert_history_holds(corpus)


def test_a_layer_names_who_made_its_mentions_where_that_was_somebody_else(
    annotator: User, corpus: Corpus
) -> None:
    others = [replace(OKAFOR, source="carl"), replace(ALDER, source=annotator.username)]
    store_layer(corpus, annotator, others)
    rows = Annotation.objects.order_by("start").values_list("quote", "source")
    assert list(rows) == [("Port Alder", ""), ("Ines Okafor", "carl")]


@pytest.mark.parametrize(
    ("mentions", "error"),
    [
        ([Mention(0, 5, "Ship")], UnknownLabel),
        ([Mention(0, len(NEWS) + 1, "ORG")], SpanOutOfText),
        ([Mention(0, 5, "ORG"), Mention(4, 8, "GPE")], OverlapNotAllowed),
        ([Mention(0, 5, "ORG"), Mention(0, 5, "ORG")], OverlapNotAllowed),
    ],
)
def test_a_layer_that_does_not_fit_the_corpus_is_refused_whole(
    annotator: User, corpus: Corpus, mentions: list[Mention], error: type[Exception]
) -> None:
    with pytest.raises(error):
        store_layer(corpus, annotator, mentions)
    assert not Article.objects.exists()


def test_a_mention_too_long_to_be_found_again_is_refused(
    store: StoreArticle, corpus: Corpus
) -> None:
    with pytest.raises(MentionTooLong):
        store("word " * 300, mentions=(Mention(0, 1001, "ORG"),))
    assert not Article.objects.exists()


def test_an_article_whose_mentions_do_not_fit_is_not_stored_at_all(
    corpus: Corpus, annotator: User
) -> None:
    for mention in (Mention(0, 5, "Ship"), Mention(0, 9999, "ORG")):
        for layer_of in (annotator, None):
            with pytest.raises(AnnotationError):
                store_article(
                    corpus=corpus,
                    draft=draft_of(mentions=(mention,)),
                    user=annotator,
                    layer_of=layer_of,
                )
    assert not Article.objects.exists()
    corpus.refresh_from_db()
    assert (corpus.article_count, corpus.last_number) == (0, 0)


# ── Many at once ─────────────────────────────────────────────────────────────────────────────────


def arrival(text: str, annotator: User, **more: object) -> Arrival:
    return Arrival(draft_of(text, **more), layer_of=annotator if "status" in more else None)


def test_articles_stored_together_are_stored_as_one_by_one(
    corpus: Corpus, owner: User, annotator: User
) -> None:
    arrivals = [arrival(text, annotator, **more) for text, more in MIXED]
    together = store_articles(corpus=corpus, arrivals=arrivals, user=owner)
    assert [article and article.number for article in together] == [1, 2, 3, None, 4, 5]
    assert_counts_hold(corpus)
    assert_history_holds(corpus)
    other = create_corpus(slug="other", name="Other", owner=owner)
    for one in arrivals:
        store_articles(corpus=other, arrivals=[one], user=owner)
    assert rows_of(corpus) == rows_of(other)


def test_of_articles_stored_together_one_that_does_not_fit_keeps_them_all_out(
    corpus: Corpus, owner: User, annotator: User
) -> None:
    arrivals = [arrival(text, annotator, **more) for text, more in MIXED]
    wrong = arrival("Wrong.", annotator, mentions=(Mention(0, 99, "ORG"),))
    with pytest.raises(SpanOutOfText):
        store_articles(corpus=corpus, arrivals=[*arrivals, wrong], user=owner)
    assert not Article.objects.exists()
    assert_counts_hold(corpus)


def test_articles_are_stored_in_few_statements(
    corpus: Corpus, owner: User, annotator: User, django_assert_max_num_queries: Any
) -> None:
    arrivals = [
        arrival(f"{text} {n}", annotator, **more) for n in range(30) for text, more in MIXED
    ]
    with django_assert_max_num_queries(40):
        store_articles(corpus=corpus, arrivals=arrivals, user=owner)


def test_a_batch_holds_a_bounded_number_of_rows_and_no_article_is_lost(
    annotator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "BATCH_ROWS", {connection.vendor: 2000})
    mentions = tuple(Mention(0, n + 1, "ORG") for n in range(700))
    arrivals = [arrival(f"Text {n}", annotator, mentions=mentions) for n in range(8)]
    batches = list(in_batches(arrivals))
    assert [one for batch in batches for one in batch] == arrivals
    assert [len(batch) for batch in batches] == [3, 3, 2]
    assert list(in_batches([])) == []


# ── What may change afterwards ───────────────────────────────────────────────────────────────────


def test_describing_an_article_changes_everything_but_its_text(article: Article) -> None:
    before = ArticleText.objects.get(article=article).text
    describe_article(article=article, metadata=Metadata(title="Other", language="en"))
    article.refresh_from_db()
    assert (article.title, article.source) == ("Other", "")
    assert ArticleText.objects.get(article=article).text == before


def test_a_persons_word_about_a_zone_is_certain(article: Article) -> None:
    block = Block.objects.filter(article=article).latest("position")
    Block.objects.filter(pk=block.pk).update(certain=False)
    set_zone(block=block, zone=Zone.CAPTION)
    block.refresh_from_db()
    assert (block.zone, block.certain) == ("caption", True)

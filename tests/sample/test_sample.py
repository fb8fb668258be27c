"""The sample corpus is what the product shows first, and what its figures are measured on."""

import unicodedata
from importlib.resources import files
from itertools import pairwise
from pathlib import PurePath

import pytest

from annotations.domain.errors import QuoteMismatch
from annotations.domain.labels import PRESETS
from annotations.domain.mentions import MentionState, in_reading_order
from annotations.domain.text import Normalised, normalise
from annotations.sample import SampleArticle, load, mention_in

CORPUS = load()
REVIEWED = [article for article in CORPUS.articles if article.reviewed]
EVERY_ARTICLE = pytest.mark.parametrize("article", CORPUS.articles, ids=lambda a: a.file)
EVERY_REVIEWED = pytest.mark.parametrize("article", REVIEWED, ids=lambda a: a.file)


def folder_names(suffix: str) -> list[str]:
    """The names in the folder of articles that end in ``suffix``, sorted."""
    folder = files("annotations.sample") / "articles"
    return sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(suffix))


def rows_of(article: SampleArticle) -> list[list[str]]:
    """The columns of the stored mentions of an article."""
    name = PurePath(article.file).with_suffix(".tsv").name
    stored = (files("annotations.sample") / "articles" / name).read_bytes().decode()
    return [row.split("\t") for row in stored.splitlines()]


def has(characters: str) -> list[str]:
    """The files of the articles whose text has ``characters``."""
    return [article.file for article in CORPUS.articles if characters in article.text]


def test_the_corpus_uses_a_preset_and_has_a_guideline() -> None:
    assert CORPUS.slug == "sample"
    assert CORPUS.scheme in PRESETS
    assert CORPUS.guideline.lstrip().startswith("# ")


def test_the_guideline_explains_every_label_of_the_scheme() -> None:
    names = PRESETS[CORPUS.scheme].names
    assert [name for name in names if f"**{name}**" not in CORPUS.guideline] == []


def test_there_are_enough_articles_to_try_the_product_on() -> None:
    assert len(CORPUS.articles) >= 12
    assert len(REVIEWED) >= 5
    assert len(REVIEWED) < len(CORPUS.articles)


def test_every_file_in_the_folder_belongs_to_the_corpus() -> None:
    assert folder_names(".txt") == sorted(article.file for article in CORPUS.articles)
    assert folder_names(".tsv") == sorted(
        PurePath(article.file).with_suffix(".tsv").name for article in REVIEWED
    )


def test_no_two_articles_have_the_same_text() -> None:
    assert len({article.text for article in CORPUS.articles}) == len(CORPUS.articles)


@EVERY_ARTICLE
def test_an_article_survives_upload_unchanged(article: SampleArticle) -> None:
    assert normalise(article.text) == Normalised(article.text)


@EVERY_ARTICLE
def test_a_title_is_the_first_line_or_missing(article: SampleArticle) -> None:
    assert article.metadata.title in {"", article.text.split("\n", 1)[0]}
    assert article.metadata.source
    assert article.metadata.url == ""
    assert article.metadata.language == CORPUS.language


@EVERY_ARTICLE
def test_an_article_has_the_length_of_news(article: SampleArticle) -> None:
    shortest = 300 if article.mentions or not article.reviewed else 150
    assert shortest <= len(article.text.split()) <= 650


@EVERY_REVIEWED
def test_every_stored_row_quotes_its_text(article: SampleArticle) -> None:
    rows = rows_of(article)
    assert [quote for _, _, _, quote in rows] == [
        article.text[int(start) : int(end)] for _, start, end, _ in rows
    ]
    assert [(int(start), int(end), label) for label, start, end, _ in rows] == [
        mention.key for mention in article.mentions
    ]


@EVERY_REVIEWED
def test_mentions_are_in_reading_order_and_flat(article: SampleArticle) -> None:
    assert list(article.mentions) == in_reading_order(article.mentions)
    assert all(one.end <= other.start for one, other in pairwise(article.mentions))


@EVERY_REVIEWED
def test_mentions_have_labels_of_the_scheme_and_a_person_behind_them(
    article: SampleArticle,
) -> None:
    labels = {mention.label for mention in article.mentions}
    assert labels <= set(PRESETS[CORPUS.scheme].names)
    assert all(mention.state is MentionState.ADDED for mention in article.mentions)


@EVERY_REVIEWED
def test_mentions_end_at_words_without_possessives_or_quotation_marks(
    article: SampleArticle,
) -> None:
    quotes = [mention.span.of(article.text) for mention in article.mentions]
    assert [q for q in quotes if q != q.strip() or "\n" in q] == []
    assert [q for q in quotes if q[0] in "“‘\"'(" or q[-1] in "”’\"'),;:"] == []
    assert [q for q in quotes if q.endswith(("’s", "'s"))] == []


@EVERY_REVIEWED
def test_a_mention_never_cuts_a_character_from_its_accent(article: SampleArticle) -> None:
    for mention in article.mentions:
        assert not unicodedata.combining(article.text[mention.start])
        assert not unicodedata.combining(article.text[mention.end : mention.end + 1] or " ")


def test_every_label_of_the_scheme_occurs_in_the_reviewed_articles() -> None:
    used = {mention.label for article in REVIEWED for mention in article.mentions}
    assert used == set(PRESETS[CORPUS.scheme].names)


def test_an_article_without_review_has_no_mentions() -> None:
    assert [a.file for a in CORPUS.articles if a.mentions and not a.reviewed] == []


def test_one_reviewed_article_names_nothing() -> None:
    assert len([article for article in REVIEWED if not article.mentions]) == 1


@pytest.mark.parametrize(
    "characters",
    [
        pytest.param(" \u00a0—\u00a0\n", id="dateline between no-break spaces"),
        pytest.param("\u202f", id="narrow no-break space"),
        pytest.param("\u2009", id="thin space"),
        pytest.param("“", id="curly quote"),
        pytest.param("’s", id="curly possessive"),
        pytest.param("\N{FROG FACE}", id="astral emoji"),
        pytest.param(
            "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}\u200d\N{BOY}", id="family of joined emoji"
        ),
        pytest.param("\U0001f1ec\U0001f1ed", id="flag"),
        pytest.param("\u0301", id="combining accent"),
        pytest.param("\u200f", id="right-to-left mark"),
        pytest.param(" - Source: ", id="video"),
        pytest.param("Story highlights\n", id="highlights"),
    ],
)
def test_what_people_paste_is_in_the_sample(characters: str) -> None:
    assert has(characters)


def test_names_in_right_to_left_scripts_are_marked() -> None:
    directions = {
        unicodedata.bidirectional(mention.span.of(article.text)[0])
        for article in REVIEWED
        for mention in article.mentions
    }
    assert {"R", "AL"} <= directions


def test_one_name_occurs_composed_and_decomposed() -> None:
    forms: dict[str, set[str]] = {}
    for article in REVIEWED:
        for mention in article.mentions:
            quote = mention.span.of(article.text)
            forms.setdefault(unicodedata.normalize("NFC", quote), set()).add(quote)
    assert any(len(spellings) > 1 for spellings in forms.values())


def test_one_surface_form_is_a_person_here_and_a_place_there() -> None:
    labels = {
        mention.label
        for article in REVIEWED
        for mention in article.mentions
        if mention.span.of(article.text) == "Washington"
    }
    assert labels == {"PERSON", "GPE"}


def test_one_paste_has_no_newline_at_its_end() -> None:
    assert [article.file for article in CORPUS.articles if not article.text.endswith("\n")]


def test_a_stored_mention_that_does_not_quote_its_text_is_refused() -> None:
    with pytest.raises(QuoteMismatch):
        mention_in("GPE\t0\t4\tLyon", "Kyiv and Lyon")

"""schema.org's NewsArticle by itself: text, metadata, and listed names as suggestions."""

import json
from datetime import date
from pathlib import Path

import pytest

from annotations.domain.articles import ArticleDraft, ReviewStatus
from annotations.domain.mentions import MentionState
from annotations.formats.base import FormatError, Source
from annotations.formats.news_article import Reader

SAMPLE = Path(__file__).parents[1] / "samples/formats/newsarticle/article.jsonld"


def read(data: object) -> list[ArticleDraft]:
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return list(Reader().read(Source("lead.json", data)))


def article(**more: object) -> dict[str, object]:
    return {"@type": "NewsArticle", "articleBody": "Ulm slept.", **more}


def named(draft: ArticleDraft) -> list[tuple[str, str]]:
    return [(draft.text[m.start : m.end], m.label) for m in draft.mentions]


def test_an_article_is_its_headline_and_its_body() -> None:
    [draft] = read(SAMPLE.read_bytes())
    assert draft.text == (
        "Ferry returns to Port Alder\n\nMayor Ines Okafor cut a ribbon.\n\n"
        "Alder Marine Co. runs the line."
    )
    assert [zone.zone.value for zone in draft.zones] == ["headline", "paragraph", "paragraph"]
    known = draft.metadata
    assert (known.title, known.byline) == ("Ferry returns to Port Alder", "Jo Roe, Mira Holt")
    assert (known.source, known.url) == ("Coast Wire", "https://coast.example/ferry")
    assert (known.published_on, known.language) == (date(2017, 7, 8), "en-GB")


def test_what_it_is_about_is_suggested_where_it_stands() -> None:
    [draft] = read(SAMPLE.read_bytes())
    assert named(draft) == [
        ("Port Alder", "GPE"), ("Ines Okafor", "PERSON"), ("Alder Marine Co.", "ORG"),
    ]  # fmt: skip
    assert {m.state for m in draft.mentions} == {MentionState.SUGGESTED}
    assert (draft.layer, draft.status) == ("suggestions", ReviewStatus.UNREVIEWED)


def test_several_articles_may_stand_in_a_list_or_a_graph() -> None:
    one, two = article(), article(articleBody="Two", **{"@type": "schema:ReportageNewsArticle"})
    other = {"@type": "Person", "name": "Ada"}
    assert [draft.text for draft in read([one, other, two])] == ["Ulm slept.", "Two"]
    assert [draft.text for draft in read({"@graph": [other, one, two]})] == ["Ulm slept.", "Two"]


def test_a_body_of_html_is_read_as_html() -> None:
    [draft] = read(article(articleBody="<p>One &amp; two</p><h2>Sub</h2><p>Three</p>"))
    assert draft.text == "One & two\n\nSub\n\nThree"
    assert read(article(articleBody="1 < 2 & 3 > 2"))[0].text == "1 < 2 & 3 > 2"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"@type": "NewsArticle", "headline": "x"}, "no article with an articleBody"),
        ({"@type": "Person", "articleBody": "x"}, "no article with an articleBody"),
        ([1, None, "x"], "no article with an articleBody"),
        (article(articleBody=["x"]), "no article with an articleBody"),
        (article(articleBody="\n<p> </p>"), "is empty"),
        (b"{", "is not JSON"),
        (b"[" * 100_000, "nests too deeply"),
    ],
)
def test_what_is_no_article_is_refused_in_a_sentence(data: object, problem: str) -> None:
    with pytest.raises(FormatError, match=problem) as refused:
        read(data)
    assert "lead.json" in str(refused.value)


def test_values_of_other_types_are_passed_over() -> None:
    odd = {"headline": 7, "author": [3, {"name": ["x"]}], "url": {}, "about": "Ulm", "mentions": 1}
    [draft] = read(article(**odd, datePublished=20170708, publisher=None, inLanguage={}))
    assert draft.text == "Ulm slept."
    assert (draft.metadata.title, draft.metadata.byline, draft.metadata.url) == ("", "", "")


def test_only_articles_with_a_body_are_recognised() -> None:
    def is_ours(value: object, encoding: str = "utf-8") -> bool:
        data = json.dumps(value).encode(encoding)
        return Reader().recognises(Source("a.json", data))

    assert Reader().recognises(Source("a.jsonld", SAMPLE.read_bytes()))
    assert is_ours([article()])
    assert is_ours({"@graph": [article()]}, "utf-16")
    assert is_ours(article(**{"@type": "https://schema.org/NewsArticle", "x": "y" * 90_000}))
    assert not is_ours({"@type": "NewsArticle", "headline": "x"})
    assert not is_ours({"@type": "Person", "articleBody": "x"})
    assert not is_ours({"uri": "x", "bodies": []})
    assert not is_ours({"@type": "AnnotationCollection"})


def test_a_body_whose_tags_are_escaped_is_html() -> None:
    [draft] = read(
        article(articleBody="&lt;p&gt;Ulm &amp;amp; Bonn slept.&lt;/p&gt;&lt;p&gt;Yes.&lt;/p&gt;")
    )
    assert draft.text == "Ulm & Bonn slept.\n\nYes."


def test_entities_in_plain_text_are_noted() -> None:
    [draft] = read(article(articleBody="Ulm&nbsp;slept."))
    assert draft.notes == ("HTML entities such as “&nbsp;” were left as they are.",)

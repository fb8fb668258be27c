"""The history of an article: what it says to whom, and what bringing a state back answers."""

import html
import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from annotations.actions.decide import decide_mention, finish, undo
from annotations.domain.decisions import Accept, Add, Reject
from annotations.models import Annotation, Article, Corpus, Correction, Review, User
from tests.cast import NEWS, StoreArticle, mark, store_layer
from tests.views.page import ReviewHtml

HTMX = {"HX-Request": "true"}
ALDER = mark(NEWS, "Port Alder", "GPE")
ISLAND = mark(NEWS, "Tern Island", "LOC")


def url(article: Article, name: str = "article-history") -> str:
    return reverse(f"annotations:{name}", args=[article.corpus.slug, article.number])


def lines(response: HttpResponse) -> list[tuple[int, str]]:
    """The revisions of the list and what is said of each, in the order of the page."""
    found = re.findall(r'<li data-revision="(\d+)">(.*?)<div', response.content.decode(), re.DOTALL)
    beside = re.compile(r'<span class="revision">.*?</span>|<time.*?</time>|<.*?>')
    said = [(int(revision), html.unescape(beside.sub("", line))) for revision, line in found]
    return [(revision, " ".join(words.split())) for revision, words in said]


def offered(response: HttpResponse) -> list[int]:
    """The revisions that a button brings back."""
    found = re.findall(r'name="to_revision" value="(\d+)"', response.content.decode())
    return [int(revision) for revision in found]


def decides(user: User, article: Article, *decisions: object) -> None:
    for decision in decisions:
        review = Review.objects.filter(article=article, annotator=user).first()
        decide_mention(
            user=user,
            article=article,
            decision=decision,  # type: ignore[arg-type]
            seen_revision=review.revision if review else 0,
        )


@pytest.fixture
def ada(client: Client, annotator: User) -> Client:
    client.force_login(annotator)
    return client


@pytest.fixture
def worked(annotator: User, suggested: Article) -> Article:
    """Ada has decided on two mentions and taken one of that back."""
    decides(annotator, suggested, Accept(ALDER.key), Reject(ISLAND.key))
    undo(user=annotator, article=suggested, seen_revision=2)
    return suggested


# ── What the list says ───────────────────────────────────────────────────────────────────────────


def test_it_says_who_did_what_the_newest_first_back_to_where_nothing_was_decided(
    ada: Client, worked: Article, annotator: User
) -> None:
    User.objects.filter(pk=annotator.pk).update(first_name="Ada", last_name="King")
    page = ada.get(url(worked))
    assert page.status_code == 200
    assert lines(page) == [
        (3, "Ada King undid: rejected “Tern Island” as LOC"),
        (2, "Ada King rejected “Tern Island” as LOC"),
        (1, "Ada King accepted “Port Alder” as GPE"),
        (0, "Before the first decision"),
    ]


def test_it_says_when_in_a_form_for_machines_and_people(ada: Client, worked: Article) -> None:
    made = Correction.objects.get(revision=3).created_at
    page = ada.get(url(worked))
    assert f'<time datetime="{made.isoformat()[:19]}' in page.text
    assert f'title="{made:%-d %B %Y, %H:%M:%S} UTC"' in page.text


def test_what_came_with_a_file_is_where_a_history_begins(
    ada: Client, corpus: Corpus, annotator: User
) -> None:
    article = store_layer(corpus, annotator, [ALDER, ISLAND], finished=True)
    assert lines(ada.get(url(article))) == [
        (1, "ada imported 2 mentions, as finished"),
        (0, "Before the first decision"),
    ]


def test_where_nothing_was_decided_it_says_so(ada: Client, suggested: Article) -> None:
    page = ada.get(url(suggested))
    assert "Nothing has been decided yet." in page.text
    assert lines(page) == []


def test_htmx_gets_the_list_alone(ada: Client, worked: Article) -> None:
    response = ada.get(url(worked), headers=HTMX)
    assert response.text.strip().startswith('<section id="history" aria-label="History"')
    assert response.text.strip().endswith("</section>")
    assert "<html" not in response.text
    assert response.headers["Vary"] == "HX-Request, Cookie"


def test_every_state_can_be_looked_at_and_every_one_but_the_newest_brought_back(
    ada: Client, worked: Article
) -> None:
    page = ada.get(url(worked))
    review = url(worked, "article-review")
    for revision in range(4):
        assert f'href="{review}?at={revision}"' in page.text
    assert offered(page) == [2, 1, 0]
    assert page.text.count('name="revision" value="3"') == 3


def test_markup_in_the_text_and_in_names_is_text(
    client: Client, annotator: User, store: StoreArticle
) -> None:
    hostile = "</li><script>alert(1)</script>&amp;\"'"
    article = store(f"{hostile} returns.\n")
    User.objects.filter(pk=annotator.pk).update(first_name="<i>Ada</i>")
    decides(annotator, article, Add(0, len(hostile), "ORG"))
    client.force_login(annotator)
    for headers in ({}, HTMX):
        response = client.get(url(article), headers=headers)
        assert html.escape(f"marked “{hostile}” as ORG") in response.text
        assert "<script>alert" not in response.text
        assert "<i>Ada" not in response.text


def test_every_id_on_the_page_is_there_once(ada: Client, worked: Article) -> None:
    ids = re.findall(r'\sid="([^"]+)"', ada.get(url(worked)).text)
    assert len(ids) == len(set(ids))


# ── A long history ───────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def long(annotator: User, store: StoreArticle) -> Article:
    """An article with 65 decisions."""
    article = store(" ".join(f"Name{n:02}" for n in range(65)))
    decides(annotator, article, *(Add(7 * n, 7 * n + 6, "ORG") for n in range(65)))
    return article


def test_it_comes_in_pages_of_thirty_to_the_very_beginning(ada: Client, long: Article) -> None:
    seen: list[int] = []
    address = url(long)
    while address:
        page = ada.get(address)
        seen += [revision for revision, _ in lines(page)]
        older = re.search(r'id="history-older" href="([^"]+)" hx-get="\1"', page.text)
        address = html.unescape(older[1]) if older else ""
        assert len(lines(page)) == 30 or not address
    assert seen == [*range(65, 0, -1), 0]


def test_a_last_page_that_is_full_reaches_the_beginning_too(ada: Client, long: Article) -> None:
    page = ada.get(url(long), {"before": 31})
    assert [revision for revision, _ in lines(page)] == [*range(30, 0, -1), 0]
    assert "history-older" not in page.text


def test_from_an_older_page_a_link_leads_to_the_newest(ada: Client, long: Article) -> None:
    assert "history-newest" not in ada.get(url(long)).text
    older = ada.get(url(long), {"before": 36})
    assert f'id="history-newest" href="{url(long)}" hx-get="{url(long)}"' in older.text
    # What is brought back is seen from the newest revision, whichever page it stands on.
    assert offered(older) == [*range(35, 5, -1)]
    assert 'name="revision" value="65"' in older.text


@pytest.mark.parametrize("before", ["", "x", "-3", "0", "9" * 40, "9" * 5000, "\x00"])
def test_a_page_that_is_no_page_is_the_newest(ada: Client, worked: Article, before: str) -> None:
    page = ada.get(url(worked), {"before": before})
    assert page.status_code == 200
    assert [revision for revision, _ in lines(page)] == [3, 2, 1, 0]


def test_before_the_first_decision_there_is_nothing_but_that(ada: Client, worked: Article) -> None:
    assert lines(ada.get(url(worked), {"before": 1})) == [(0, "Before the first decision")]


def test_it_takes_the_same_few_queries_however_much_was_decided(
    ada: Client, long: Article, annotator: User, django_assert_max_num_queries: Any
) -> None:
    for revision in range(65, 71):
        undo(user=annotator, article=long, seen_revision=revision)
    ada.get(url(long))  # signs in
    with django_assert_max_num_queries(10):
        ada.get(url(long), headers=HTMX)


# ── Whose it is ──────────────────────────────────────────────────────────────────────────────────


def test_a_curator_reads_anothers_history_and_can_bring_nothing_back_there(
    client: Client, worked: Article, curator: User
) -> None:
    client.force_login(curator)
    page = client.get(url(worked), {"layer": "ada"})
    assert [revision for revision, _ in lines(page)] == [3, 2, 1, 0]
    assert "the history of ada’s layer" in page.text
    assert f'href="{url(worked, "article-review")}?layer=ada&amp;at=2"' in page.text
    assert offered(page) == []
    # Of one's own there is none.
    assert lines(client.get(url(worked))) == []


def test_the_pages_of_anothers_history_stay_with_that_layer(
    client: Client, long: Article, curator: User
) -> None:
    client.force_login(curator)
    page = client.get(url(long), {"layer": "ada"})
    assert f'href="{url(long)}?layer=ada&amp;before=36"' in page.text
    older = client.get(url(long), {"layer": "ada", "before": 36})
    assert f'id="history-newest" href="{url(long)}?layer=ada"' in older.text


def test_an_annotator_sees_no_history_but_the_own(
    ada: Client, suggested: Article, curator: User
) -> None:
    decides(curator, suggested, Accept(ALDER.key))
    assert lines(ada.get(url(suggested), {"layer": "carl"})) == []


def test_who_only_reads_sees_how_the_finished_layer_came_about(
    client: Client, worked: Article, annotator: User, viewer: User
) -> None:
    client.force_login(viewer)
    assert lines(client.get(url(worked))) == []
    finish(user=annotator, article=worked, seen_revision=3)
    page = client.get(url(worked))
    assert [revision for revision, _ in lines(page)] == [4, 3, 2, 1, 0]
    assert offered(page) == []


# ── Bringing a state back ────────────────────────────────────────────────────────────────────────


def test_a_state_is_brought_back_and_the_review_page_says_so(ada: Client, worked: Article) -> None:
    values = {"revision": 3, "to_revision": 2, "client_key": "k1"}
    response = ada.post(url(worked, "article-restore"), values)
    assert (response.status_code, response.headers["Location"]) == (
        302,
        url(worked, "article-review"),
    )
    page = ada.get(response.headers["Location"])
    assert "Revision 4 brought back the state of revision 2." in page.text
    assert f"{ISLAND.start}-{ISLAND.end}-LOC" not in ReviewHtml(page).states()
    assert lines(ada.get(url(worked)))[0] == (4, "ada restored the state of revision 2")


def test_with_htmx_the_whole_page_goes_there(ada: Client, worked: Article) -> None:
    values = {"revision": 3, "to_revision": 0}
    response = ada.post(url(worked, "article-restore"), values, headers=HTMX)
    assert response.headers["HX-Redirect"] == url(worked, "article-review")
    assert not Annotation.objects.exists()
    page = ada.get(url(worked, "article-review"))
    assert "Revision 4 brought back the state before the first decision." in page.text


def test_the_form_of_the_list_is_what_the_address_takes(ada: Client, worked: Article) -> None:
    page = ada.get(url(worked), headers=HTMX).text
    form = page.split(f'<form method="post" action="{url(worked, "article-restore")}"')[1]
    values = dict(
        re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form.split("</form>")[0])
    )
    assert values["to_revision"] == "2"
    for _ in range(3):  # pressed again and again
        assert ada.post(url(worked, "article-restore"), values).status_code == 302
    assert Correction.objects.count() == 4


def test_what_stands_like_that_already_is_said_to(ada: Client, worked: Article) -> None:
    values = {"revision": 3, "to_revision": 1}
    page = ada.post(url(worked, "article-restore"), values, follow=True)
    assert "It stands like that already." in page.text
    assert Correction.objects.count() == 3


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_from_a_stale_list_nothing_is_brought_back_and_the_new_one_is_shown(
    ada: Client, worked: Article, headers: dict[str, str]
) -> None:
    values = {"revision": 2, "to_revision": 1}
    response = ada.post(url(worked, "article-restore"), values, headers=headers)
    assert response.status_code == 409
    assert "changed elsewhere" in response.text
    assert 'data-kind="warning"' in response.text
    assert [revision for revision, _ in lines(response)] == [3, 2, 1, 0]
    assert ("<html" in response.text) is not headers
    assert Correction.objects.count() == 3


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"to_revision": 4}, "There never was a revision 4"),
        ({"to_revision": 10**30}, "There never was a revision"),
        ({"to_revision": "9" * 5000}, "Choose one from the list"),
        ({"to_revision": -1}, "Choose one from the list"),
        ({"to_revision": "x"}, "Choose one from the list"),
        ({"to_revision": ""}, "Choose one from the list"),
        ({"to_revision": 1, "revision": ""}, "Choose one from the list"),
        ({"to_revision": 1, "client_key": "k" * 65}, "Choose one from the list"),
        ({"to_revision": 1, "client_key": "\x00"}, "Choose one from the list"),
    ],
)
def test_what_cannot_be_brought_back_is_422_with_a_sentence_over_the_list(
    ada: Client, worked: Article, values: dict[str, object], sentence: str, headers: dict[str, str]
) -> None:
    sent = {"revision": 3, **values}
    response = ada.post(url(worked, "article-restore"), sent, headers=headers)
    assert response.status_code == 422
    assert sentence in response.text.split('id="history"')[1]
    assert 'data-kind="error"' in response.text
    assert [revision for revision, _ in lines(response)] == [3, 2, 1, 0]
    assert Correction.objects.count() == 3


def test_who_has_decided_nothing_cannot_bring_anothers_state_back(
    client: Client, worked: Article, curator: User
) -> None:
    client.force_login(curator)
    address = f"{url(worked, 'article-restore')}?layer=ada"
    response = client.post(address, {"revision": 0, "to_revision": 1})
    assert response.status_code == 422
    assert Correction.objects.count() == 3
    assert not Review.objects.filter(annotator=curator).exists()


def test_nothing_is_brought_back_by_looking(ada: Client, worked: Article) -> None:
    assert ada.get(url(worked, "article-restore")).status_code == 405
    assert ada.post(url(worked)).status_code == 405

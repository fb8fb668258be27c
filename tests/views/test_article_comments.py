"""The comments of an article: what the list shows, what each POST answers, and to whom."""

import html
import re

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from annotations.actions.comments import add_comment, reply, settle, toggle_flag
from annotations.actions.corpora import create_corpus
from annotations.models import Article, Comment, Role, User
from tests.cast import NEWS, StoreArticle, mark
from tests.views.page import said

HTMX = {"HX-Request": "true"}
OKAFOR = mark(NEWS, "Ines Okafor", "PERSON")
PLACE = {"start": OKAFOR.start, "end": OKAFOR.end, "label": OKAFOR.label, "quote": "Ines Okafor"}
HOSTILE = "</p><script>alert(1)</script><img src=x onerror=alert(2)> &amp; \"'>"


def url(article: Article, name: str = "article-comment", *more: int) -> str:
    return reverse(f"annotations:{name}", args=[article.corpus.slug, article.number, *more])


def page_of(article: Article) -> str:
    return url(article, "article-comments")


def told(response: HttpResponse) -> dict[str, object]:
    return said(response, "annotations:comments")


def threads_in(response: HttpResponse) -> list[tuple[int, str, str]]:
    """Id, kind and state of the threads, in the order of the page."""
    found = re.findall(
        r'data-comment="(\d+)"[^>]*data-kind="(\w+)" data-state="(\w+)"', text(response)
    )
    return [(int(pk), kind, state) for pk, kind, state in found]


def text(response: HttpResponse) -> str:
    return response.content.decode()


@pytest.fixture
def ada(client: Client, annotator: User) -> Client:
    client.force_login(annotator)
    return client


@pytest.fixture
def comment(annotator: User, article: Article) -> Comment:
    return add_comment(user=annotator, article=article, body="Her first name?", **PLACE)


def comment_at(user: User, article: Article, quote: str, body: str = "Hm.") -> Comment:
    there = mark(NEWS, quote, "")
    return add_comment(
        user=user, article=article, start=there.start, end=there.end, label="", body=body
    )


# ── The list ─────────────────────────────────────────────────────────────────────────────────────


def test_a_page_of_its_own_shows_who_said_what_about_which_words(
    ada: Client, article: Article, comment: Comment, curator: User
) -> None:
    reply(user=curator, comment=comment, body="It is.")
    page = ada.get(page_of(article))
    assert page.status_code == 200
    for words in ("Ines Okafor", "Her first name?", "It is.", "<b>carl</b>", "1 open"):
        assert words in page.text
    review = url(article, "article-review")
    assert f'href="{review}?mention={OKAFOR.start}-{OKAFOR.end}-PERSON"' in page.text
    assert f'data-go="{OKAFOR.start}-{OKAFOR.end}"' in page.text


def test_the_link_of_a_passage_without_a_label_leads_to_the_article(
    ada: Client, article: Article, annotator: User
) -> None:
    comment_at(annotator, article, "Ferry")
    page = ada.get(page_of(article))
    assert f'href="{url(article, "article-review")}" data-go="0-5"' in page.text


def test_htmx_gets_the_list_alone(ada: Client, article: Article, comment: Comment) -> None:
    response = ada.get(page_of(article), headers=HTMX)
    assert response.text.strip().startswith('<section class="comments" id="comments"')
    assert response.text.strip().endswith("</section>")
    assert "<html" not in response.text


def test_threads_come_as_their_words_do_the_open_ones_first(
    ada: Client, article: Article, annotator: User
) -> None:
    last, first, middle, done = (
        comment_at(annotator, article, quote)
        for quote in ("Tern Island", "Ferry", "Monday", "returns")
    )
    settle(user=annotator, comment=done)
    shown = [pk for pk, _, _ in threads_in(ada.get(page_of(article)))]
    assert shown == [first.pk, middle.pk, last.pk, done.pk]


def test_a_settled_thread_says_who_settled_it(
    ada: Client, article: Article, comment: Comment, curator: User
) -> None:
    settle(user=curator, comment=comment)
    page = ada.get(page_of(article))
    assert "1 settled" in page.text
    assert "Settled by carl" in page.text
    assert "0 open" in page.text


def test_a_flag_says_in_words_what_it_means_and_its_togglings_are_no_replies(
    ada: Client, article: Article, annotator: User
) -> None:
    for key in ("k1", "k2", "k3"):
        toggle_flag(user=annotator, article=article, client_key=key, **PLACE)
    page = ada.get(page_of(article))
    assert '<span class="badge">Needs a second look</span>' in page.text
    assert 'class="replies"' not in page.text


def test_markup_in_a_comment_is_text(client: Client, annotator: User, store: StoreArticle) -> None:
    article = store(f"Ferry {HOSTILE} returns.\n")
    User.objects.filter(pk=annotator.pk).update(first_name="<i>Ada</i>", last_name=HOSTILE[:40])
    end = len(f"Ferry {HOSTILE}")
    thread = add_comment(user=annotator, article=article, start=0, end=end, label="", body=HOSTILE)
    reply(user=annotator, comment=thread, body=HOSTILE)
    client.force_login(annotator)
    refused = {**PLACE, "start": 0, "end": end, "quote": HOSTILE, "body": HOSTILE}
    for response in (
        client.get(page_of(article)),
        client.get(page_of(article), {"mention": f"0-{end}-PERSON"}, headers=HTMX),
        client.post(url(article), {**refused, "next": HOSTILE, "words": HOSTILE}),
        client.post(url(article), {**refused, "label": HOSTILE}, headers=HTMX),
    ):
        assert html.escape(HOSTILE) in response.text
        for markup in ("<script>alert", "<img src=x", "<i>Ada"):
            assert markup not in response.text


def test_every_id_on_the_page_is_there_once(
    ada: Client, article: Article, comment: Comment, annotator: User
) -> None:
    settle(user=annotator, comment=comment_at(annotator, article, "Ferry"))
    comment_at(annotator, article, "Monday")
    ids = re.findall(r'\sid="([^"]+)"', ada.get(page_of(article)).text)
    assert len(ids) == len(set(ids))


def test_the_list_takes_the_same_few_queries_for_many_threads(
    ada: Client,
    article: Article,
    annotator: User,
    curator: User,
    django_assert_max_num_queries: object,
) -> None:
    for quote in ("Ferry", "returns", "Monday", "Tern Island", "Mayor"):
        thread = comment_at(annotator, article, quote)
        reply(user=curator, comment=thread, body="Yes.")
        settle(user=curator, comment=thread)
    ada.get(page_of(article))  # signs in
    with django_assert_max_num_queries(7):  # type: ignore[operator]
        ada.get(page_of(article))


def test_a_form_for_a_mention_is_about_its_words(ada: Client, article: Article) -> None:
    response = ada.get(page_of(article), {"mention": f"{OKAFOR.start}-{OKAFOR.end}-PERSON"})
    form = response.context["comment_form"]
    assert {name: form[name].value() for name in PLACE} == PLACE
    assert '<p id="comment-about" dir="auto">“Ines Okafor”</p>' in response.text


@pytest.mark.parametrize("mention", ["", "nonsense", "5-5-LOC", "9999-99999-LOC", "9-3-LOC"])
def test_a_form_for_no_mention_asks_for_the_words(
    ada: Client, article: Article, mention: str
) -> None:
    response = ada.get(page_of(article), {"mention": mention})
    assert response.status_code == 200
    assert '<fieldset id="comment-passage">' in response.text
    assert response.context["comment_form"]["start"].value() is None


# ── Saying something ─────────────────────────────────────────────────────────────────────────────


def test_a_comment_answers_with_the_list_and_tells_how_many_are_open(
    ada: Client, article: Article
) -> None:
    values = {**PLACE, "kind": "comment", "body": "Two\r\nlines", "client_key": "k1"}
    response = ada.post(url(article), values, headers=HTMX)
    assert response.status_code == 200
    assert told(response) == {"open": 1}
    comment = Comment.objects.get()
    assert threads_in(response) == [(comment.pk, "comment", "open")]
    assert "Two\nlines" in response.text
    assert comment.quote == "Ines Okafor"


def test_the_same_request_five_times_says_a_thing_once(ada: Client, article: Article) -> None:
    values = {**PLACE, "kind": "comment", "body": "Once", "client_key": "one-key"}
    answers = [ada.post(url(article), values, headers=HTMX) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 5
    assert [told(answer) for answer in answers] == [{"open": 1}] * 5
    assert Comment.objects.count() == 1


def test_a_quote_over_several_lines_comes_as_browsers_send_it(
    ada: Client, article: Article
) -> None:
    end = NEWS.index("Mayor")
    quote = NEWS[:end].replace("\n", "\r\n")
    values = {"start": 0, "end": end, "quote": quote, "kind": "comment", "body": "All of it"}
    assert ada.post(url(article), values, headers=HTMX).status_code == 200
    assert Comment.objects.get().quote == NEWS[:end]


def test_words_are_commented_on_without_a_script_by_naming_them(
    ada: Client, article: Article
) -> None:
    values = {"words": "Okafor", "occurrence": 2, "kind": "comment", "body": "Again?"}
    response = ada.post(url(article), values)
    assert response.headers["Location"] == page_of(article)
    second = NEWS.index("Okafor", NEWS.index("Okafor") + 1)
    comment = Comment.objects.get()
    assert (comment.start, comment.quote, comment.label) == (second, "Okafor", "")


def test_a_flag_is_toggled_and_told(ada: Client, article: Article) -> None:
    values = {**PLACE, "kind": "flag"}
    opened = ada.post(url(article), {**values, "client_key": "k1"}, headers=HTMX)
    flag = Comment.objects.get()
    assert threads_in(opened) == [(flag.pk, "flag", "open")]
    assert told(opened) == {"open": 1}
    closed = ada.post(url(article), {**values, "client_key": "k2"}, headers=HTMX)
    assert threads_in(closed) == [(flag.pk, "flag", "settled")]
    assert told(closed) == {"open": 0}


def test_a_reply_stands_under_its_thread(ada: Client, article: Article, comment: Comment) -> None:
    address = url(article, "comment-reply", comment.pk)
    response = ada.post(address, {"body": "It is.", "client_key": "k1"}, headers=HTMX)
    assert response.status_code == 200
    assert told(response) == {"open": 1}
    assert "It is." in response.text.split('class="replies"')[1]
    ada.post(address, {"body": "It is.", "client_key": "k1"}, headers=HTMX)
    assert comment.replies.count() == 1


def test_a_thread_is_settled_and_opened_again_by_its_button(
    ada: Client, article: Article, comment: Comment
) -> None:
    settled = ada.post(url(article, "comment-settle", comment.pk), headers=HTMX)
    assert threads_in(settled) == [(comment.pk, "comment", "settled")]
    assert told(settled) == {"open": 0}
    # The thread that was just settled stays in sight, and under the button that opens it again.
    assert '<details id="settled-comments" open>' in settled.text
    opened = ada.post(url(article, "comment-reopen", comment.pk), headers=HTMX)
    assert threads_in(opened) == [(comment.pk, "comment", "open")]
    assert told(opened) == {"open": 1}


# ── Where an answer leads ────────────────────────────────────────────────────────────────────────


def test_without_htmx_one_comes_back_to_where_one_was(
    ada: Client, article: Article, comment: Comment
) -> None:
    there = f"{url(article, 'article-review')}?mention=1-2-LOC#comments"
    for address in (
        url(article),
        url(article, "comment-reply", comment.pk),
        url(article, "comment-settle", comment.pk),
        url(article, "comment-reopen", comment.pk),
    ):
        response = ada.post(address, {**PLACE, "kind": "comment", "body": "Hm.", "next": there})
        assert (response.status_code, response.headers["Location"]) == (302, there)
        assert "HX-Trigger" not in response.headers


@pytest.mark.parametrize(
    "elsewhere",
    [
        "",
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "/\\elsewhere.example/",
        "javascript:alert(1)",
        "\x01//elsewhere.example",
        "http:///elsewhere.example/",
    ],
)
def test_nobody_is_led_to_another_site(
    ada: Client, article: Article, comment: Comment, elsewhere: str
) -> None:
    response = ada.post(url(article, "comment-settle", comment.pk), {"next": elsewhere})
    assert response.headers["Location"] == page_of(article)


def test_the_forms_of_the_page_lead_back_to_it(
    ada: Client, article: Article, comment: Comment
) -> None:
    page = ada.get(page_of(article))
    assert page.text.count(f'name="next" value="{page_of(article)}#comments"') == 3
    # An answer to a POST, whose own address is nowhere to come back to, hands on what came with it.
    for there in (f"{page_of(article)}#comments", ""):
        answer = ada.post(url(article), {"next": there}, headers=HTMX)
        assert answer.text.count(f'name="next" value="{there}"') == 3


# ── Refusals ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"body": "  "}, "Write something first"),
        ({"body": "x" * 10_001}, "may have 10,000 characters"),
        ({"start": "", "end": ""}, "Which words is it about?"),
        ({"start": "", "end": "", "words": "No such words"}, "does not occur that often"),
        ({"start": "", "end": "", "words": "Okafor", "occurrence": 9}, "does not occur that often"),
        ({"start": "", "end": "", "words": "Okafor", "occurrence": 0}, "greater than or equal"),
        ({"start": "", "end": "", "words": "x" * 501}, "at most 500 characters"),
        ({"end": 10**40}, "do not lie within the text"),
        ({"start": -4}, "greater than or equal to 0"),
        ({"start": "x"}, "Enter a whole number"),
        ({"quote": "Inez Okafor"}, "not “Inez Okafor”"),
        ({"quote": "x" * 10_001}, "at most 10000 characters"),
        ({"label": "NO_SUCH_LABEL"}, "has no label"),
        ({"label": "x" * 51}, "at most 50 characters"),
        ({"client_key": "k" * 65}, "at most 64 characters"),
        ({"kind": "shout"}, "shout is not one of the available choices"),
        ({"kind": ""}, "This field is required"),
        ({"body": "a\x00b"}, "Null characters are not allowed"),
    ],
)
def test_a_refusal_is_422_with_a_sentence_and_what_was_typed(
    ada: Client, article: Article, values: dict[str, object], sentence: str, headers: dict[str, str]
) -> None:
    sent = {**PLACE, "kind": "comment", "body": "Half an hour's thought", **values}
    response = ada.post(url(article), sent, headers=headers)
    assert response.status_code == 422
    assert sentence in html.unescape(response.text.split('id="comments"')[1])
    assert html.escape(str(sent["body"])) in response.text
    assert "HX-Trigger" not in response.headers
    assert ("<html" in response.text) is not headers
    assert not Comment.objects.exists()


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize(
    ("body", "sentence"),
    [(" ", "Write something first"), ("x" * 10_001, "this one has 10,001"), ("\x00", "Null")],
)
def test_a_refused_reply_stays_open_with_what_was_typed(
    ada: Client,
    article: Article,
    comment: Comment,
    body: str,
    sentence: str,
    headers: dict[str, str],
) -> None:
    response = ada.post(url(article, "comment-reply", comment.pk), {"body": body}, headers=headers)
    assert response.status_code == 422
    form = response.text.split(f'<details id="reply-{comment.pk}" open>')[1].split("</details>")[0]
    assert sentence in form
    assert html.escape(body) in form
    assert not comment.replies.exists()


def test_only_the_form_that_was_sent_is_drawn_anew(
    ada: Client, article: Article, comment: Comment
) -> None:
    def kept(response: HttpResponse) -> set[str]:
        return set(re.findall(r'id="(reply-\d+|comment-form)"[^>]*hx-preserve', text(response)))

    form, answer = "comment-form", f"reply-{comment.pk}"
    values = {**PLACE, "kind": "comment", "body": "Hm."}
    flag = {**PLACE, "kind": "flag"}
    by_button = {**HTMX, "HX-Trigger": "comment-form"}
    assert kept(ada.get(page_of(article), headers=HTMX)) == {form, answer}
    replied = ada.post(url(article, "comment-reply", comment.pk), {"body": "x"}, headers=HTMX)
    assert kept(replied) == {form}
    assert kept(ada.post(url(article), {**values, "body": ""}, headers=HTMX)) == {answer}
    assert form in kept(ada.post(url(article), flag, headers=HTMX))
    assert form not in kept(ada.post(url(article), flag, headers=by_button))
    assert form not in kept(ada.post(url(article), values, headers=HTMX))
    assert kept(ada.post(url(article, "comment-settle", comment.pk), headers=HTMX)) > {form, answer}


# ── Who ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("person", "allowed"),
    [("olga", True), ("carl", True), ("ada", True), ("vera", False), ("sven", False)],
)
def test_readers_of_gold_and_strangers_neither_see_nor_write_comments(
    client: Client, article: Article, comment: Comment, stranger: User, person: str, allowed: bool
) -> None:
    client.force_login(User.objects.get(username=person))
    acts = ("comment-reply", "comment-settle", "comment-reopen")
    answers = [
        client.get(page_of(article)),
        client.post(url(article), {**PLACE, "kind": "comment", "body": "x"}),
        *(client.post(url(article, act, comment.pk), {"body": "x"}) for act in acts),
    ]
    statuses = [answer.status_code for answer in answers]
    assert statuses == ([200, 302, 302, 302, 302] if allowed else [404] * 5)
    assert Comment.objects.count() == (3 if allowed else 1)


@pytest.mark.parametrize("act", ["comment-reply", "comment-settle", "comment-reopen"])
def test_a_comment_is_reached_through_its_own_article_only(
    ada: Client, article: Article, annotator: User, store: StoreArticle, act: str
) -> None:
    sibling = store("Another day. Ines Okafor slept in on Monday.\n")
    beside = add_comment(user=annotator, article=sibling, start=0, end=7, label="", body="x")
    other = create_corpus(slug="elsewhere", name="Elsewhere", owner=annotator)
    elsewhere = _article_in(other, annotator)
    abroad = add_comment(user=annotator, article=elsewhere, start=0, end=5, label="", body="x")
    answer = reply(user=annotator, comment=beside, body="y")
    for pk in (beside.pk, abroad.pk, 10**6, 10**30):
        assert ada.post(url(article, act, pk), {"body": "z"}).status_code == 404
    # A reply is no thread: it can be neither answered nor settled.
    assert ada.post(url(sibling, act, answer.pk), {"body": "z"}).status_code == 404
    assert Comment.objects.count() == 3
    assert not Comment.objects.exclude(state="open").exists()


def _article_in(corpus: object, user: User) -> Article:
    from annotations.actions.articles import store_article
    from tests.cast import draft_of

    article = store_article(corpus=corpus, draft=draft_of(), user=user)  # type: ignore[arg-type]
    assert article is not None
    return article


def test_a_membership_elsewhere_opens_nothing_here(
    client: Client, article: Article, comment: Comment, stranger: User
) -> None:
    other = create_corpus(slug="elsewhere", name="Elsewhere", owner=stranger)
    assert other.memberships.get().role == Role.OWNER
    client.force_login(stranger)
    assert client.get(page_of(article)).status_code == 404
    assert client.post(url(article, "comment-settle", comment.pk)).status_code == 404


@pytest.mark.parametrize("name", ["comment-reply", "comment-settle", "comment-reopen"])
def test_nothing_changes_by_looking(
    ada: Client, article: Article, comment: Comment, name: str
) -> None:
    assert ada.get(url(article, name, comment.pk)).status_code == 405
    assert ada.get(url(article)).status_code == 405

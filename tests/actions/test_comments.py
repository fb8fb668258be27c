"""Comments and flags: what is said stays, threads are settled, and the count of open ones holds."""

from functools import partial

import pytest

from annotations.actions.comments import (
    LONGEST_BODY,
    LONGEST_PASSAGE,
    CommentTooLong,
    NothingSaid,
    PassageTooLong,
    add_comment,
    reopen,
    reply,
    settle,
    toggle_flag,
)
from annotations.domain.errors import (
    AnnotationError,
    EmptySpan,
    QuoteMismatch,
    SpanOutOfText,
    UnknownLabel,
)
from annotations.models import Article, Comment, User
from tests.cast import NEWS, StoreArticle, mark
from tests.threads import at_once

OKAFOR = mark(NEWS, "Ines Okafor", "PERSON")
ISLAND = mark(NEWS, "Tern Island", "LOC")


class Speaker:
    """One person who speaks about one article."""

    def __init__(self, user: User, article: Article) -> None:
        self.user = user
        self.article = article

    def says(self, body: str = "Is this her first name?", **more: object) -> Comment:
        return add_comment(**self._about(body=body, **more))  # type: ignore[arg-type]

    def flags(self, **more: object) -> Comment:
        return toggle_flag(**self._about(**more))  # type: ignore[arg-type]

    def answers(self, comment: Comment, body: str = "It is.", client_key: str = "") -> Comment:
        return reply(user=self.user, comment=comment, body=body, client_key=client_key)

    def settles(self, comment: Comment) -> Comment:
        return settle(user=self.user, comment=comment)

    def reopens(self, comment: Comment) -> Comment:
        return reopen(user=self.user, comment=comment)

    def _about(self, **more: object) -> dict[str, object]:
        place = {"start": OKAFOR.start, "end": OKAFOR.end, "label": OKAFOR.label}
        return {"user": self.user, "article": self.article, **place, **more}


@pytest.fixture
def ada(annotator: User, article: Article) -> Speaker:
    return Speaker(annotator, article)


@pytest.fixture
def carl(curator: User, article: Article) -> Speaker:
    return Speaker(curator, article)


def open_count(article: Article) -> int:
    """The stored count, after it was held against the rows."""
    article.refresh_from_db()
    rows = article.comments.filter(parent=None, state="open")
    assert article.open_comment_count == rows.count()
    return article.open_comment_count


def said(article: Article) -> list[tuple[str, str, str]]:
    rows = Comment.objects.filter(article=article).order_by("pk")
    return list(rows.values_list("author__username", "kind", "body"))


# ── Saying something ─────────────────────────────────────────────────────────────────────────────


def test_a_comment_keeps_the_words_that_it_is_about(ada: Speaker) -> None:
    comment = ada.says("  First name\r\nor title?\n")
    comment.refresh_from_db()
    assert comment.body == "First name\nor title?"
    assert (comment.quote, comment.label, comment.kind) == ("Ines Okafor", "PERSON", "comment")
    assert comment.author == ada.user
    assert comment.is_open
    assert open_count(ada.article) == 1


def test_a_comment_may_be_about_a_passage_without_a_label(ada: Speaker) -> None:
    start = NEWS.index("🚢")
    comment = ada.says(start=start, end=start + 8, label="", quote="🚢 Alder ")
    assert (comment.quote, comment.label) == ("🚢 Alder ", "")


def test_a_reply_belongs_to_its_thread_and_is_no_thread_of_its_own(
    ada: Speaker, carl: Speaker
) -> None:
    comment = ada.says()
    answer = carl.answers(comment)
    assert answer.parent == comment
    assert answer.span == comment.span
    assert answer.quote == comment.quote
    assert list(Comment.objects.threads()) == [comment]
    assert open_count(ada.article) == 1


def test_a_reply_to_a_settled_thread_leaves_it_settled(ada: Speaker, carl: Speaker) -> None:
    comment = carl.settles(ada.says())
    ada.answers(comment)
    comment.refresh_from_db()
    assert not comment.is_open
    assert open_count(ada.article) == 0


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        ({"start": 5, "end": 5}, EmptySpan),
        ({"start": 9, "end": 3}, EmptySpan),
        ({"start": -1, "end": 3}, EmptySpan),
        ({"start": 27, "end": 29, "label": ""}, EmptySpan),  # the empty line
        ({"start": 0, "end": len(NEWS) + 1}, SpanOutOfText),
        ({"start": 10**30, "end": 10**30 + 1}, SpanOutOfText),
        ({"quote": "Inez Okafor"}, QuoteMismatch),
        ({"quote": ""}, QuoteMismatch),
        ({"label": "NO_SUCH_LABEL"}, UnknownLabel),
    ],
)
def test_a_passage_that_cannot_be_is_refused_and_nothing_is_stored(
    ada: Speaker, wish: dict[str, object], error: type[AnnotationError]
) -> None:
    for speak in (ada.says, ada.flags):
        with pytest.raises(error):
            speak(**wish)
    assert not Comment.objects.exists()
    assert open_count(ada.article) == 0


@pytest.mark.parametrize("body", ["", "   ", "\r\n\t\n", "\x00"])
def test_a_comment_or_a_reply_without_words_is_refused(ada: Speaker, body: str) -> None:
    comment = ada.says()
    with pytest.raises(NothingSaid):
        ada.says(body)
    with pytest.raises(NothingSaid):
        ada.answers(comment, body)
    assert Comment.objects.count() == 1


def test_ten_thousand_characters_are_taken_and_one_more_is_not(ada: Speaker) -> None:
    comment = ada.says("🚢" * LONGEST_BODY)
    ada.answers(comment, "x" * LONGEST_BODY)
    ada.flags(body="x" * LONGEST_BODY)
    for speak in (ada.says, partial(ada.answers, comment)):
        with pytest.raises(CommentTooLong, match="10,000 characters; this one has 10,001"):
            speak("x" * (LONGEST_BODY + 1))
    with pytest.raises(CommentTooLong):
        ada.flags(body="x" * (LONGEST_BODY + 1))
    assert Comment.objects.count() == 3


def test_a_passage_too_long_to_be_shown_in_a_list_is_refused(
    store: StoreArticle, annotator: User
) -> None:
    ada = Speaker(annotator, store("word " * 2000))
    ada.says(start=0, end=LONGEST_PASSAGE, label="")
    with pytest.raises(PassageTooLong, match="0 to 5001 are 5,001"):
        ada.says(start=0, end=LONGEST_PASSAGE + 1, label="")


# ── Settling ─────────────────────────────────────────────────────────────────────────────────────


def test_a_thread_is_settled_by_anybody_and_opened_again(ada: Speaker, carl: Speaker) -> None:
    comment = ada.says()
    settled = carl.settles(comment)
    assert (settled.state, settled.settled_by) == ("settled", carl.user)
    assert settled.settled_at is not None
    assert open_count(ada.article) == 0
    opened = ada.reopens(comment)
    assert (opened.state, opened.settled_by, opened.settled_at) == ("open", None, None)
    assert open_count(ada.article) == 1


def test_settling_what_is_settled_keeps_who_did_it_first(ada: Speaker, carl: Speaker) -> None:
    comment = ada.says()
    first = carl.settles(comment)
    again = ada.settles(comment)
    assert (again.settled_by, again.settled_at) == (carl.user, first.settled_at)
    assert open_count(ada.article) == 0


def test_opening_what_is_open_changes_nothing(ada: Speaker) -> None:
    comment = ada.says()
    ada.reopens(comment)
    assert open_count(ada.article) == 1


def test_a_reply_is_not_settled_by_itself(ada: Speaker) -> None:
    answer = ada.answers(ada.says())
    with pytest.raises(Comment.DoesNotExist):
        ada.settles(answer)


def test_the_count_is_of_one_article_and_of_open_threads_only(
    ada: Speaker, store: StoreArticle
) -> None:
    other = Speaker(ada.user, store("Another day. Ines Okafor slept in on Monday.\n"))
    other.says(start=0, end=7, label="")
    first, _, flag = ada.says(), ada.says("And this?"), ada.flags()
    ada.answers(first)
    assert open_count(ada.article) == 3
    ada.settles(first)
    ada.settles(flag)
    assert open_count(ada.article) == 1
    assert open_count(other.article) == 1


# ── Flags ────────────────────────────────────────────────────────────────────────────────────────


def test_a_flag_is_set_settled_and_opened_again_as_one_thread(ada: Speaker, carl: Speaker) -> None:
    flag = ada.flags()
    assert (flag.kind, flag.body, flag.is_open) == ("flag", "", True)
    assert open_count(ada.article) == 1
    settled = carl.flags()
    assert settled == flag
    assert settled.settled_by == carl.user
    assert open_count(ada.article) == 0
    assert ada.flags() == flag
    assert open_count(ada.article) == 1
    assert said(ada.article) == [("ada", "flag", "")]


def test_the_same_words_under_another_label_have_a_flag_of_their_own(ada: Speaker) -> None:
    assert len({ada.flags(), ada.flags(label="ORG"), ada.flags(label="")}) == 3
    assert len({ada.flags(start=ISLAND.start, end=ISLAND.end, label="PERSON"), ada.flags()}) == 2


def test_a_comment_at_the_same_place_is_not_taken_for_its_flag(ada: Speaker) -> None:
    comment = ada.says()
    assert ada.flags() != comment
    assert open_count(ada.article) == 2


def test_words_are_said_with_a_new_flag_and_in_reply_to_one_that_is_there(
    ada: Speaker, carl: Speaker
) -> None:
    flag = ada.flags(body="Mayor or minister?")
    carl.flags(body="Mayor.")
    assert said(ada.article) == [("ada", "flag", "Mayor or minister?"), ("carl", "flag", "Mayor.")]
    assert flag.replies.get().body == "Mayor."
    assert open_count(ada.article) == 0


# ── The same request again ───────────────────────────────────────────────────────────────────────


def test_the_same_key_five_times_says_a_thing_once(ada: Speaker) -> None:
    comments = {ada.says(client_key="k1") for _ in range(5)}
    [comment] = comments
    answers = {ada.answers(comment, client_key="k2") for _ in range(5)}
    assert len(answers) == 1
    assert Comment.objects.count() == 2
    assert open_count(ada.article) == 1


def test_the_same_key_five_times_toggles_a_flag_once_each_time(ada: Speaker) -> None:
    for key, is_open in (("k1", True), ("k2", False), ("k3", True)):
        assert len({ada.flags(client_key=key) for _ in range(5)}) == 1
        assert ada.flags(client_key=key).is_open is is_open
        assert open_count(ada.article) == is_open


def test_a_lost_request_that_comes_late_does_not_toggle_the_flag_back(
    ada: Speaker, carl: Speaker
) -> None:
    ada.flags(client_key="k1")
    carl.flags(client_key="k1")  # his own key, by chance the same
    assert not ada.flags(client_key="k1").is_open
    assert open_count(ada.article) == 0


def test_a_key_that_comes_with_other_words_is_another_comment(ada: Speaker) -> None:
    ada.says("One thing", client_key="k1")
    ada.says("Another thing", client_key="k1")
    ada.says("One thing", client_key="k1", start=ISLAND.start, end=ISLAND.end, label="LOC")
    ada.flags(client_key="k1")
    assert Comment.objects.threads().count() == open_count(ada.article) == 4


# ── At once ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_two_who_begin_threads_at_once_are_both_counted(ada: Speaker, carl: Speaker) -> None:
    for n in range(1, 6):
        assert at_once(ada.says, carl.says) == []
        assert open_count(ada.article) == 2 * n


@pytest.mark.django_db(transaction=True)
def test_the_same_request_many_times_at_once_has_one_effect(ada: Speaker) -> None:
    assert at_once(*[partial(ada.says, client_key="k1")] * 5) == []
    assert at_once(*[partial(ada.flags, client_key="k2")] * 5) == []
    assert Comment.objects.threads().count() == open_count(ada.article) == 2


@pytest.mark.django_db(transaction=True)
def test_settling_opening_and_toggling_at_once_leave_the_count_true(
    ada: Speaker, carl: Speaker
) -> None:
    threads = [ada.says(f"{n}") for n in range(4)]

    def work(speaker: Speaker) -> None:
        for thread in threads:
            speaker.settles(thread)
            speaker.flags()
            speaker.reopens(thread)
            speaker.answers(thread)

    assert at_once(partial(work, ada), partial(work, carl)) == []
    # Whoever came last opened each thread, and a flag that is toggled eight times is settled.
    assert open_count(ada.article) == 4
    assert not Comment.objects.get(kind="flag", parent=None).is_open

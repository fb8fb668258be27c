"""Comments on a passage, flags that it needs a second look, and the replies to both.

What was said is never changed and never deleted; a thread is settled and opened again. Every action
holds the article's row until commit, so that of several at once each finds what the others did,
and `Article.open_comment_count` stays right.
"""

from typing import Final, TypedDict

from django.db import transaction
from django.utils import timezone

from annotations.domain.errors import AnnotationError, EmptySpan, UnknownLabel
from annotations.domain.spans import Span, check_quote
from annotations.domain.text import normalise
from annotations.models import Article, Comment, Label, User
from annotations.models.comments import CommentQuerySet

#: The most that is taken in one comment, in characters.
LONGEST_BODY: Final = 10_000
#: The longest passage that a comment may be about, in characters: its words are shown in lists.
LONGEST_PASSAGE: Final = 5_000


class NothingSaid(AnnotationError):
    """A comment or a reply without words."""

    def __init__(self) -> None:
        super().__init__("There are no words in it yet. Write something first.")


class CommentTooLong(AnnotationError):
    """A comment or a reply of more than `LONGEST_BODY` characters."""

    def __init__(self, length: int) -> None:
        super().__init__(
            f"A comment may have {LONGEST_BODY:,} characters; this one has {length:,}. Shorten it."
        )


class PassageTooLong(AnnotationError):
    """A passage of more than `LONGEST_PASSAGE` characters."""

    def __init__(self, start: int, end: int) -> None:
        super().__init__(
            f"A comment may be about {LONGEST_PASSAGE:,} characters of the text; "
            f"{start} to {end} are {end - start:,}. Choose fewer."
        )


class Place(TypedDict):
    """What a thread is about, as its columns."""

    start: int
    end: int
    quote: str
    label: str


class Said(Place):
    """What somebody said and where, as columns."""

    kind: str
    body: str
    parent: Comment | None


@transaction.atomic
def add_comment(
    *,
    user: User,
    article: Article,
    start: int,
    end: int,
    label: str,
    body: str,
    quote: str | None = None,
    client_key: str = "",
) -> Comment:
    """Begin a thread about a passage, or about the mention of ``label`` there ("" for none).

    ``quote`` is the text that the caller saw at the passage, checked where it is given. The same
    request with the same ``client_key`` again answers with the first comment and adds none.

    Raises EmptySpan, SpanOutOfText, PassageTooLong, QuoteMismatch, UnknownLabel, NothingSaid or
    CommentTooLong; nothing is stored then.
    """
    article = _locked(article.pk)
    place = _place(article, start, end, label, quote)
    words = _words(body)
    said = Said(kind=Comment.Kind.COMMENT, body=words, parent=None, **place)
    comment = _say(user, article, client_key, said)
    _count(article)
    return comment


@transaction.atomic
def toggle_flag(
    *,
    user: User,
    article: Article,
    start: int,
    end: int,
    label: str,
    body: str = "",
    quote: str | None = None,
    client_key: str = "",
) -> Comment:
    """Flag a passage for a second look; if it is flagged, settle the flag or open it again.

    A span has one flag for each label, whoever set it: that is the thread that comes back. Words
    are said with a new flag, or in reply to the one that is there. ``quote`` and ``client_key``
    are as in `add_comment`.

    Raises EmptySpan, SpanOutOfText, PassageTooLong, QuoteMismatch, UnknownLabel or CommentTooLong.
    """
    article = _locked(article.pk)
    place = _place(article, start, end, label, quote)
    words = _words(body) if body.strip() else ""
    threads = Comment.objects.threads().filter(article=article, kind=Comment.Kind.FLAG, **place)
    flag = threads.first()
    said = Said(kind=Comment.Kind.FLAG, body=words, parent=flag, **place)
    if flag is None:
        flag = _say(user, article, client_key, said)
    elif _sent(user, article, client_key).filter(kind=said["kind"], body=words, **place).exists():
        return flag
    else:
        if words or client_key:
            # A reply without words is never shown. It is there for its key, by which this request
            # is known if it comes again.
            _say(user, article, client_key, said)
        _set_state(flag, user, is_open=not flag.is_open)
    _count(article)
    return flag


@transaction.atomic
def reply(*, user: User, comment: Comment, body: str, client_key: str = "") -> Comment:
    """Say something in a thread, open or settled; ``comment`` is what it began with.

    ``client_key`` is as in `add_comment`. Raises NothingSaid or CommentTooLong.
    """
    article, thread = _locked_thread(comment)
    place = Place(start=thread.start, end=thread.end, quote=thread.quote, label=thread.label)
    said = Said(kind=Comment.Kind.COMMENT, body=_words(body), parent=thread, **place)
    return _say(user, article, client_key, said)


@transaction.atomic
def settle(*, user: User, comment: Comment) -> Comment:
    """Settle a thread. One that is settled stays so, by whom and when it was."""
    article, thread = _locked_thread(comment)
    if thread.is_open:
        _set_state(thread, user, is_open=False)
        _count(article)
    return thread


@transaction.atomic
def reopen(*, user: User, comment: Comment) -> Comment:
    """Open a settled thread again. One that is open stays so."""
    article, thread = _locked_thread(comment)
    if not thread.is_open:
        _set_state(thread, user, is_open=True)
        _count(article)
    return thread


def _locked(article_id: int) -> Article:
    return Article.objects.select_for_update().only("corpus").get(pk=article_id)


def _locked_thread(comment: Comment) -> tuple[Article, Comment]:
    """The article, locked, and the thread as it stands since."""
    article = _locked(comment.article_id)
    return article, Comment.objects.threads().get(pk=comment.pk)


def _place(article: Article, start: int, end: int, label: str, quote: str | None) -> Place:
    """The passage, checked against the text and the corpus's labels."""
    span = Span(start, end)
    text = article.text_row.text
    found = span.of(text)
    if not found.strip():
        raise EmptySpan(start, end)
    if len(span) > LONGEST_PASSAGE:
        raise PassageTooLong(start, end)
    if quote is not None:
        check_quote(text, span, quote)
    in_corpus = Label.objects.filter(scheme__corpus=article.corpus_id, name=label)
    if label and not in_corpus.exists():
        raise UnknownLabel(label)
    return Place(start=start, end=end, quote=found, label=label)


def _words(body: str) -> str:
    """What was said, as it is stored: with line ends of one kind, and none around it."""
    words = normalise(body).text.strip()
    if not words:
        raise NothingSaid
    if len(words) > LONGEST_BODY:
        raise CommentTooLong(len(words))
    return words


def _say(user: User, article: Article, client_key: str, said: Said) -> Comment:
    """Store what was said, unless this request came before.

    A key that comes with other words, or elsewhere, is no repetition: going back in the browser
    brings an old form with its key. What was written then is stored without it.
    """
    sent = _sent(user, article, client_key)
    earlier = sent.filter(**said).first()
    if earlier is not None:
        return earlier
    key = "" if sent.exists() else client_key
    return Comment.objects.create(article=article, author=user, client_key=key, **said)


def _sent(user: User, article: Article, client_key: str) -> CommentQuerySet:
    """What came with this key; nothing without one."""
    rows = Comment.objects.filter(article=article, author=user, client_key=client_key)
    return rows if client_key else rows.none()


def _set_state(thread: Comment, user: User, *, is_open: bool) -> None:
    thread.state = Comment.State.OPEN if is_open else Comment.State.SETTLED
    thread.settled_by = None if is_open else user
    thread.settled_at = None if is_open else timezone.now()
    thread.save(update_fields=["state", "settled_by", "settled_at"])


def _count(article: Article) -> None:
    """Keep the stored count of open threads true."""
    count = Comment.objects.open().filter(article=article).count()
    Article.objects.filter(pk=article.pk).update(open_comment_count=count)

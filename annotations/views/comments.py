"""Comments on an article: one list; each comment, reply and settling is one POST.

With htmx every answer is the whole list, drawn again. Without it a POST leads back to the page
that it came from, or, when it is refused, answers with the page of comments and what was typed.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import trigger_client_event

from annotations.actions import comments as actions
from annotations.domain.decisions import parse_mention_id
from annotations.domain.errors import AnnotationError, UnknownMention
from annotations.forms import CommentForm, ReplyForm
from annotations.models import Article, Comment
from annotations.permissions import Verb, article_for
from annotations.views.common import Request, rights


@dataclass(frozen=True, slots=True)
class Thread:
    """A comment or a flag, what was said to it, and the form for saying more."""

    comment: Comment
    replies: list[Comment]
    form: ReplyForm


@require_GET
@vary_on_headers("HX-Request")
def article_comments(request: Request, slug: str, number: int) -> HttpResponse:
    """What was said about an article; ``?mention=`` begins a comment on that mention."""
    article = article_for(request.user, Verb.COMMENT, slug, number)
    context = comment_context(request, article, mention=request.GET.get("mention", ""))
    return _drawn(request, context)


@require_POST
def article_comment(request: Request, slug: str, number: int) -> HttpResponse:
    """Begin a thread, or toggle a flag."""
    article = article_for(request.user, Verb.COMMENT, slug, number)
    form = CommentForm(request.POST)
    if form.is_valid():
        try:
            thread = _begin(request, article, form)
        except AnnotationError as error:
            form.add_error(None, str(error))
        else:
            return _done(request, article, thread, used=_form_used(request, form))
    return _refused(request, article, form)


@require_POST
def comment_reply(request: Request, slug: str, number: int, comment_id: int) -> HttpResponse:
    """Say something in a thread."""
    article, thread = _thread_for(request, slug, number, comment_id)
    form = ReplyForm(thread, request.POST)
    if form.is_valid():
        try:
            actions.reply(user=request.user, comment=thread, **form.cleaned_data)
        except AnnotationError as error:
            form.add_error(None, str(error))
        else:
            return _done(request, article, thread, used="reply")
    return _refused(request, article, form, thread)


@require_POST
def comment_settle(request: Request, slug: str, number: int, comment_id: int) -> HttpResponse:
    """Settle a thread."""
    article, thread = _thread_for(request, slug, number, comment_id)
    actions.settle(user=request.user, comment=thread)
    return _done(request, article, thread)


@require_POST
def comment_reopen(request: Request, slug: str, number: int, comment_id: int) -> HttpResponse:
    """Open a settled thread again."""
    article, thread = _thread_for(request, slug, number, comment_id)
    actions.reopen(user=request.user, comment=thread)
    return _done(request, article, thread)


def comment_context(
    request: Request,
    article: Article,
    *,
    mention: str = "",
    touched: Comment | None = None,
    used: str = "",
    refused: CommentForm | ReplyForm | None = None,
) -> dict[str, Any]:
    """What `article_comments.html#comments` needs, on whichever page it stands.

    ``mention`` is the id of the one to begin a comment on. ``touched`` is the thread that the
    request was about, and ``used`` the form that it came from, "comment" or "reply": that one is
    drawn anew, while the others keep what somebody is writing in them. ``refused`` is the same
    form with what was typed.
    """
    key = get_random_string(22)
    form = refused if isinstance(refused, CommentForm) else _new_form(article, mention, key)
    threads = _threads(article, key)
    if touched and isinstance(refused, ReplyForm):
        threads = [
            Thread(t.comment, t.replies, refused) if t.comment == touched else t for t in threads
        ]
    settled = [t for t in threads if not t.comment.is_open]
    # The address of a POST is nowhere to come back to.
    here = f"{request.get_full_path()}#comments" if request.method == "GET" else ""
    return {
        "article": article,
        "corpus": article.corpus,
        "may": rights(request.user, article.corpus),
        "open_threads": [t for t in threads if t.comment.is_open],
        "settled_threads": settled,
        "touched_is_settled": any(t.comment == touched for t in settled),
        "comment_form": form,
        "about": form.about(article.text_row.text),
        "touched": touched,
        "used": used,
        "next": request.POST.get("next", here),
    }


def _threads(article: Article, key: str) -> list[Thread]:
    said = Comment.objects.exclude(body="").select_related("author")
    rows = Comment.objects.threads().filter(article=article).select_related("author", "settled_by")
    return [
        Thread(
            comment,
            list(comment.replies.all()),
            ReplyForm(comment, initial={"client_key": f"{key}-{comment.pk}"}),
        )
        for comment in rows.prefetch_related(Prefetch("replies", said))
    ]


def _new_form(article: Article, mention: str, key: str) -> CommentForm:
    """An empty form; it is about the mention, if there can be one of that id."""
    initial: dict[str, object] = {"client_key": key}
    try:
        start, end, label = parse_mention_id(mention)
    except UnknownMention:
        return CommentForm(initial=initial)
    quote = article.text_row.text[start:end]
    if quote:
        initial |= {"start": start, "end": end, "label": label, "quote": quote}
    return CommentForm(initial=initial)


def _thread_for(
    request: Request, slug: str, number: int, comment_id: int
) -> tuple[Article, Comment]:
    """The article and one of its threads, if the person may comment there."""
    article = article_for(request.user, Verb.COMMENT, slug, number)
    rows = Comment.objects.threads().filter(article=article)
    return article, get_object_or_404(rows, pk=comment_id)


def _begin(request: Request, article: Article, form: CommentForm) -> Comment:
    data = form.cleaned_data
    begin = actions.toggle_flag if data["kind"] == Comment.Kind.FLAG else actions.add_comment
    start, end = form.span_in(article.text_row.text)
    return begin(
        user=request.user,
        article=article,
        start=start,
        end=end,
        label=data["label"],
        body=data["body"],
        quote=form.quote_seen,
        client_key=data["client_key"],
    )


def _form_used(request: Request, form: CommentForm) -> str:
    """The form that the request came from; a flag may come by its key, past what is half typed."""
    by_key = form.cleaned_data["kind"] == Comment.Kind.FLAG and not form.cleaned_data["body"]
    return "" if by_key and request.htmx.trigger != "comment-form" else "comment"


def _done(request: Request, article: Article, thread: Comment, used: str = "") -> HttpResponse:
    """The list as it stands now; without htmx the page that the person came from."""
    if not request.htmx:
        return HttpResponseRedirect(_way_back(request, article))
    context = comment_context(request, article, touched=thread, used=used)
    response = _drawn(request, context)
    # Once the list is on the page: what it says is marked in the text then.
    said = {"open": len(context["open_threads"])}
    return trigger_client_event(response, "annotations:comments", said, after="swap")


def _refused(
    request: Request,
    article: Article,
    form: CommentForm | ReplyForm,
    thread: Comment | None = None,
) -> HttpResponse:
    """Say at the form why nothing was stored, with what was typed still in it."""
    used = "reply" if thread else "comment"
    context = comment_context(request, article, touched=thread, used=used, refused=form)
    return _drawn(request, context, status=422)


def _drawn(request: Request, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    partial = "#comments" if request.htmx else ""
    return render(request, f"annotations/article_comments.html{partial}", context, status=status)


def _way_back(request: Request, article: Article) -> str:
    """Where the form says that it stood, if that is on this site, or else the comments."""
    wished = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        wished, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    if is_ours:
        return wished
    return reverse("annotations:article-comments", args=[article.corpus.slug, article.number])

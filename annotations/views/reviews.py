"""Looking at an article: the review page, its parts, and its history."""

import json
from collections.abc import Iterator
from itertools import chain
from typing import Final

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from annotations.actions import proposals
from annotations.forms import RevisionForm
from annotations.models import Article
from annotations.permissions import Verb, article_for
from annotations.rendering import stretches
from annotations.views.common import Request
from annotations.views.review_page import ReviewPage, parse_wish

#: Longer articles, in characters, are sent in pieces: their beginning is on screen at once.
LONG: Final = 40_000
#: How many characters the first piece has, to the end of its last block.
OPENING: Final = 15_000
#: Where the article goes in a page that is drawn without it. Nothing that people wrote can be it,
#: since that is escaped.
_ARTICLE: Final = mark_safe("<!-- the article -->")


@never_cache
@require_GET
def article_review(request: Request, slug: str, number: int) -> HttpResponseBase:
    """The article as readers saw it, its highlights, and everything to correct them with."""
    article = article_for(request.user, Verb.READ, slug, number)
    proposals.refresh(article)
    wish = request.GET.get("mention", "")
    if article.length > LONG:
        return StreamingHttpResponse(_in_pieces(request, article, wish))
    page = ReviewPage.of(request, article)
    return render(request, "annotations/article_review.html", page.context() | page.whole(wish))


def _in_pieces(request: Request, article: Article, wish: str) -> Iterator[SafeString]:
    """The page up to the article, the article's blocks piece by piece, and the rest."""
    blocks = article.blocks.all()
    first = list(stretches(blocks.filter(start__lt=OPENING)))
    # The last stretch may go on beyond what was read.
    opening = list(chain.from_iterable(first[:-1] or first))
    reach = opening[-1].end if opening else 1
    page = ReviewPage.of(request, article, stretch=(0, reach))
    current = page.next_pending(0)
    is_whole = bool(wish or not current or page.walks_by_doubt or page.at is not None)
    if is_whole:
        # Which mention is the current one is only known from all of them.
        page = ReviewPage.of(request, article)
        current = page.current(wish)
    context = page.context() | page.around(current) | {"blocks": _ARTICLE}
    template = "annotations/article_review.html"
    before, _, after = render_to_string(template, context, request).partition(_ARTICLE)

    def pieces() -> Iterator[SafeString]:
        yield SafeString(before)
        yield from page.draw(opening, current)
        rest = page
        if not is_whole:
            stretch = (reach, article.length)
            rest = ReviewPage.of(request, article, review=page.review, stretch=stretch)
        yield from rest.draw(blocks.filter(start__gte=reach), current)
        yield SafeString(after)

    # Begun only now: all that a page can fail at lies before the first piece that is sent.
    return pieces()


@require_GET
def article_changes(request: Request, slug: str, number: int) -> HttpResponse:
    """What has changed in one's own layer since a revision, for a page that is behind."""
    article = article_for(request.user, Verb.CORRECT, slug, number)
    page, blocks = ReviewPage.since(request, article, *RevisionForm.seen(request.GET))
    context = page.context() | {"blocks": page.draw_again(blocks)}
    response = render(request, "annotations/article_review.html#changed", context)
    said = {"revision": page.revision, "run": context["run"]}
    response.headers["HX-Trigger"] = json.dumps({"annotations:changed": said})
    return response


@require_GET
def article_card(request: Request, slug: str, number: int) -> HttpResponse:
    """The card of one mention, for the page to show beside it."""
    article = article_for(request.user, Verb.READ, slug, number)
    wish = request.GET.get("mention", "")
    page = ReviewPage.of(request, article, stretch=parse_wish(wish))
    context = page.context() | {"card": page.card(wish)}
    return render(request, "annotations/article_review.html#card", context)


@require_GET
def article_suggestions(request: Request, slug: str, number: int) -> HttpResponse:
    """While suggestions are made: asked again and again, then the highlighted article."""
    article = article_for(request.user, Verb.READ, slug, number)
    attempt = request.GET.get("attempt", "")
    context: dict[str, object] = {
        "article": article,
        "corpus": article.corpus,
        "attempt": min(int(attempt), 50) + 1 if attempt.isdecimal() else 1,
    }
    if not article.awaits_suggestions:
        page = ReviewPage.of(request, article)
        context |= page.context() | page.whole("")
    return render(request, "annotations/article_review.html#arrived", context)

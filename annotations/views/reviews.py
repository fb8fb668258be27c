"""Looking at an article: the review page, its parts, and its history."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from annotations.permissions import Verb, article_for
from annotations.views.common import Request
from annotations.views.review_page import ReviewPage, parse_wish


@require_GET
def article_review(request: Request, slug: str, number: int) -> HttpResponse:
    """The article as readers saw it, its highlights, and everything to correct them with."""
    article = article_for(request.user, Verb.READ, slug, number)
    page = ReviewPage.of(request, article)
    context = page.context() | page.whole(request.GET.get("mention", ""))
    return render(request, "annotations/article_review.html", context)


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

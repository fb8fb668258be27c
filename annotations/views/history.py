"""What was decided in an article, by whom and when, and the way back to any earlier state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from annotations.actions.decide import Outcome
from annotations.actions.history import deeds_of, restore
from annotations.domain.errors import AnnotationError, StaleRevision
from annotations.domain.history import in_words, state_in_words
from annotations.forms import HistoryForm, RestoreForm
from annotations.models import Article, Correction, Review
from annotations.models.layers import Labels
from annotations.permissions import Verb, article_for, may
from annotations.views.common import Request, rights
from annotations.views.review_page import layer_wished, review_shown

#: How many corrections a page of the history has.
PAGE: Final = 30


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history: who did what, and where to look at the state it left.

    ``when`` is in UTC, and None for the state before the first decision, which nobody made.
    """

    revision: int
    who: str
    what: str
    when: datetime | None
    look: str


@require_GET
@vary_on_headers("HX-Request")
def article_history(request: Request, slug: str, number: int) -> HttpResponse:
    """The history of the layer that the review page shows; ``?before=`` for older pages."""
    article = article_for(request.user, Verb.READ, slug, number)
    form = HistoryForm(request.GET)
    form.is_valid()
    return _drawn(request, article, before=form.cleaned_data.get("before"))


@require_POST
def article_restore(request: Request, slug: str, number: int) -> HttpResponse:
    """Bring an earlier state of one's own layer back."""
    article = article_for(request.user, Verb.CORRECT, slug, number)
    form = RestoreForm(request.POST)
    if not form.is_valid():
        problem = "Which state is meant was not to be made out. Choose one from the list."
        return _drawn(request, article, problem=problem, status=422)
    try:
        outcome = restore(
            user=request.user,
            article=article,
            seen_revision=form.cleaned_data["revision"],
            to_revision=form.cleaned_data["to_revision"],
            client_key=form.cleaned_data["client_key"],
        )
    except AnnotationError as error:
        status = 409 if isinstance(error, StaleRevision) else 422
        return _drawn(request, article, problem=str(error), status=status)
    messages.success(request, _restored(outcome, form.cleaned_data["to_revision"]))
    address = reverse("annotations:article-review", args=[slug, number])
    if request.htmx:
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)


def _restored(outcome: Outcome, revision: int) -> str:
    if outcome.correction is None:
        return "It stands like that already. Nothing was changed."
    return f"Revision {outcome.revision:,} brought back {state_in_words(revision)}."


def _drawn(
    request: Request,
    article: Article,
    *,
    before: int | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    context = _context(request, article, before) | {
        "problem": problem,
        "is_conflict": status == 409,
    }
    partial = "#history" if request.htmx else ""
    return render(request, f"annotations/article_history.html{partial}", context, status=status)


def _context(request: Request, article: Article, before: int | None) -> dict[str, Any]:
    review, layer = review_shown(request, article), layer_wished(request, article)
    rows = _corrections(review, before)
    entries = _entries(article, rows[:PAGE], layer)
    is_complete = len(rows) <= PAGE
    if review is not None and review.revision and is_complete:
        entries.append(Entry(0, "", "Before the first decision", None, _look(article, layer, 0)))
    is_own = review is not None and review.annotator_id == request.user.pk
    return {
        "article": article,
        "corpus": article.corpus,
        "may": rights(request.user, article.corpus),
        "review": review,
        "revision": review.revision if review else 0,
        "entries": entries,
        "may_restore": is_own and may(request.user, Verb.CORRECT, article.corpus),
        "is_own": is_own,
        "key": get_random_string(22),
        "address": _address(article, layer=layer),
        "older": ""
        if is_complete
        else _address(article, layer=layer, before=rows[PAGE - 1].revision),
        "is_newest": before is None,
    }


def _corrections(review: Review | None, before: int | None) -> list[Correction]:
    """A page's corrections, the newest first, and one more if there are older ones."""
    if review is None:
        return []
    rows = review.corrections.select_related("user").order_by("-revision")
    if before is not None:
        rows = rows.filter(revision__lt=before)
    return list(rows[: PAGE + 1])


def _entries(article: Article, rows: Sequence[Correction], layer: str) -> list[Entry]:
    text = article.text_row.text
    return [
        Entry(
            row.revision,
            str(row.user),
            in_words(deed, text),
            row.created_at,
            _look(article, layer, row.revision),
        )
        for row, deed in zip(rows, deeds_of(rows, Labels.of(article.corpus)), strict=True)
    ]


def _look(article: Article, layer: str, revision: int) -> str:
    return _address(article, "article-review", layer=layer, at=revision)


def _address(article: Article, name: str = "article-history", **query: str | int) -> str:
    """An address of the article; of the query, without a layer that was not asked for."""
    address = reverse(f"annotations:{name}", args=[article.corpus.slug, article.number])
    wishes = urlencode({name: value for name, value in query.items() if value != ""})
    return f"{address}?{wishes}" if wishes else address

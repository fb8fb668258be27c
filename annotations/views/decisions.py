"""Every act on the review page: one POST, one call of an action, one fragment back.

Without htmx the same addresses answer with a redirect to the review page, or, when an act is
refused, with the whole page and the reason on it.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_POST

from annotations.actions import decide as actions
from annotations.actions.decide import Outcome, Stretch
from annotations.domain.decisions import Add, mention_id
from annotations.domain.errors import (
    AnnotationError,
    StaleRevision,
    SuggestionsUnseen,
    UnknownMention,
)
from annotations.domain.mentions import Mention
from annotations.forms import DecisionForm, PassageForm, RevisionForm
from annotations.models import Article, Block
from annotations.permissions import Verb, article_for
from annotations.views.common import Request
from annotations.views.review_page import ReviewPage, touching

#: What a decision needs of the article before the action reads it again, locked.
_NEEDED = (
    "number",
    "title",
    "opening",
    "corpus__slug",
    "corpus__overlaps",
)


class BadForm(AnnotationError):
    """A request whose values don't make a decision."""


def decision(view: Callable[[Request, Article], HttpResponse]) -> Callable[..., HttpResponse]:
    """A view for one act on an article: fetches it with permission, answers refusals.

    What the view raises as an AnnotationError is shown with its sentence: 409 for a race that was
    lost, 422 for a wish that cannot be.
    """

    @require_POST
    @wraps(view)
    def answer(request: Request, slug: str, number: int) -> HttpResponse:
        # A page sends what it kept while nobody was signed in; not under somebody else's name.
        if request.POST.get("as") not in {None, str(request.user.pk)}:
            return HttpResponse("Somebody else is signed in now.", status=401)
        article = article_for(request.user, Verb.CORRECT, slug, number, fields=_NEEDED)
        try:
            return view(request, article)
        except AnnotationError as error:
            lost_race = isinstance(error, StaleRevision | SuggestionsUnseen | UnknownMention)
            return _refused(request, article, str(error), status=409 if lost_race else 422)

    return answer


@decision
def article_decide(request: Request, article: Article) -> HttpResponse:
    """One decision on one mention, or the same for the same text in the whole article."""
    form = _checked(DecisionForm(request.POST))
    if form.cleaned_data["act"] == "same":
        outcome = actions.decide_same(
            user=request.user,
            article=article,
            key=form.cleaned_data["key"],
            seen_revision=form.cleaned_data["revision"],
            client_key=form.cleaned_data["client_key"],
        )
        return _decided(request, article, outcome)
    outcome = actions.decide_mention(
        user=request.user,
        article=article,
        decision=form.decision(_stepped(article, form)),
        seen_revision=form.cleaned_data["revision"],
        quote=form.quote_seen,
        client_key=form.cleaned_data["client_key"],
    )
    return _decided(request, article, outcome)


@decision
def article_add(request: Request, article: Article) -> HttpResponse:
    """A new mention without a script: named by its words."""
    form = _checked(PassageForm(request.POST))
    start, end = form.span_in(article.text_row.text)
    outcome = actions.decide_mention(
        user=request.user,
        article=article,
        decision=Add(start, end, form.cleaned_data["label"]),
        seen_revision=form.cleaned_data["revision"],
    )
    return _decided(request, article, outcome)


@decision
def article_undo(request: Request, article: Article) -> HttpResponse:
    """Take the newest decision back."""
    outcome = actions.undo(**_seen(request, article))
    return _decided(request, article, _landed(request, article, outcome))


@decision
def article_redo(request: Request, article: Article) -> HttpResponse:
    """Do again what was undone last."""
    outcome = actions.redo(**_seen(request, article))
    return _decided(request, article, _landed(request, article, outcome))


@decision
def article_finish(request: Request, article: Article) -> HttpResponse:
    """Declare the article done and open the next that isn't."""
    form = _checked(RevisionForm(request.POST))
    outcome = actions.finish(**_seen(request, article), seen_run=form.cleaned_data["run"])
    sentence = _finished(article, outcome, form.cleaned_data["unvisited"])
    messages.success(request, sentence)
    slug, following = article.corpus.slug, _following(article)
    address = (
        reverse("annotations:article-review", args=[slug, following.number])
        if following
        else reverse("annotations:article-list", args=[slug])
    )
    if request.htmx:
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)


@decision
def article_reopen(request: Request, article: Article) -> HttpResponse:
    """Open one's own finished review again."""
    actions.reopen(**_seen(request, article))
    return redirect("annotations:article-review", article.corpus.slug, article.number)


def _checked[F: Form](form: F) -> F:
    """The form, if it is valid; raises BadForm with its first complaint."""
    for field, errors in form.errors.items():
        raise BadForm(str(errors[0]) if field == "__all__" else f"{field}: {errors[0]}")
    return form


def _seen(request: Request, article: Article) -> dict[str, Any]:
    """What undo, redo, finish and reopen take: who, where, and the state they saw."""
    form = _checked(RevisionForm(request.POST))
    return {
        "user": request.user,
        "article": article,
        "seen_revision": form.cleaned_data["revision"],
        "client_key": form.cleaned_data["client_key"],
    }


def _landed(request: Request, article: Article, outcome: Outcome) -> Outcome:
    """The outcome of an undo or redo with a mention to look at: one where something changed."""
    if outcome.current:
        return outcome
    page, _ = ReviewPage.after(request, article, outcome)
    there = touching(page.visible, outcome.places)
    return replace(outcome, current=mention_id(there[0].key) if there else "")


def _decided(request: Request, article: Article, outcome: Outcome) -> HttpResponse:
    """The blocks that changed, with the counts and the legend, to swap into the page."""
    if not request.htmx:
        address = reverse("annotations:article-review", args=[article.corpus.slug, article.number])
        wish = outcome.current or _next_pending(request, article, outcome)
        return redirect(f"{address}?{urlencode({'mention': wish})}" if wish else address)
    page, blocks = ReviewPage.after(request, article, outcome)
    drawn = page.draw_again(blocks, outcome.current)
    # Rendered without the request: nothing here depends on who is signed in.
    response = HttpResponse(
        render_to_string(
            "annotations/article_review.html#decided",
            page.counts(_labels_in(outcome)) | {"blocks": drawn},
        )
    )
    said = {
        "revision": outcome.revision,
        "mention": outcome.current,
        "correction": outcome.correction.pk if outcome.correction else None,
        "status": outcome.review.status,
    }
    response.headers["HX-Trigger"] = json.dumps({"annotations:decided": said})
    return response


def _labels_in(outcome: Outcome) -> set[str]:
    """The labels whose numbers a decision may have changed."""
    if outcome.correction is None:
        return set()
    sides = (outcome.correction.before, outcome.correction.after)
    return {
        row["label"]
        for side in sides
        for kind in ("annotations", "rejections")
        for row in side[kind]
    }


def _next_pending(request: Request, article: Article, outcome: Outcome) -> str:
    page = ReviewPage.of(request, article, review=outcome.review)
    return page.next_pending(actions.whole(outcome.places)[0])


def _refused(request: Request, article: Article, problem: str, *, status: int) -> HttpResponse:
    """Say why nothing was changed. A lost race shows how the article stands now."""
    context: dict[str, Any] = {"problem": problem, "is_conflict": status == 409}
    if not request.htmx:
        page = ReviewPage.of(request, article)
        context |= page.context() | page.whole(request.POST.get("mention", ""))
        if status == 409:
            context |= _both_values(request, page)
        return render(request, "annotations/article_review.html", context, status=status)
    seen = RevisionForm.seen(request.POST)
    page, blocks = ReviewPage.since(request, article, *seen, *_wished_at(request))
    context |= page.context()
    if status == 409:
        context |= {"blocks": page.draw_again(blocks)}
        context |= _both_values(request, page)
    response = render(request, "annotations/article_review.html#refused", context, status=status)
    said = {"revision": page.revision, "conflict": status == 409}
    response.headers["HX-Trigger"] = json.dumps({"annotations:refused": said})
    return response


def _wished_at(request: Request) -> list[Stretch]:
    """Where a refused decision was to be; nowhere if it is none."""
    form = DecisionForm(request.POST)
    return [form.place] if form.is_valid() else []


def _both_values(request: Request, page: ReviewPage) -> dict[str, object]:
    """What the person wanted, and what stands at that place now."""
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return {}
    data, (start, end) = form.cleaned_data, form.place
    wish = {
        "accept": "accept it",
        "reject": "remove it",
        "relabel": f"label it {data['label']}",
        "adjust": "move an edge of it",
        "add": f"mark it as {data['label']}",
        "same": "decide the same text in the whole article alike",
    }[data["act"]]
    standing = touching(page.visible, [(start, end)])
    return {
        "wished_for": wish,
        "wished_at": page.article.text_row.text[start:end],
        "standing": [(page.quote(m), m.label, m.state.value) for m in standing],
        "again": _again(form, page, standing),
    }


def _again(form: DecisionForm, page: ReviewPage, standing: list[Mention]) -> dict[str, object]:
    """What a form says to carry out a refused decision on what stands there now.

    Nothing where it would not make sense: there is no mention any more.
    """
    data = form.cleaned_data
    values: dict[str, object] = {"act": data["act"], "revision": page.revision}
    if data["act"] == "add":
        return values | {key: data[key] for key in ("start", "end", "label", "quote")}
    if data["act"] == "same" or not standing:
        return {}
    values["mention"] = mention_id(standing[0].key)
    if data["edge"]:
        return values | {"edge": data["edge"]}
    given = ("start", "end", "label", "quote")
    return values | {key: data[key] for key in given if data.get(key) not in {None, ""}}


def _stepped(article: Article, form: DecisionForm) -> tuple[int, int] | None:
    """Where one step of one edge leads, by the tokens of the block; None without such a step.

    An edge stops at the block's border, and before the mention would be empty.
    """
    edge = form.cleaned_data["edge"]
    if not edge:
        return None
    start, end, _ = form.cleaned_data["key"]
    block = Block.objects.filter(article=article, start__lte=start, end__gte=end).first()
    tokens = block.token_spans() if block else []
    match edge:
        case "left-out":
            start = max((s for s, _ in tokens if s < start), default=start)
        case "left-in":
            start = min((s for s, _ in tokens if start < s < end), default=start)
        case "right-in":
            end = max((e for _, e in tokens if start < e < end), default=end)
        case "right-out":
            end = min((e for _, e in tokens if e > end), default=end)
    return (start, end)


def _finished(article: Article, outcome: Outcome, unvisited: int | None) -> str:
    """What finishing did, in words: it accepts what is left without asking."""
    accepted = len(outcome.correction.after["annotations"]) if outcome.correction else 0
    sentence = f"Finished “{article.display_title}”."
    if accepted:
        sentence += f" {accepted} suggestion{'s were' if accepted > 1 else ' was'} accepted"
        sentence += f", {unvisited} of them never visited." if unvisited else "."
    return sentence


def _following(article: Article) -> Article | None:
    """The next article that isn't finished, from the start again after the last."""
    rows = Article.objects.filter(corpus=article.corpus)
    return rows.filter(number__gt=article.number).first_unfinished() or rows.first_unfinished()

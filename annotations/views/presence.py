"""Who else has an article open: each tab asks again and again, and says when it leaves."""

import json

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from annotations.actions.presence import Company, note_absence, note_presence
from annotations.forms import PresenceForm
from annotations.models import Article, Review, User
from annotations.permissions import Verb, article_for
from annotations.views.common import Request

#: Every open tab asks every few seconds: no more is read of the article than the answer takes.
_NEEDED = ("current_run", "corpus__slug")


@require_POST
def article_presence(request: Request, slug: str, number: int) -> HttpResponse:
    """Note that a tab is here, and answer who else is and how one's own review stands."""
    article = article_for(request.user, Verb.READ, slug, number, fields=_NEEDED)
    form = PresenceForm(request.POST)
    if not form.is_valid():
        return _drawn(Company(), status=422)
    tab = form.cleaned_data["tab"]
    if form.cleaned_data["leaving"]:
        note_absence(article=article, user=request.user, tab=tab)
        return HttpResponse(status=204)
    response = _drawn(note_presence(article=article, user=request.user, tab=tab))
    said = {"annotations:standing": _standing(article, request.user)}
    response.headers["HX-Trigger"] = json.dumps(said)
    return response


def _drawn(company: Company, *, status: int = 200) -> HttpResponse:
    # Rendered without the request: nothing here depends on who is signed in.
    text = render_to_string("annotations/article_presence.html#presence", {"company": company})
    return HttpResponse(text, status=status)


def _standing(article: Article, user: User) -> dict[str, object]:
    """The newest revision of one's own review, by which a page sees that it is behind."""
    rows = Review.objects.filter(article=article, annotator=user)
    review = rows.values_list("revision", "run_id", "status").first()
    revision, run, status = review or (0, article.current_run_id, Article.Status.UNREVIEWED.value)
    return {"revision": revision, "run": run or 0, "status": status}

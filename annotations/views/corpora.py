"""The corpora: list, new, overview, guideline, labels, members."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations.actions import corpora as actions
from annotations.domain.errors import AnnotationError
from annotations.forms import CorpusForm, GuidelineForm, MemberForm
from annotations.models import Article, Corpus, CorpusDay, Label, User
from annotations.permissions import Verb, corpus_for, may
from annotations.plots import label_rows, stacked_bars
from annotations.rendering import markdown
from annotations.views.common import Request, rights

#: The kinds of decisions in the progress plot, from the bottom of a bar to its top.
DECISIONS = ("accepted", "changed", "added", "rejected")
PLOTTED_DAYS = 60


@require_GET
def corpus_list(request: Request) -> HttpResponse:
    """Every corpus that the person belongs to."""
    corpora = Corpus.objects.for_member(request.user)
    return render(request, "annotations/corpus_list.html", {"corpora": corpora})


@require_http_methods(["GET", "POST"])
def corpus_create(request: Request) -> HttpResponse:
    """A new corpus; whoever makes it owns it."""
    form = CorpusForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        corpus = actions.create_corpus(**form.cleaned_data, owner=request.user)
        messages.success(request, f"Made “{corpus.name}”. Now upload its first articles.")
        return redirect("annotations:upload", corpus.slug)
    return render(request, "annotations/corpus_create.html", {"form": form})


@require_GET
def corpus_detail(request: Request, slug: str) -> HttpResponse:
    """A corpus at a glance: progress, labels, what to do next."""
    corpus = corpus_for(request.user, Verb.READ, slug)
    days = list(CorpusDay.objects.filter(corpus=corpus).order_by("-day")[:PLOTTED_DAYS])[::-1]
    labels = list(
        Label.objects.filter(scheme__corpus=corpus).values_list(
            "name", "hue", "annotation_count", "suggestion_count"
        )
    )
    next_article = Article.objects.filter(corpus=corpus).first_unfinished()
    failed = Article.objects.filter(corpus=corpus, suggestion_state="failed")[:1]
    return render(
        request,
        "annotations/corpus_detail.html",
        {
            "corpus": corpus,
            "may": rights(request.user, corpus),
            "days": days,
            "plot": _progress_plot(days),
            "kinds": DECISIONS,
            "labels": label_rows(labels),
            "widest": max((max(a, s) for _, _, a, s in labels), default=0),
            "annotated": sum(a for _, _, a, _ in labels),
            "next_article": next_article,
            "has_failed": bool(failed),
        },
    )


def _progress_plot(days: list[CorpusDay]) -> object:
    if not days:
        return None
    return stacked_bars(
        [(day.day, {kind: getattr(day, kind) for kind in DECISIONS}) for day in days], DECISIONS
    )


@require_http_methods(["GET", "POST"])
def guideline(request: Request, slug: str) -> HttpResponse:
    """How the corpus is to be annotated: read by all members, written by its owners."""
    verb = Verb.MANAGE if request.method == "POST" else Verb.READ
    corpus = corpus_for(request.user, verb, slug)
    form = GuidelineForm(request.POST or None, instance=corpus)
    if request.method == "POST" and form.is_valid():
        actions.describe_corpus(corpus=corpus, **form.cleaned_data)
        messages.success(request, "The guideline was saved.")
        return redirect("annotations:guideline", slug)
    context = {
        "corpus": corpus,
        "may": rights(request.user, corpus),
        "form": form,
        "guideline": markdown(corpus.guideline),
        "editing": request.method == "POST" or "edit" in request.GET,
    }
    return render(request, "annotations/guideline.html", context)


@require_GET
def labels(request: Request, slug: str) -> HttpResponse:
    """The label scheme: names, meanings, keys, how often each is used."""
    corpus = corpus_for(request.user, Verb.READ, slug)
    rows = Label.objects.filter(scheme__corpus=corpus)
    context = {"corpus": corpus, "may": rights(request.user, corpus), "labels": rows}
    return render(request, "annotations/labels.html", context)


@require_http_methods(["GET", "POST"])
def members(request: Request, slug: str) -> HttpResponse:
    """Who belongs to the corpus; owners add people and change their roles."""
    verb = Verb.MANAGE if request.method == "POST" else Verb.READ
    corpus = corpus_for(request.user, verb, slug)
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = User.objects.get(username=form.cleaned_data["username"])
        try:
            membership = actions.set_member(
                corpus=corpus, user=user, role=form.cleaned_data["role"]
            )
        except AnnotationError as error:
            messages.error(request, str(error))
            form = MemberForm()
        else:
            role = membership.get_role_display().lower()
            messages.success(request, f"The role of {membership.user} is {role} now.")
            return redirect("annotations:members", slug)
    context = {
        "corpus": corpus,
        "may": rights(request.user, corpus),
        "memberships": corpus.memberships.select_related("user"),
        "form": form,
    }
    return render(request, "annotations/members.html", context)


@require_POST
def member_remove(request: Request, slug: str, user_id: int) -> HttpResponse:
    """Take a member's access away."""
    corpus = corpus_for(request.user, Verb.MANAGE, slug)
    user = get_object_or_404(corpus.members, pk=user_id)
    try:
        actions.remove_member(corpus=corpus, user=user)
    except AnnotationError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{user} is no longer a member. Their annotations stay.")
    if not may(request.user, Verb.READ, Corpus.objects.get(pk=corpus.pk)):
        # They removed themselves.
        return redirect("annotations:corpus-list")
    return redirect("annotations:members", slug)

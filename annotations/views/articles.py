"""The articles of a corpus: list, details with zones, original, suggestions asked for again."""

from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from annotations.actions import articles as actions
from annotations.actions.suggest import request_suggestions
from annotations.forms import ArticleFilterForm, ArticleForm, ZonesForm
from annotations.models import Article, ArticleOriginal, Corpus, Review
from annotations.permissions import Verb, article_for, corpus_for, may
from annotations.tasks import suggest_waiting
from annotations.views.common import Request, rights
from annotations.views.health import worker_is_silent

PAGE_SIZE = 50
#: A filtered list is counted no further than this; "more than 1,000" tells enough.
COUNTED = 1000
#: The filters whose results are counted; how many articles are in a state is stored.
COUNTED_FILTERS = ("q", "suggestions", "comments")


@require_GET
@vary_on_headers("HX-Request")
def article_list(request: Request, slug: str) -> HttpResponse:
    """The articles, filtered and sorted; the rows refresh themselves while suggestions come."""
    corpus = corpus_for(request.user, Verb.READ, slug)
    form = ArticleFilterForm(request.GET)
    if not form.is_valid():
        return redirect("annotations:article-list", slug)
    if not may(request.user, Verb.COMMENT, corpus):
        # Who does not read comments does not learn either where there are some.
        form.cleaned_data["comments"] = ""
    rows, total = _filtered(corpus, form)
    page = form.cleaned_data["page"] or 1
    begin = (page - 1) * PAGE_SIZE
    articles = list(rows.order_by(*form.ordering())[begin : begin + PAGE_SIZE + 1])
    awaiting = any(article.awaits_suggestions for article in articles)
    context = {
        "corpus": corpus,
        "may": rights(request.user, corpus),
        "form": form,
        "articles": articles[:PAGE_SIZE],
        "total": total,
        "counted": COUNTED,
        "is_capped": total > COUNTED and any(form.cleaned_data[key] for key in COUNTED_FILTERS),
        "page": page,
        "first": begin + 1,
        "last": begin + len(articles[:PAGE_SIZE]),
        "has_next": len(articles) > PAGE_SIZE,
        "order": form.cleaned_data["order"] or "number",
        "awaiting": awaiting,
        "silent": awaiting and worker_is_silent(),
        "is_filtered": any(form.cleaned_data[key] for key in ("status", *COUNTED_FILTERS)),
    }
    partial = "#rows" if request.htmx else ""
    return render(request, f"annotations/article_list.html{partial}", context)


def _filtered(corpus: Corpus, form: ArticleFilterForm) -> tuple[QuerySet[Article], int]:
    """The rows, and how many there are, known from the corpus's counts where that can be."""
    reviews = Review.objects.select_related("annotator").order_by("started_at")
    rows = Article.objects.filter(corpus=corpus).prefetch_related(Prefetch("reviews", reviews))
    wanted = form.cleaned_data
    if wanted["q"]:
        rows = rows.titled_like(wanted["q"])
    if wanted["suggestions"]:
        rows = rows.filter(suggestion_state=wanted["suggestions"])
    if wanted["comments"]:
        rows = rows.filter(open_comment_count__gt=0)
    if wanted["status"]:
        rows = rows.filter(status=wanted["status"])
    if any(wanted[key] for key in COUNTED_FILTERS):
        return rows, rows.order_by()[: COUNTED + 1].count()
    counts = {
        "": corpus.article_count,
        Article.Status.UNREVIEWED: corpus.unreviewed_count,
        Article.Status.OPEN: corpus.open_count,
        Article.Status.FINISHED: corpus.finished_count,
    }
    return rows, counts[wanted["status"]]


@require_http_methods(["GET", "POST"])
def article_details(request: Request, slug: str, number: int) -> HttpResponse:
    """What is known of an article, and the zone of each of its blocks."""
    verb = Verb.CURATE if request.method == "POST" else Verb.READ
    article = article_for(request.user, verb, slug, number)
    blocks = list(article.blocks.all())
    data = request.POST or None
    form, zones = ArticleForm(data, instance=article), ZonesForm(blocks, data)
    if request.method == "POST" and form.is_valid() and zones.is_valid():
        actions.describe_article(article=article, metadata=form.metadata())
        for block, zone in zones.changed_zones():
            actions.set_zone(block=block, zone=zone)
        messages.success(request, "The article's details were saved.")
        return redirect("annotations:article-review", slug, number)
    text = article.text_row.text
    context = {
        "corpus": article.corpus,
        "may": rights(request.user, article.corpus),
        "article": article,
        "form": form,
        "rows": [(b, text[b.start : b.end], zones[f"zone-{b.position}"]) for b in blocks],
        "original": ArticleOriginal.objects.filter(article=article).defer("data").first(),
    }
    return render(request, "annotations/article_details.html", context)


@require_GET
def article_original(request: Request, slug: str, number: int) -> HttpResponse:
    """The uploaded bytes, to save and never to show: nothing in them runs on this site."""
    article = article_for(request.user, Verb.READ, slug, number)
    original = get_object_or_404(ArticleOriginal, article=article)
    response = HttpResponse(bytes(original.data), content_type="application/octet-stream")
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=original.name
    )
    return response


@require_POST
def suggest_again(request: Request, slug: str, number: int) -> HttpResponse:
    """Ask for an article's suggestions (again)."""
    article = article_for(request.user, Verb.CURATE, slug, number)
    request_suggestions(corpus=article.corpus, articles=[article.pk])
    suggest_waiting.enqueue()
    if request.POST.get("back") == "list":
        return redirect("annotations:article-list", slug)
    return redirect("annotations:article-review", slug, number)


@require_POST
def suggest_failed(request: Request, slug: str) -> HttpResponse:
    """Ask again for every article of the corpus whose suggestions failed."""
    corpus = corpus_for(request.user, Verb.CURATE, slug)
    count = request_suggestions(corpus=corpus)
    suggest_waiting.enqueue()
    messages.success(request, f"{count} articles wait for suggestions now.")
    return redirect("annotations:article-list", slug)

"""Releases of a corpus: made, downloaded again, compared, deleted."""

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from annotations import tasks
from annotations.actions import export as exporting
from annotations.actions import releases as actions
from annotations.domain.errors import AnnotationError
from annotations.forms import ReleaseForm
from annotations.models import Corpus, Release
from annotations.permissions import Verb, corpus_for
from annotations.views.common import Request, rights


@require_http_methods(["GET", "POST"])
def release_list(request: Request, slug: str) -> HttpResponse:
    """The releases of a corpus; POST makes one more."""
    verb = Verb.CURATE if request.method == "POST" else Verb.EXPORT
    corpus = corpus_for(request.user, verb, slug)
    form = ReleaseForm(corpus, request.POST or None)
    if request.method == "POST" and form.is_valid() and _made(request, corpus, form):
        return redirect("annotations:release-list", slug)
    rows = Release.objects.filter(corpus=corpus).select_related("export", "export__user")
    context = {
        "corpus": corpus,
        "may": rights(request.user, corpus),
        "form": form,
        "releases": rows,
        "is_working": any(row.export.state in {"waiting", "running"} for row in rows),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "annotations/release_list.html", context, status=status)


def _made(request: Request, corpus: Corpus, form: ReleaseForm) -> bool:
    try:
        release = actions.make_release(corpus=corpus, user=request.user, **form.values())
    except AnnotationError as error:
        form.add_error("name", str(error))
        return False
    if corpus.article_count <= exporting.INLINE_ARTICLES:
        exporting.run_export(release.export_id)
    else:
        tasks.run_export.enqueue(release.export_id)
    messages.success(request, f"The release {release.name} was made.")
    return True


@require_GET
def release_download(request: Request, slug: str, release_id: int) -> HttpResponse | FileResponse:
    """The package of a release."""
    release = _release_for(request, slug, release_id)
    try:
        path = actions.file_of(release)
    except actions.ReleaseNotReady as error:
        messages.error(request, str(error))
        return redirect("annotations:release-list", slug)
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name)


@require_GET
def release_compare(request: Request, slug: str, release_id: int, other_id: int) -> HttpResponse:
    """What changed from one release to another."""
    old = _release_for(request, slug, release_id)
    new = _release_for(request, slug, other_id)
    try:
        comparison = actions.compare(old, new)
    except actions.ReleaseNotReady as error:
        messages.error(request, str(error))
        return redirect("annotations:release-list", slug)
    context = {
        "corpus": old.corpus,
        "may": rights(request.user, old.corpus),
        "old": old,
        "new": new,
        "comparison": comparison,
        "labels": [
            (label, comparison.added[label], comparison.removed[label])
            for label in sorted({*comparison.added, *comparison.removed})
        ],
        "relabelled": sorted(comparison.relabelled.items(), key=lambda row: (-row[1], row[0])),
    }
    return render(request, "annotations/release_compare.html", context)


@require_http_methods(["GET", "POST"])
def release_delete(request: Request, slug: str, release_id: int) -> HttpResponse:
    """What would be lost with a release; POST takes it back."""
    release = _release_for(request, slug, release_id, Verb.CURATE)
    if request.method == "POST":
        try:
            actions.delete_release(release=release)
        except actions.ReleaseInTheMaking as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"The release {release.name} was deleted.")
        return redirect("annotations:release-list", slug)
    corpus = release.corpus
    context = {"corpus": corpus, "may": rights(request.user, corpus), "release": release}
    return render(request, "annotations/release_delete.html", context)


def _release_for(request: Request, slug: str, release_id: int, verb: Verb = Verb.EXPORT) -> Release:
    corpus = corpus_for(request.user, verb, slug)
    rows = Release.objects.select_related("corpus", "export")
    return get_object_or_404(rows, corpus=corpus, pk=release_id)

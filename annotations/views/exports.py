"""Taking a corpus away."""

from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods
from django.views.decorators.vary import vary_on_headers

from annotations import tasks
from annotations.actions import export as actions
from annotations.formats import writer_for
from annotations.forms import ExportForm
from annotations.models import Export
from annotations.permissions import Verb, corpus_for
from annotations.views.common import Request, rights
from annotations.views.health import worker_is_silent


@require_http_methods(["GET", "POST"])
@vary_on_headers("HX-Request")
def export(request: Request, slug: str) -> HttpResponse:
    """Choose a format, a layer and articles beside a preview; POST makes the file."""
    corpus = corpus_for(request.user, Verb.EXPORT, slug)
    form = ExportForm.for_request(request.user, corpus, request.POST or request.GET)
    if request.method == "POST" and form.is_valid():
        made = actions.request_export(
            corpus=corpus,
            user=request.user,
            format_name=form.cleaned_data["format"],
            selection=form.selection,
            packing=form.packing,
        )
        if corpus.article_count <= actions.INLINE_ARTICLES:
            actions.run_export(made.pk)
        else:
            tasks.run_export.enqueue(made.pk)
        return redirect("annotations:export-result", slug, made.pk)
    context = {
        "corpus": corpus,
        "may": rights(request.user, corpus),
        "form": form,
        "exports": Export.objects.filter(corpus=corpus, user=request.user)[:10],
    }
    if form.is_valid():
        name = form.cleaned_data["format"]
        context["writer"] = writer_for(name)
        context["preview"] = actions.preview(corpus, name, form.selection)
    partial = "#preview" if request.htmx else ""
    status = 422 if request.method == "POST" else 200
    return render(request, f"annotations/export.html{partial}", context, status=status)


@require_GET
@vary_on_headers("HX-Request")
def export_result(request: Request, slug: str, export_id: int) -> HttpResponse:
    """How an export went; refreshes itself until it is done."""
    corpus = corpus_for(request.user, Verb.EXPORT, slug)
    made = get_object_or_404(Export, corpus=corpus, user=request.user, pk=export_id)
    working = made.state in {Export.State.WAITING, Export.State.RUNNING}
    context = {
        "corpus": corpus,
        "may": rights(request.user, corpus),
        "export": made,
        "writer": writer_for(made.format),
        "working": working,
        "silent": working and worker_is_silent(),
    }
    partial = "#result" if request.htmx else ""
    return render(request, f"annotations/export_result.html{partial}", context)


@require_GET
def export_download(request: Request, slug: str, export_id: int) -> HttpResponse | FileResponse:
    """The finished file."""
    corpus = corpus_for(request.user, Verb.EXPORT, slug)
    made = get_object_or_404(
        Export, corpus=corpus, user=request.user, pk=export_id, state=Export.State.DONE
    )
    path = actions.folder() / made.path
    if not path.is_file():
        return redirect("annotations:export-result", slug, export_id)
    return FileResponse(path.open("rb"), as_attachment=True, filename=made.path)

"""Uploading: choose files, look at what was read, store."""

from collections import Counter

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from annotations import tasks
from annotations.actions import upload as actions
from annotations.actions.suggest import someone_waits
from annotations.formats import accepted_suffixes
from annotations.formats.archives import MAX_MEMBERS
from annotations.formats.decoding import MAX_FILE_BYTES
from annotations.forms import UploadFileForm, UploadForm
from annotations.models import Article, Label, Upload, UploadFile
from annotations.permissions import Verb, corpus_for
from annotations.views.common import Request, rights
from annotations.views.health import worker_is_silent

State = Upload.State
FileState = UploadFile.State
#: Files on one page of the preview.
PAGE_SIZE = 50


@require_http_methods(["GET", "POST"])
def upload(request: Request, slug: str) -> HttpResponse:
    """Take files or pasted text in; small uploads are read at once, others by a worker."""
    corpus = corpus_for(request.user, Verb.CURATE, slug)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        started = actions.start_upload(
            corpus=corpus, user=request.user, sources=form.sources(corpus.language)
        )
        if actions.is_small(started):
            actions.read_upload(started.pk)
        else:
            tasks.read_upload.enqueue(started.pk)
        return redirect("annotations:upload-preview", slug, started.pk)
    context = {
        "corpus": corpus,
        "may": rights(request.user, corpus),
        "form": form,
        "suffixes": accepted_suffixes(),
        "megabytes": MAX_FILE_BYTES // 1_000_000,
        "members": MAX_MEMBERS,
    }
    return render(request, "annotations/upload.html", context, status=422 if form.errors else None)


def _upload_for(request: Request, slug: str, upload_id: int) -> Upload:
    corpus = corpus_for(request.user, Verb.CURATE, slug)
    found = get_object_or_404(Upload, corpus=corpus, pk=upload_id, user=request.user)
    found.corpus = corpus
    return found


@require_GET
@vary_on_headers("HX-Request")
def upload_preview(request: Request, slug: str, upload_id: int) -> HttpResponse:
    """What was read from each file, and what will be stored; refreshes itself during work."""
    found = _upload_for(request, slug, upload_id)
    working = found.state in {State.READING, State.STORING}
    context = {
        "corpus": found.corpus,
        "may": rights(request.user, found.corpus),
        "upload": found,
        "working": working,
        "silent": working and worker_is_silent(),
        **_progress(found),
    }
    if not working:
        files = Paginator(found.files.defer("data"), PAGE_SIZE).get_page(request.GET.get("page"))
        names = list(
            Label.objects.filter(scheme__corpus=found.corpus).values_list("name", flat=True)
        )
        context |= {"files": files, "rows": [(file, _choices(file, names)) for file in files]}
        opened = request.GET.get("file", "")
        only = files[0].pk if files.paginator.count == 1 else 0
        context["opened"] = int(opened) if opened.isdecimal() else only
    partial = "#upload" if request.htmx else ""
    return render(request, f"annotations/upload_preview.html{partial}", context)


def _progress(found: Upload) -> dict[str, int]:
    """How far the work has come, and what came out of it; no file is loaded.

    Reading is told in files, storing in articles too: one file may hold thousands.
    """
    states = Counter(found.files.values_list("state", flat=True))
    storable = found.files.filter(state=FileState.READ, included=True).count()
    total = states.total()
    left = storable if found.state == State.STORING else states[FileState.WAITING]
    return {
        "total": total,
        "done": total - left,
        "minutes_left": _minutes_left(found, total - left, left),
        **_articles_done(found),
        "storable": storable,
        "stored": found.files.aggregate(sum=Sum("stored_count", default=0))["sum"],
        "refused": states[FileState.REFUSED],
        "known": states[FileState.KNOWN],
    }


def _articles_done(found: Upload) -> dict[str, int]:
    """How many articles of those that are being stored were dealt with."""
    if found.state != State.STORING:
        return {}
    columns = ("state", "done_count", "preview__articles")
    files = found.files.filter(included=True).values_list(*columns)
    counted = [(state, done, articles or 0) for state, done, articles in files]
    return {
        "articles": sum(articles for _, _, articles in counted),
        "articles_done": sum(
            done if state == FileState.READ else articles for state, done, articles in counted
        ),
    }


def _minutes_left(found: Upload, done: int, left: int) -> int:
    """A guess for an upload that is being read, rounded up; 0 where there is nothing to go by."""
    if found.state != State.READING or not done:
        return 0
    seconds = (timezone.now() - found.created_at).total_seconds() / done * left
    return int(seconds // 60) + 1


def _choices(file: UploadFile, names: list[str]) -> UploadFileForm:
    shown = file.preview.get("shown") or [{}]
    initial = {**shown[0], **file.chosen, "included": file.included}
    # The encoding of what is shown is a sentence; the choice is a name.
    initial["encoding"] = file.chosen.get("encoding", "")
    return UploadFileForm(file, names, initial=initial, auto_id=f"file-{file.pk}-%s")


@require_POST
def upload_choose(request: Request, slug: str, upload_id: int, file_id: int) -> HttpResponse:
    """Take over what the person changed about one file of the preview."""
    found = _upload_for(request, slug, upload_id)
    file = get_object_or_404(
        UploadFile.objects.select_related("upload__corpus"), pk=file_id, upload=found
    )
    labels = Label.objects.filter(scheme__corpus=found.corpus)
    form = UploadFileForm(file, list(labels.values_list("name", flat=True)), request.POST)
    if not form.is_valid():
        problems = " ".join(str(error) for errors in form.errors.values() for error in errors)
        messages.error(request, f"Nothing was changed for {file.name}: {problems}")
    elif found.state == State.READY:
        actions.choose(file=file, chosen=form.chosen(), included=form.cleaned_data["included"])
    preview = reverse("annotations:upload-preview", args=[slug, upload_id])
    place = urlencode([("page", request.GET.get("page", "1")), ("file", file.pk)])
    return redirect(f"{preview}?{place}#file-{file.pk}")


@require_POST
def upload_store(request: Request, slug: str, upload_id: int) -> HttpResponse:
    """Store what was read: at once if it is little, else by a worker."""
    found = _upload_for(request, slug, upload_id)
    actions.confirm(upload=found)
    if found.state != State.STORING:
        return redirect("annotations:upload-preview", slug, upload_id)
    if not actions.is_small(found):
        tasks.store_upload.enqueue(found.pk)
        return redirect("annotations:upload-preview", slug, upload_id)
    actions.store_upload(found.pk)
    if someone_waits():
        tasks.suggest_waiting.enqueue()
    stored = found.files.filter(state=UploadFile.State.STORED)
    if sum(file.stored_count for file in stored.defer("data")) == 1 and found.files.count() == 1:
        newest = Article.objects.filter(corpus=found.corpus).order_by("-pk").first()
        assert newest is not None  # noqa: S101 - one was stored just now
        return redirect("annotations:article-review", slug, newest.number)
    return redirect("annotations:upload-preview", slug, upload_id)


@require_POST
def upload_discard(request: Request, slug: str, upload_id: int) -> HttpResponse:
    """Drop an upload before it is stored."""
    found = _upload_for(request, slug, upload_id)
    if found.state in {State.READING, State.READY}:
        actions.discard(upload=found)
    return redirect("annotations:upload", slug)

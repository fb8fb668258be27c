"""Exports: a stream of annotated articles into a writer; a complete file, or none."""

import dataclasses
import hashlib
import logging
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy
from django.conf import settings
from django.db import transaction
from django.db.models import Q, TextField, Value
from django.db.models.functions import Cast, Now

from annotations.actions import leases
from annotations.actions.packaging import agreement_of, provenance_of, splits_of
from annotations.domain.articles import (
    AnnotatedArticle,
    CorpusCard,
    LabelCard,
    Packing,
    ReviewStatus,
)
from annotations.domain.errors import AnnotationError
from annotations.domain.mentions import Mention, MentionState, in_reading_order
from annotations.domain.tokens import Tokens
from annotations.domain.zones import Zone, ZonedSpan
from annotations.formats import writer_for
from annotations.formats.base import SUGGESTIONS_LAYER, WriteReport
from annotations.models import (
    Annotation,
    Article,
    ArticleText,
    Block,
    Corpus,
    Export,
    Label,
    Release,
    Review,
    Suggestion,
    SuggestionRun,
    User,
)
from annotations.models.layers import Labels
from annotations.models.snapshots import snapshot

logger = logging.getLogger(__name__)

#: Layers that are not a username.
GOLD: Final = "gold"
SUGGESTIONS: Final = SUGGESTIONS_LAYER

#: Corpora of up to this many articles are exported within the request itself.
INLINE_ARTICLES: Final = 50
CHUNK: Final = 100
LEASE: Final = timedelta(seconds=40)
ATTEMPTS: Final = 3
#: How many misfits a stored report lists; it counts them all.
LISTED_MISFITS: Final = 500


class UnknownLayer(AnnotationError):
    """A layer that is neither gold nor suggestions nor somebody's."""

    def __init__(self, layer: str) -> None:
        super().__init__(f"There is no layer “{layer}”: name a user, “{GOLD}” or “{SUGGESTIONS}”.")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which layer of which articles."""

    layer: str = GOLD
    finished_only: bool = False


PLAIN: Final = Packing()
#: Faster than the enumerations' own look-up.
_ZONES: Final = {zone.value: zone for zone in Zone}
_STATES: Final = {state.value: state for state in MentionState}


def selection_of(export: Export) -> Selection:
    """What an export was asked for."""
    return Selection(export.layer, export.finished_only)


def annotated_articles(
    corpus: Corpus, selection: Selection, *, with_tokens: bool = True
) -> Iterator[AnnotatedArticle]:
    """The corpus's articles in order of their numbers, with one layer of mentions each; lazy.

    Gold is the one finished review of an article, or the newest open one where none is finished.
    Where several people finished an article and disagree there is no gold before a curator has
    decided: the first to finish stands in, with the article's status *open*, so that no format
    takes it for settled.

    Raises UnknownLayer.
    """
    if selection.layer not in {GOLD, SUGGESTIONS} and not _exists(selection.layer):
        raise UnknownLayer(selection.layer)
    labels = Labels.of(corpus)
    articles = Article.objects.filter(corpus=corpus).order_by("number")
    last = 0
    while chunk := list(articles.filter(number__gt=last)[:CHUNK]):
        last = chunk[-1].number
        yield from _annotated(chunk, labels, selection, with_tokens=with_tokens)


def card_of(
    corpus: Corpus, format_name: str, selection: Selection, packing: Packing, version: str = ""
) -> CorpusCard:
    """What a writer is told of the corpus; a package is told more, which takes a while."""
    labels = Label.objects.filter(scheme__corpus=corpus)
    card = CorpusCard(
        slug=corpus.slug,
        name=corpus.name,
        description=corpus.description,
        language=corpus.language,
        labels=tuple(LabelCard(row.name, row.description, row.hue, row.key) for row in labels),
        guideline=corpus.guideline,
        policy=corpus.overlaps,
        licence=corpus.licence,
        text_licence=corpus.text_licence,
        citation=corpus.citation,
        version=version,
        packing=packing,
    )
    if format_name != "package":
        return card
    return dataclasses.replace(
        card,
        agreement=agreement_of(corpus),
        provenance=provenance_of(corpus, selection.layer),
        splits=splits_of(corpus, packing.seed),
    )


def request_export(
    *,
    corpus: Corpus,
    user: User,
    format_name: str,
    selection: Selection,
    packing: Packing = PLAIN,
) -> Export:
    """Ask for an export; `run_export` makes it."""
    return Export.objects.create(
        corpus=corpus,
        user=user,
        format=format_name,
        layer=selection.layer,
        finished_only=selection.finished_only,
        options=packing.as_json(),
    )


def run_export(export_id: int) -> None:
    """Write the file of an export that waits, unless another worker is at it.

    Whatever goes wrong stands on the export's row afterwards; it is tried three times.
    """
    export = _taken(export_id)
    if export is None:
        return
    with_tokens = writer_for(export.format).uses_tokens
    articles = _Counted(_selected(export.corpus, selection_of(export), with_tokens=with_tokens))
    try:
        with leases.kept(export, LEASE, lambda: {"done_count": articles.passed}):
            path, report = _write_download(export, articles)
    except AnnotationError as error:
        _give_up(export, str(error), final=True)
    except Exception as error:
        logger.exception("Export %s failed", export_id)
        _give_up(export, f"{type(error).__name__}: {error}", final=export.attempts >= ATTEMPTS)
    else:
        _complete(export, path, report)


class _Counted:
    """Articles on their way to a writer, counted as they pass."""

    def __init__(self, articles: Iterator[AnnotatedArticle]) -> None:
        self.articles = articles
        self.passed = 0

    def __iter__(self) -> Iterator[AnnotatedArticle]:
        for article in self.articles:
            self.passed += 1
            yield article


def _taken(export_id: int) -> Export | None:
    """The export, marked as running and leased; None when it is not to be had."""
    with transaction.atomic():
        export = Export.objects.select_for_update().filter(_takeable(), pk=export_id).first()
        if export is None:
            return None
        if export.attempts >= ATTEMPTS:
            _give_up(export, f"A worker stopped {ATTEMPTS} times while it wrote this.", final=True)
            return None
        export.attempts += 1
        Export.objects.filter(pk=export_id).update(
            state=Export.State.RUNNING, attempts=export.attempts, lease_until=Now() + LEASE
        )
    return export


def _give_up(export: Export, reason: str, *, final: bool) -> None:
    Export.objects.filter(pk=export.pk).update(
        state=Export.State.FAILED if final else Export.State.WAITING,
        problem=reason,
        lease_until=None,
    )


def _complete(export: Export, path: Path, report: WriteReport) -> None:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    Export.objects.filter(pk=export.pk).update(
        state=Export.State.DONE,
        done_count=report.articles,
        path=path.name,
        size=path.stat().st_size,
        sha256=digest,
        report=report_as_json(report),
        problem="",
        lease_until=None,
    )


def write_corpus(
    *,
    corpus: Corpus,
    format_name: str,
    target: Path,
    selection: Selection,
    packing: Packing = PLAIN,
) -> WriteReport:
    """Write a corpus to ``target``: a file, or a folder where the format makes several files.

    A format of several files is written as a zip where the target ends in ``.zip``, and as one file
    where it can be one of that ending. A file appears complete or not at all: it is written beside
    its place and then renamed. Into a folder that exists the files are put one by one, replacing
    those of the same name only.

    Raises UnknownLayer, KeyError for an unknown format, OSError.
    """
    writer = writer_for(format_name)
    target.parent.mkdir(parents=True, exist_ok=True)
    is_folder = not writer.suffix and target.suffix not in writer.file_suffixes
    with (
        tempfile.TemporaryDirectory(dir=target.parent, prefix=".export-") as scratch,
        snapshot(),
    ):
        draft = Path(scratch) / ("files" if is_folder else target.name)
        if is_folder:
            draft.mkdir()
        card = card_of(corpus, format_name, selection, packing)
        articles = _selected(corpus, selection, with_tokens=writer.uses_tokens)
        report = writer.write(articles, draft, card)
        if is_folder and target.suffix == ".zip":
            _zip(draft, Path(scratch) / target.name)
            (Path(scratch) / target.name).replace(target)
        else:
            _put_into_place(draft if is_folder else Path(scratch), target, is_folder=is_folder)
    return report


def _put_into_place(made: Path, target: Path, *, is_folder: bool) -> None:
    goal = target if is_folder else target.parent
    if is_folder and not goal.exists():
        made.replace(goal)
        return
    for folder, _, names in made.walk():
        place = goal / folder.relative_to(made)
        place.mkdir(parents=True, exist_ok=True)
        for name in sorted(names):
            (folder / name).replace(place / name)


def preview(corpus: Corpus, format_name: str, selection: Selection, *, articles: int = 3) -> str:
    """The first lines of what an export would hold, made by the real writer."""
    writer = writer_for(format_name)
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch) / f"preview{writer.suffix}"
        if not writer.suffix:
            target.mkdir()
        few = (a for a, _ in zip(_selected(corpus, selection), range(articles), strict=False))
        writer.write(few, target, card_of(corpus, "", selection, PLAIN))
        files = sorted(f for f in target.rglob("*") if f.is_file()) if target.is_dir() else [target]
        for path in files:
            with suppress(UnicodeDecodeError):
                return path.read_text(encoding="utf-8")[:4000]
    return ""


def abandoned() -> list[int]:
    """Exports that no live worker is at."""
    waiting = Export.objects.filter(_takeable(), created_at__lt=Now() - timedelta(seconds=20))
    return list(waiting.values_list("pk", flat=True)[:20])


def folder() -> Path:
    """Where finished exports lie."""
    path: Path = settings.DATA_DIR / "exports"
    path.mkdir(parents=True, exist_ok=True)
    return path


def report_as_json(report: WriteReport) -> dict[str, Any]:
    """A writer's report as it is kept and shown; misfits beyond a limit are only counted."""
    return {
        "articles": report.articles,
        "mentions_in": report.mentions_in,
        "mentions_out": report.mentions_out,
        "misfit_count": len(report.misfits),
        "misfits": [dataclasses.asdict(m) for m in report.misfits[:LISTED_MISFITS]],
        "articles_left_out": dict(report.articles_left_out),
        "notes": report.notes,
        "files": report.files,
    }


def _takeable() -> Q:
    return Q(state=Export.State.WAITING) | Q(state=Export.State.RUNNING, lease_until__lt=Now())


def _exists(username: str) -> bool:
    return User.objects.filter(username=username).exists()


def _selected(
    corpus: Corpus, selection: Selection, *, with_tokens: bool = True
) -> Iterator[AnnotatedArticle]:
    articles = annotated_articles(corpus, selection, with_tokens=with_tokens)
    if not selection.finished_only:
        return articles
    return (article for article in articles if article.status is ReviewStatus.FINISHED)


def _write_download(
    export: Export, articles: Iterable[AnnotatedArticle]
) -> tuple[Path, WriteReport]:
    """One file to download: what the writer made, or a zip of it where it made a folder."""
    writer = writer_for(export.format)
    release = Release.objects.filter(export=export).first()
    name = f"{export.corpus.slug}-{release.name if release else export.layer}-{export.pk}"
    suffix = writer.suffix or f".{export.format}.zip"
    target = folder() / f"{name}{suffix}"
    with tempfile.TemporaryDirectory(dir=folder(), prefix=".export-") as scratch, snapshot():
        card = card_of(
            export.corpus,
            export.format,
            selection_of(export),
            Packing.of(export.options),
            release.name if release else "",
        )
        draft = Path(scratch) / target.name
        if writer.suffix:
            report = writer.write(articles, draft, card)
        else:
            inside = Path(scratch) / "files"
            inside.mkdir()
            report = writer.write(articles, inside, card)
            _zip(inside, draft)
        draft.replace(target)
    return target, report


def _zip(inside: Path, target: Path) -> None:
    """A zip whose bytes depend on the files alone: sorted names, one fixed date."""
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for path in sorted(p for p in inside.rglob("*") if p.is_file()):
            info = ZipInfo(path.relative_to(inside).as_posix(), (1980, 1, 1, 0, 0, 0))
            info.compress_type = ZIP_DEFLATED
            with path.open("rb") as source, archive.open(info, "w") as member:
                shutil.copyfileobj(source, member)


def _annotated(
    chunk: list[Article], labels: Labels, selection: Selection, *, with_tokens: bool
) -> Iterator[AnnotatedArticle]:
    """A chunk's articles with everything that belongs to them, in a few queries for all.

    Rows are read as tuples: model objects took half of an export's time.
    """
    ids = [article.pk for article in chunk]
    texts = dict(ArticleText.objects.filter(pk__in=ids).values_list("pk", "text"))
    zones: dict[int, list[ZonedSpan]] = {pk: [] for pk in ids}
    blocks = Block.objects.filter(article__in=ids).order_by("article", "position")
    code = Cast("tokens", TextField()) if with_tokens else Value("[]")
    rows = list(blocks.values_list("article_id", "start", "end", "zone", "certain", code))
    for pk, start, end, zone, certain, _ in rows:
        zones[pk].append(ZonedSpan(start, end, _ZONES[zone], certain))
    tokens = _tokens((pk, start, code) for pk, start, *_, code in rows)
    reviews = _reviews(ids, selection.layer)
    mentions = (
        _suggested(chunk, labels)
        if selection.layer == SUGGESTIONS
        else _decided([r for r, _ in reviews.values()], labels)
    )
    for article in chunk:
        status = reviews[article.pk][1] if article.pk in reviews else ReviewStatus.UNREVIEWED
        yield AnnotatedArticle(
            id=article.number,
            text=texts[article.pk],
            title=article.title,
            language=article.language,
            status=status,
            layer=selection.layer,
            meta=_meta(article),
            zones=tuple(zones[article.pk]),
            mentions=tuple(in_reading_order(mentions.get(article.pk, []))),
            tokens=tokens.get(article.pk, Tokens()),
        )


def _tokens(blocks: Iterable[tuple[int, int, str]]) -> dict[int, Tokens]:
    """The tokens of each article, by its key.

    ``blocks`` are in reading order: the article's key, the block's start and its tokens, which
    count from there, as JSON. They are read as one array: an integer object for each offset, first
    as stored and then as shifted, took a third of an export.
    """
    kept = [(pk, start, code[1:-1]) for pk, start, code in blocks if code != "[]"]
    if not kept:
        return {}
    offsets = numpy.fromstring(",".join(code for _, _, code in kept), numpy.int64, sep=",")
    counts = [code.count(",") + 1 for _, _, code in kept]
    offsets += numpy.repeat([start for _, start, _ in kept], counts)
    counted: Counter[int] = Counter()
    for (pk, _, _), count in zip(kept, counts, strict=True):
        counted[pk] += count
    cuts = list(accumulate(counted.values()))[:-1]
    parts = numpy.split(offsets, cuts)
    return {pk: Tokens(part.tolist()) for pk, part in zip(counted, parts, strict=True)}


def _meta(article: Article) -> dict[str, str | int | float | bool | None]:
    return {
        "source": article.source,
        "byline": article.byline,
        "url": article.url,
        "published_on": article.published_on.isoformat() if article.published_on else None,
        **article.extra,
    }


def _reviews(ids: list[int], layer: str) -> dict[int, tuple[Review, ReviewStatus]]:
    """Which review speaks for each article in a layer, and how far it has come."""
    rows = Review.objects.filter(article__in=ids).select_related("annotator")
    if layer == SUGGESTIONS:
        return {}
    if layer != GOLD:
        return {
            r.article_id: (r, ReviewStatus(r.status))
            for r in rows.filter(annotator__username=layer)
        }
    by_article: dict[int, list[Review]] = {}
    for review in rows.order_by("finished_at", "started_at", "pk"):
        by_article.setdefault(review.article_id, []).append(review)
    return {pk: _gold(reviews) for pk, reviews in by_article.items()}


def _gold(reviews: list[Review]) -> tuple[Review, ReviewStatus]:
    finished = [review for review in reviews if review.is_finished]
    if not finished:
        return reviews[-1], ReviewStatus.OPEN
    agreed = all(_keys(review) == _keys(finished[0]) for review in finished[1:])
    return finished[0], ReviewStatus.FINISHED if agreed else ReviewStatus.OPEN


def _keys(review: Review) -> set[tuple[int, int, int]]:
    return set(review.annotations.values_list("start", "end", "label_id"))


def _decided(reviews: list[Review], labels: Labels) -> dict[int, list[Mention]]:
    names = {label: labels.name(label) for label in labels.by_id}
    found: dict[int, list[Mention]] = {review.article_id: [] for review in reviews}
    # Looked up once for each review, not for each of its rows.
    theirs = {r.pk: (found[r.article_id].append, r.annotator.username) for r in reviews}
    rows = Annotation.objects.filter(review__in=list(theirs)).values_list(
        "review_id", "start", "end", "label_id", "state", "score", "source"
    )
    for pk, start, end, label, state, score, source in rows.iterator(chunk_size=5000):
        add, annotator = theirs[pk]
        add(Mention(start, end, names[label], _STATES[state], score, source or annotator))
    return found


def _suggested(chunk: list[Article], labels: Labels) -> dict[int, list[Mention]]:
    runs = {article.current_run_id: article.pk for article in chunk if article.current_run_id}
    suggesters = {
        run.pk: str(run.suggester)
        for run in SuggestionRun.objects.filter(pk__in=list(runs)).select_related("suggester")
    }
    names = {label: labels.name(label) for label in labels.by_id}
    found: dict[int, list[Mention]] = {pk: [] for pk in runs.values()}
    rows = Suggestion.objects.filter(run__in=list(runs)).values_list(
        "run_id", "start", "end", "label_id", "score"
    )
    for run, start, end, label, score in rows.iterator(chunk_size=5000):
        found[runs[run]].append(
            Mention(start, end, names[label], MentionState.SUGGESTED, score, suggesters[run])
        )
    return found

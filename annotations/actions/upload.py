"""Uploads: files are read, shown for confirmation, and stored, each whole or not at all."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import islice
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from annotations.actions.articles import IMPORTED, Arrival, storable_name
from annotations.actions.corpora import create_account
from annotations.actions.foreign_labels import MAX_LABELS, ForeignLabels
from annotations.actions.staging import Outcome, TakenOver, store_file
from annotations.actions.turns import Turns
from annotations.domain.articles import ArticleDraft, Metadata, ReviewStatus, Unplaced
from annotations.domain.errors import AnnotationError
from annotations.domain.mentions import Mention, fitting
from annotations.domain.text import normalise, words_in
from annotations.formats import (
    belongs_to,
    companions_of,
    format_of,
    formats_of,
    is_archive,
    reader_for,
)
from annotations.formats.archives import Entry, LeftOut, Refused, Spare, open_nested
from annotations.formats.base import FormatError, Option, Source
from annotations.formats.decoding import ENCODINGS
from annotations.formats.placing import shortened
from annotations.models import Article, Corpus, Role, Upload, UploadFile, User

logger = logging.getLogger(__name__)

#: Up to this many files and bytes are read and stored within the request itself; more goes to a
#: worker, and the page shows a progress bar.
INLINE_FILES: Final = 10
INLINE_BYTES: Final = 2_000_000
#: How many articles of one file the preview unfolds, and how many blocks of each.
PREVIEWED_ARTICLES: Final = 3
PREVIEWED_BLOCKS: Final = 30
LEASE: Final = timedelta(seconds=40)
#: How many spans that do not hold the preview of one file lists, and how many notes on articles
#: that it does not unfold; it counts them all.
LISTED_UNPLACED: Final = 100
#: How often a file is tried that ends its worker each time.
ATTEMPTS: Final = 3


def start_upload(*, corpus: Corpus, user: User, sources: Iterable[Source | Refused]) -> Upload:
    """Take files in, archives unpacked, to be read next. Nothing is stored as an article yet.

    A member of an archive that cannot be taken is listed as refused, with its reason; one that is
    a further version of a text is left out unless a person includes it.
    """
    with transaction.atomic():
        upload = Upload.objects.create(corpus=corpus, user=user)
        for position, entry in enumerate(_unpacked(sources)):
            UploadFile.objects.create(upload=upload, position=position, **_as_columns(entry))
    return upload


def is_small(upload: Upload) -> bool:
    """True when an upload may be read, or stored, while the person waits."""
    sizes = list(upload.files.values_list("size", flat=True)[: INLINE_FILES + 1])
    return len(sizes) <= INLINE_FILES and sum(sizes) <= INLINE_BYTES


def read_upload(upload_id: int) -> None:
    """Read every file that waits, one short transaction each; safe to run again."""
    for file in _waiting_files(upload_id):
        read_file(file)
    Upload.objects.filter(pk=upload_id, state=Upload.State.READING).update(
        state=Upload.State.READY, lease_until=None
    )


def read_file(file: UploadFile) -> None:
    """Read one file and keep what a person should see before it is stored."""
    corpus = file.upload.corpus
    names = set(file.upload.files.values_list("name", flat=True))
    if owner := belongs_to(file.name, names):
        file.state, file.preview = UploadFile.State.BESIDE, {"owner": owner}
        file.save(update_fields=["state", "preview"])
        return
    source = _source_of(file, names)
    name = ""
    noted = _Noted()
    try:
        name = _format_of(file, source)
        # As read: what a person changed is laid over it where it is shown and stored.
        drafts = noted.passing(_read(source, name))
        clashes = _Clashes(corpus)
        if file.chosen.get("part"):
            drafts = map(clashes.take_out, _up_to_a_fault(drafts, noted))
        else:
            drafts = map(clashes.note, drafts)
        preview = _preview(corpus, drafts, name) | {
            "fault": noted.fault,
            "overlaps": clashes.noted,
            "overlaps_count": clashes.count,
        }
    except FormatError as error:
        file.state, file.problem = UploadFile.State.REFUSED, str(error)
        # How it is read can still be chosen, and what stands before the fault be taken.
        preview = {"readable": noted.articles}
    else:
        file.state, file.problem = UploadFile.State.READ, ""
        if preview["known"] == preview["articles"]:
            file.state = UploadFile.State.KNOWN
    file.preview = preview | _how(source, name, noted.text)
    if noted.articles > 1:
        file.preview["holds_many"] = True
    file.attempts = 0
    file.problem, file.preview = _storable(file.problem), _storable(file.preview)
    file.save(update_fields=["state", "problem", "preview", "attempts"])


def _how(source: Source, format_name: str, text: str) -> dict[str, Any]:
    """How a file was read, and how else it might be; ``text`` is that of its first article."""
    how: dict[str, Any] = {"formats": formats_of(source), "options": []}
    if format_name:
        reader = reader_for(format_name)
        how["options"] = [_shown_option(option, text) for option in reader.options(source)]
        how |= {"holds_many": reader.holds_many, "is_binary": reader.is_binary}
    return how


def _storable(value: Any) -> Any:
    """The same without what a database refuses in strings; readers repeat words of their files."""
    match value:
        case str():
            return normalise(value).text
        case list():
            return [_storable(one) for one in value]
        case dict():
            return {_storable(key): _storable(one) for key, one in value.items()}
        case _:
            return value


def choose(*, file: UploadFile, chosen: dict[str, Any], included: bool) -> None:
    """Take over what a person changed in the preview; how it is read has the file read anew.

    What stands there as the preview showed it was not chosen: read otherwise it may change.
    """
    again = any(
        (chosen.get(key) or "") != (file.chosen.get(key) or "")
        for key in ("encoding", "format", "options", "part")
    )
    shown = (file.preview.get("shown") or [{}])[0] | {"encoding": "", "format": ""}
    file.chosen = {key: value for key, value in chosen.items() if value != shown.get(key, "")}
    file.included = included
    file.save(update_fields=["chosen", "included"])
    if again:
        read_file(file)


def confirm(*, upload: Upload) -> None:
    """Say that what was read may be stored."""
    Upload.objects.filter(pk=upload.pk, state=Upload.State.READY).update(
        state=Upload.State.STORING, lease_until=Now() + LEASE
    )
    upload.refresh_from_db()


def store_upload(upload_id: int) -> None:
    """Store every confirmed file, one transaction each; safe to run again after a stop."""
    upload = Upload.objects.select_related("corpus", "user").get(pk=upload_id)
    if upload.state != Upload.State.STORING:
        return
    files = upload.files.filter(state=UploadFile.State.READ, included=True).order_by("position")
    turns = Turns()
    for pk in list(files.values_list("pk", flat=True)):
        if _may_try(pk):
            _store_file(upload, pk, turns)
        Upload.objects.filter(pk=upload.pk).update(lease_until=Now() + LEASE)
    upload.state, upload.lease_until = Upload.State.STORED, None
    upload.save(update_fields=["state", "lease_until"])


def discard(*, upload: Upload) -> None:
    """Drop an upload that was not stored."""
    upload.delete()


def abandoned(state: str) -> list[int]:
    """Uploads in that state whose worker has fallen silent, or that none ever took."""
    return list(
        Upload.objects.filter(state=state)
        .filter(Q(lease_until__lt=Now()) | Q(lease_until=None, created_at__lt=Now() - LEASE))
        .values_list("pk", flat=True)[:20]
    )


def import_files(
    *,
    corpus: Corpus,
    sources: Iterable[Source | Refused],
    user: User | None,
    format_name: str = "",
    layer: str = "",
    labels: Mapping[str, str] | None = None,
    new_labels: bool = False,
    options: Mapping[str, str] | None = None,
    on_file: Callable[[str, Counter[str], list[str]], None],
) -> Counter[str]:
    """Read and store files without a preview, as the command line does.

    Further versions of a text that an archive holds are left out.

    ``layer`` is a username or ``suggestions``; "" leaves it to the file. ``labels`` says what the
    files' labels are called here; with ``new_labels`` the others are added to the scheme, without
    it a file that has some is refused. ``options`` are the reader's. ``on_file`` is told each
    file's name, what became of its articles, and what there is to say: the reason when it was
    refused or left out, or the reader's notes, as on mentions that it left out. Returns the sum.
    """
    total = Counter[str]()
    how = _How(format_name, layer, labels or {}, new_labels, options or {})
    for entry in _together(sources):
        if isinstance(entry, Refused):
            outcome, notes = Counter(["refused"]), [entry.reason]
        elif isinstance(entry, LeftOut):
            outcome, notes = Counter(left_out=entry.files), [entry.reason]
        else:
            try:
                outcome, notes = _import_source(corpus, entry, user, how)
            except (FormatError, AnnotationError) as error:
                outcome, notes = Counter(["refused"]), [str(error)]
        total.update(outcome)
        on_file(entry.name, outcome, notes)
    return total


@dataclass(frozen=True, slots=True)
class _How:
    """What the command line says of all files."""

    format_name: str
    layer: str
    labels: Mapping[str, str]
    new_labels: bool
    options: Mapping[str, str]


def _import_source(
    corpus: Corpus, source: Source, user: User | None, how: _How
) -> tuple[Counter[str], list[str]]:
    notes = list[str]()
    name = how.format_name or format_of(source)
    labels = ForeignLabels(corpus, how.labels, may_add=how.new_labels)
    arriving = _Arriving(corpus, source, name, user, how.layer)

    def arrivals() -> Iterator[Arrival]:
        for draft in map(labels.apply, _read(replace(source, options=how.options), name)):
            notes.extend((*draft.notes, *map(str, draft.unplaced)))
            yield arriving.arrival(draft)

    with _kept_if_stored(labels):
        outcome = store_file(corpus=corpus, arrivals=arrivals(), user=user, turns=Turns())
    if not outcome.stored and not outcome.known:
        raise FormatError(f"{source.name} holds no article.")
    counted = Counter(stored=outcome.stored, known=outcome.known)
    return +counted, notes


@contextmanager
def _kept_if_stored(labels: ForeignLabels) -> Iterator[None]:
    """The labels that a file brings along go again when it is refused."""
    try:
        yield
    except (FormatError, AnnotationError):
        labels.take_back()
        raise


def _read(source: Source, format_name: str) -> Iterator[ArticleDraft]:
    """The articles of a file. Whatever it does to its reader is its own refusal, and no other's."""
    try:
        yield from reader_for(format_name).read(source)
    except FormatError:
        raise
    except Exception as error:
        logger.exception("A reader failed")
        raise FormatError(
            f"{source.name} cannot be read ({type(error).__name__}: {error})."
        ) from error


@dataclass(frozen=True, slots=True)
class _Arriving:
    """What is true of all articles of one file: where they come from, and whose work they hold."""

    corpus: Corpus
    source: Source
    format_name: str
    user: User | None
    layer: str = ""
    annotators: dict[str, User] = field(default_factory=dict)

    def arrival(self, draft: ArticleDraft) -> Arrival:
        decided = draft.status is not ReviewStatus.UNREVIEWED
        suggestions_only = self.layer == "suggestions" or not (
            decided or any(m.is_decided for m in draft.mentions)
        )
        return Arrival(
            draft,
            # A file of many articles is not kept with each of them.
            source=None if reader_for(self.format_name).holds_many else self.source,
            format_name=self.format_name,
            layer_of=None if suggestions_only else self._annotator(draft),
            await_suggestions=not draft.mentions and draft.status is not ReviewStatus.FINISHED,
        )

    def _annotator(self, draft: ArticleDraft) -> User:
        sources = {m.source for m in draft.mentions if m.is_decided}
        named = sources.pop() if len(sources) == 1 else draft.layer
        if named not in self.annotators:
            self.annotators[named] = _annotator(self.corpus, named, self.layer, self.user)
        return self.annotators[named]


def _annotator(corpus: Corpus, named: str, layer: str, user: User | None) -> User:
    """Whose annotations a file's are: named by the caller, or by the file, or else the uploader's.

    Only members of the corpus are taken at the file's word. Without an uploader they are the
    owner's; where there is none either, those of an account that nobody can sign in to.
    """
    if layer:
        return User.objects.get(username=layer)
    member = User.objects.filter(username=named, memberships__corpus=corpus).first()
    if member is not None:
        return member
    if user is not None:
        return user
    owner = corpus.memberships.filter(role=Role.OWNER).select_related("user").order_by("pk").first()
    if owner is not None:
        return owner.user
    return User.objects.filter(username=IMPORTED).first() or create_account(
        username=IMPORTED, password=None
    )


def _unpacked(sources: Iterable[Source | Refused]) -> Iterator[Entry]:
    for source in sources:
        if isinstance(source, Refused) or not is_archive(source):
            yield source
            continue
        try:
            yield from open_nested(source)
        except FormatError as error:
            yield Refused(source.name, str(error))


def _together(sources: Iterable[Source | Refused]) -> Iterator[Source | Refused | LeftOut]:
    """Files with those that belong to them beside them; archives unpacked, each in memory."""
    for source in sources:
        if isinstance(source, Refused) or not is_archive(source):
            yield source
            continue
        members = list(_unpacked([source]))
        by_name = {one.name: one for one in members if isinstance(one, Source)}
        names = set(by_name)
        for member in members:
            if isinstance(member, Spare):
                yield LeftOut(member.source.name, member.reason)
            elif not isinstance(member, Source):
                yield member
            elif not belongs_to(member.name, names):
                wanted = companions_of(member.name, names)
                yield replace(member, beside={name: by_name[name].data for name in wanted})


def _as_columns(entry: Entry) -> dict[str, Any]:
    match entry:
        case Refused():
            return _columns_of(entry.name, state=UploadFile.State.REFUSED, problem=entry.reason)
        case LeftOut():
            return _columns_of(entry.name, state=UploadFile.State.BESIDE, problem=entry.reason)
        case Spare():
            return _columns_of(entry.source.name, entry.source.data, included=False)
        case Source():
            return _columns_of(entry.name, entry.data)


def _columns_of(name: str, data: bytes = b"", **more: object) -> dict[str, Any]:
    return {"name": storable_name(name), "data": data, "size": len(data), **more}


def _waiting_files(upload_id: int) -> Iterator[UploadFile]:
    while True:
        Upload.objects.filter(pk=upload_id).update(lease_until=Now() + LEASE)
        file = (
            UploadFile.objects.select_related("upload__corpus")
            .filter(upload=upload_id, state=UploadFile.State.WAITING)
            .order_by("position")
            .first()
        )
        if file is None:
            return
        if _may_try(file.pk):
            yield file


def _may_try(file_id: int) -> bool:
    """Count a try before it begins, since it may end the worker; False after the last one."""
    rows = UploadFile.objects.filter(pk=file_id)
    if rows.filter(attempts__lt=ATTEMPTS).update(attempts=F("attempts") + 1):
        return True
    rows.update(
        state=UploadFile.State.REFUSED, problem=f"A worker stopped {ATTEMPTS} times at this file."
    )
    return False


def _source_of(file: UploadFile, names: set[str]) -> Source:
    """The file with those beside it that belong to it, and with what a person said of it."""
    wanted = companions_of(file.name, names)
    beside = file.upload.files.filter(name__in=wanted).values_list("name", "data")
    return Source(
        name=file.name,
        data=bytes(file.data),
        encoding=file.chosen.get("encoding", ""),
        language=file.upload.corpus.language,
        beside={name: bytes(data) for name, data in beside} if wanted else {},
        options=file.chosen.get("options") or {},
    )


def _format_of(file: UploadFile, source: Source) -> str:
    """The format that a person chose, if the file can have it, or else the one that it has."""
    wish = file.chosen.get("format", "")
    return wish if wish in formats_of(source) else format_of(source)


@dataclass(slots=True)
class _Noted:
    """What passed while a file was read: its first article's text, how many articles, the fault."""

    text: str = ""
    articles: int = 0
    fault: str = ""

    def passing(self, drafts: Iterable[ArticleDraft]) -> Iterator[ArticleDraft]:
        for draft in drafts:
            if not self.articles:
                self.text = draft.text
            self.articles += 1
            yield draft


def _up_to_a_fault(drafts: Iterator[ArticleDraft], noted: _Noted) -> Iterator[ArticleDraft]:
    """The articles before the first fault, which is noted and not raised."""
    try:
        yield from drafts
    except FormatError as error:
        noted.fault = str(error)


class _Clashes:
    """The mentions of a file's articles that may not stand together in this corpus.

    Of two the one that begins first stays.
    """

    def __init__(self, corpus: Corpus) -> None:
        self._policy = corpus.policy
        self._articles = 0
        #: How many would have to give way, and what there is to say of the first of them.
        self.count = 0
        self.noted: list[str] = []

    def take_out(self, draft: ArticleDraft) -> ArticleDraft:
        """The draft without the mentions that have to give way, which it lists as unplaced."""
        found = self._found(draft)
        out = {mention.key for mention, _ in found}
        if not out:
            return draft
        told = tuple(
            Unplaced(mention.start, mention.end, mention.label, mention.span.of(draft.text), reason)
            for mention, reason in found
        )
        kept = (m for m in draft.mentions if not (m.is_decided and m.key in out))
        return replace(draft, mentions=tuple(kept), unplaced=(*draft.unplaced, *told))

    def note(self, draft: ArticleDraft) -> ArticleDraft:
        """The draft as it is; what would have to give way is noted."""
        found = self._found(draft)
        self.count += len(found)
        self.noted += (
            f"{mention.label} “{shortened(mention.span.of(draft.text))}”: {reason}"
            for mention, reason in found[: LISTED_UNPLACED - len(self.noted)]
        )
        return draft

    def _found(self, draft: ArticleDraft) -> list[tuple[Mention, str]]:
        self._articles += 1
        _, found = fitting((m for m in draft.mentions if m.is_decided), self._policy)
        return [(mention, self._why(other, draft.text)) for mention, other in found]

    def _why(self, other: Mention, text: str) -> str:
        return (
            f"in article {self._articles:,} it overlaps {other.label} "
            f"“{shortened(other.span.of(text))}”, which this corpus does not allow"
        )


def _shown_option(option: Option, text: str) -> dict[str, Any]:
    return {
        "name": option.name,
        "title": option.title,
        "guess": option.guess,
        "text": text if option.is_text else None,
        "choices": [list(choice) for choice in option.choices],
    }


def _drafts(
    file: UploadFile, source: Source, format_name: str, labels: ForeignLabels
) -> Iterator[ArticleDraft]:
    drafts = _read(source, format_name)
    if file.chosen.get("part"):
        drafts = map(labels.apply, _up_to_a_fault(drafts, _Noted()))
        drafts = map(_Clashes(file.upload.corpus).take_out, drafts)
    else:
        drafts = map(labels.apply, drafts)
    if file.preview.get("holds_many"):
        # What a person types into the preview is not true of them all.
        return drafts
    return (_as_chosen(draft, file.chosen) for draft in drafts)


def _as_chosen(draft: ArticleDraft, chosen: dict[str, str]) -> ArticleDraft:
    known = draft.metadata
    published = known.published_on
    if "published_on" in chosen:
        published = date.fromisoformat(chosen["published_on"]) if chosen["published_on"] else None
    metadata = Metadata(
        title=chosen.get("title", known.title),
        source=chosen.get("source", known.source),
        byline=chosen.get("byline", known.byline),
        url=known.url,
        published_on=published,
        language=known.language,
    )
    return replace(draft, metadata=metadata)


def _preview(corpus: Corpus, drafts: Iterator[ArticleDraft], format_name: str) -> dict[str, Any]:
    """What a person sees of one file before it is stored. Reads the file to its end."""
    shown: list[dict[str, Any]] = []
    articles = known = mentions = 0
    seen: set[str] = set()
    labels = Counter[str]()
    unplaced: list[str] = []
    notes: list[str] = []
    unplaced_count = notes_count = 0
    numbers: dict[int, int] = {}
    while batch := list(islice(drafts, 200)):
        hashes = [draft.text_sha256 for draft in batch]
        here = set(
            Article.objects.filter(corpus=corpus, text_sha256__in=hashes).values_list(
                "text_sha256", flat=True
            )
        )
        for draft, sha256 in zip(batch, hashes, strict=True):
            is_known = sha256 in here or sha256 in seen
            seen.add(sha256)
            articles += 1
            known += is_known
            if told := _repeated(numbers, draft.number, articles):
                draft = replace(draft, notes=(*draft.notes, told))  # noqa: PLW2901
            mentions += len(draft.mentions)
            labels.update(mention.label for mention in draft.mentions)
            unplaced_count += len(draft.unplaced)
            unplaced += map(str, draft.unplaced[: LISTED_UNPLACED - len(unplaced)])
            if len(shown) < PREVIEWED_ARTICLES:
                shown.append(_previewed(draft, is_known=is_known))
            else:
                notes_count += len(draft.notes)
                notes += draft.notes[: LISTED_UNPLACED - len(notes)]
    if not articles:
        raise FormatError("The file holds no article.")
    return {
        "format": format_name,
        "articles": articles,
        "known": known,
        "mentions": mentions,
        "shown": shown,
        "labels": _shown_labels(corpus, labels),
        "unplaced": unplaced,
        "unplaced_count": unplaced_count,
        "notes": notes,
        "notes_count": notes_count,
    }


def _repeated(numbers: dict[int, int], number: int | None, place: int) -> str:
    """What to say of an article whose number an earlier one of the file has; "" of any other."""
    if number is None or (first := numbers.setdefault(number, place)) == place:
        return ""
    return (
        f"Article {place:,} of the file has the id {number}, as article {first:,} has; it gets a "
        "number of its own."
    )


def _shown_labels(corpus: Corpus, counts: Counter[str]) -> list[dict[str, Any]]:
    """The labels of a file that the scheme lacks, with what would become of each."""
    if not counts:
        return []
    foreign = ForeignLabels(corpus, {})
    return [
        {"name": label, "count": count, "target": foreign.target(label)}
        for label, count in sorted(counts.items())
        if label not in foreign.names
    ][:MAX_LABELS]


def _previewed(draft: ArticleDraft, *, is_known: bool) -> dict[str, Any]:
    published = draft.metadata.published_on
    return {
        "title": draft.metadata.title,
        "source": draft.metadata.source,
        "byline": draft.metadata.byline,
        "url": draft.metadata.url,
        "published_on": published.isoformat() if published else "",
        "language": draft.metadata.language,
        "words": words_in(draft.text),
        "encoding": dict(ENCODINGS).get(draft.encoding, draft.encoding),
        "changes": list(draft.changes),
        "notes": list(draft.notes),
        "known": is_known,
        "zones": dict(Counter(zone.zone.value for zone in draft.zones)),
        "blocks": [
            {
                "zone": zone.zone.value,
                "certain": zone.certain,
                "text": draft.text[zone.start : zone.end][:400],
            }
            for zone in draft.zones[:PREVIEWED_BLOCKS]
        ],
        "more_blocks": max(0, len(draft.zones) - PREVIEWED_BLOCKS),
    }


def _store_file(upload: Upload, file_id: int, turns: Turns) -> None:
    """Store one file's articles, all or none, and say on its row what became of them."""
    file = UploadFile.objects.select_related("upload__corpus").get(pk=file_id)
    if file.state != UploadFile.State.READ:
        return
    row = UploadFile.objects.filter(pk=file_id, state=UploadFile.State.READ)

    def note_batch(taken: int) -> None:
        # One that ends its worker has as many tries as any other, from here on.
        row.update(attempts=0, done_count=taken)
        Upload.objects.filter(pk=upload.pk).update(lease_until=Now() + LEASE)

    def note_end(outcome: Outcome) -> None:
        state = UploadFile.State.STORED if outcome.stored else UploadFile.State.KNOWN
        if not row.update(state=state, stored_count=outcome.stored, data=b""):
            raise TakenOver

    labels = ForeignLabels(upload.corpus, file.chosen.get("labels") or {})
    try:
        with _kept_if_stored(labels):
            source = _source_of(file, set(upload.files.values_list("name", flat=True)))
            name = _format_of(file, source)
            arriving = _Arriving(upload.corpus, source, name, upload.user)
            store_file(
                corpus=upload.corpus,
                arrivals=map(arriving.arrival, _drafts(file, source, name, labels)),
                user=upload.user,
                turns=turns,
                file=file,
                on_batch=note_batch,
                then=note_end,
            )
    except TakenOver:
        logger.info("Another worker stores file %s", file_id)
    except (FormatError, AnnotationError) as error:
        row.update(state=UploadFile.State.REFUSED, problem=str(error))

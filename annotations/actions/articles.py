"""Storing articles, many at once, and changing what is known of them. Their text never changes."""

import hashlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from annotations.actions import memory, tallies
from annotations.actions.decide import LONGEST_SOURCE, check_mention
from annotations.actions.recording import add_rows, sides, tally_of
from annotations.actions.rows import insert
from annotations.actions.runs import suggester_row
from annotations.domain.articles import ArticleDraft, Metadata, ReviewStatus
from annotations.domain.decisions import Change, Layer, accept_all, add_all
from annotations.domain.mentions import Mention, MentionState
from annotations.domain.text import RECIPE_VERSION, normalise, words_in
from annotations.domain.zones import Zone
from annotations.formats.base import Source
from annotations.models import (
    Article,
    ArticleOriginal,
    ArticleText,
    Block,
    Corpus,
    Correction,
    Review,
    Suggestion,
    SuggestionRun,
    User,
)
from annotations.models.layers import Labels
from annotations.suggesters.base import Identity

#: The digest, and failing a better one the name, of a machine whose suggestions were imported.
IMPORTED: Final = "imported"
#: About how many rows are written at once. Few on SQLite, whose editors wait as long as that takes;
#: many where nobody does, and each transaction costs.
BATCH_ROWS: Final = {"sqlite": 500, "postgresql": 5000}
#: The highest number that a file may ask for; it leaves the database a billion more.
HIGHEST_WISH: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Arrival:
    """An article on its way in.

    ``layer_of`` is whose annotations the draft's decided mentions become; its merely suggested
    ones are stored as suggestions of an imported machine, as all are without it. ``source`` is
    kept as the original.
    """

    draft: ArticleDraft
    source: Source | None = None
    format_name: str = ""
    layer_of: User | None = None
    await_suggestions: bool = True


def store_article(
    *,
    corpus: Corpus,
    draft: ArticleDraft,
    user: User | None,
    source: Source | None = None,
    format_name: str = "",
    layer_of: User | None = None,
    await_suggestions: bool = True,
) -> Article | None:
    """Store one article whole, or not at all; None when the corpus has this text already.

    The values are those of an `Arrival`. Raises AnnotationError for mentions that don't fit.
    """
    arrival = Arrival(draft, source, format_name, layer_of, await_suggestions)
    return store_articles(corpus=corpus, arrivals=[arrival], user=user)[0]


@transaction.atomic
def store_articles(
    *, corpus: Corpus, arrivals: Iterable[Arrival], user: User | None
) -> list[Article | None]:
    """Store articles, all or none; None in the place of each whose text the corpus has already.

    Raises AnnotationError for mentions that don't fit the corpus.
    """
    # Whoever holds the corpus's row stores alone, so two uploads of one text cannot both pass.
    last = last_number(corpus)
    batch = Batch.of(arrivals, corpus)
    numbered = Numbers(corpus, last, (a.draft.number for a in batch.arrivals))
    written = write(batch, corpus=corpus, user=user, numbers=numbered)
    count(written, corpus=corpus, last_number=numbered.last)
    return written.articles


def last_number(corpus: Corpus) -> int:
    """The highest number that a corpus gave; its row is locked, so that nobody else gives one."""
    rows = Corpus.with_shelves.select_for_update(no_key=True)
    return rows.values_list("last_number", flat=True).get(pk=corpus.pk)


def in_batches(arrivals: Iterable[Arrival]) -> Iterator[list[Arrival]]:
    """Articles in batches of about as many rows as `BATCH_ROWS` says, one article at least."""
    batch: list[Arrival] = []
    rows = 0
    for arrival in arrivals:
        batch.append(arrival)
        rows += len(arrival.draft.zones) + len(arrival.draft.mentions) + 1
        if rows >= BATCH_ROWS[connection.vendor]:
            yield batch
            batch, rows = [], 0
    if batch:
        yield batch


@dataclass(frozen=True, slots=True)
class _Ready:
    """An article with all that its rows need."""

    arrival: Arrival
    blocks: list[tuple[int, int, int, str, bool, str]]
    suggested: list[Mention]
    change: Change | None
    tally: dict[str, list[int]]

    @property
    def status(self) -> ReviewStatus:
        """How far the review has come that the file brought along."""
        if self.change is None:
            return ReviewStatus.UNREVIEWED
        is_finished = self.arrival.draft.status is ReviewStatus.FINISHED
        return ReviewStatus.FINISHED if is_finished else ReviewStatus.OPEN


@dataclass(frozen=True, slots=True)
class Batch:
    """Articles ready to be written: checked, cut into tokens, and without those known already.

    ``ready`` has None in the place of an article that is stored already, or came twice.
    """

    labels: Labels
    ready: list[_Ready | None]

    @classmethod
    def of(cls, arrivals: Iterable[Arrival], *corpora: Corpus) -> "Batch":
        """Make them ready for the first of the corpora; known is what any of them holds.

        It only reads: the work that takes time is done before anything is locked.

        Raises UnknownLabel, SpanOutOfText, MentionTooLong or OverlapNotAllowed.
        """
        arrivals = list(arrivals)
        hashes = [arrival.draft.text_sha256 for arrival in arrivals]
        known = set(
            Article.objects.filter(corpus__in=corpora, text_sha256__in=hashes).values_list(
                "text_sha256", flat=True
            )
        )
        labels = Labels.of(corpora[0])
        ready: list[_Ready | None] = []
        for arrival, text_hash in zip(arrivals, hashes, strict=True):
            ready.append(None if text_hash in known else _ready(arrival, corpora[0], labels))
            known.add(text_hash)
        return cls(labels, ready)

    @property
    def arrivals(self) -> list[Arrival]:
        return [one.arrival for one in self.ready if one is not None]


@dataclass(slots=True)
class Written:
    """What was written, and what is to be counted: by status, and by a label's id."""

    articles: list[Article | None]
    statuses: Counter[str] = field(default_factory=Counter)
    suggested: Counter[int] = field(default_factory=Counter)
    annotated: Counter[int] = field(default_factory=Counter)


class Numbers:
    """Numbers of new articles: those that files ask for where they are free, or the next.

    ``last`` is the highest that the corpus ever gave.
    """

    def __init__(self, corpus: Corpus, last: int, wishes: Iterable[int | None]) -> None:
        wished = [number for number in wishes if number and number <= HIGHEST_WISH]
        taken = Article.objects.filter(corpus=corpus, number__in=wished)
        self._taken = set(taken.values_list("number", flat=True)) if wished else set[int]()
        self._wished = frozenset(wished)
        self.last = last

    def take(self, wish: int | None) -> int:
        number = self.last + 1
        if wish in self._wished and wish not in self._taken:
            number = wish
        self._taken.add(number)
        self.last = max(self.last, number)
        return number


def write(
    batch: Batch,
    *,
    corpus: Corpus,
    user: User | None,
    numbers: Numbers,
    state_of: Callable[[Arrival], str] | None = None,
) -> Written:
    """Write articles into a corpus. The caller holds a transaction, and counts them.

    ``state_of`` says how far an article's suggestions are.
    """
    state_of = state_of or _suggestion_state
    fresh = [one for one in batch.ready if one is not None]
    articles = Article.objects.bulk_create(
        _article(one, corpus, user, numbers, state_of(one.arrival)) for one in fresh
    )
    pairs = list(zip(articles, fresh, strict=True))
    insert(
        ArticleText,
        ("article_id", "text", "recipe"),
        ((article.pk, one.arrival.draft.text, RECIPE_VERSION) for article, one in pairs),
    )
    insert(
        Block,
        ("article_id", "position", "start", "end", "zone", "certain", "tokens"),
        ((article.pk, *block) for article, one in pairs for block in one.blocks),
    )
    ArticleOriginal.objects.bulk_create(
        _original(article, source, one.arrival)
        for article, one in pairs
        if (source := one.arrival.source) is not None
    )
    written = Written(_in_place(articles, batch), Counter(one.status.value for one in fresh))
    _write_runs(pairs, batch.labels, written)
    _write_reviews(pairs, batch.labels, written)
    return written


def count(written: Written, *, corpus: Corpus, last_number: int) -> None:
    """Add what was written to the counts of its corpus and of the labels."""
    tallies.count_articles(corpus.pk, written.statuses, last_number=last_number)
    if written.suggested or written.annotated:
        tallies.lock_labels(corpus)
        tallies.count_suggestions(written.suggested)
        tallies.count_annotations(written.annotated)


def storable_name(name: str) -> str:
    """A file's name as any database keeps it; of a long one the end, which tells the format."""
    return normalise(name).text[-255:]


@transaction.atomic
def describe_article(*, article: Article, metadata: Metadata) -> None:
    """Change what is known of an article beside its text."""
    if article.language != _columns(metadata)["language"]:
        memory.move_to(_columns(metadata)["language"], article)
    for column, value in _columns(metadata).items():
        setattr(article, column, value)
    article.save(update_fields=list(_columns(metadata)))


def set_zone(*, block: Block, zone: Zone) -> None:
    """Say what role a block plays; a person's word is certain."""
    block.zone = zone.value
    block.certain = True
    block.save(update_fields=["zone", "certain"])
    Article.objects.filter(pk=block.article_id).update(updated_at=timezone.now())


def _opening(draft: ArticleDraft) -> str:
    """The first words of the first paragraph, or of the text where it has none."""
    zones = sorted(draft.zones, key=lambda zone: (zone.zone is not Zone.PARAGRAPH, zone.start))
    text = draft.text[zones[0].start : zones[0].end] if zones else draft.text
    line = " ".join(text[:400].split())
    return line if len(line) <= 60 else line[:60].rpartition(" ")[0] or line[:60]


def _columns(metadata: Metadata) -> dict[str, Any]:
    return {
        "title": metadata.title[:300],
        "source": metadata.source[:200],
        "byline": metadata.byline[:300],
        "url": metadata.url[:2000],
        "published_on": metadata.published_on,
        "language": metadata.language[:10] or "en",
    }


def _ready(arrival: Arrival, corpus: Corpus, labels: Labels) -> _Ready:
    draft, annotator = arrival.draft, arrival.layer_of
    for mention in draft.mentions:
        check_mention(mention, labels, draft.text)
    suggested = [
        replace(m, state=MentionState.SUGGESTED) if m.is_decided else m
        for m in draft.mentions
        if annotator is None or not m.is_decided
    ]
    change = None
    tally: dict[str, list[int]] = {}
    if annotator is not None:
        decided = [_as_imported(m, annotator) for m in draft.mentions if m.is_decided]
        if decided or draft.status is not ReviewStatus.UNREVIEWED:
            layer = Layer.of(policy=corpus.policy, suggestions=suggested)
            change = add_all(layer, decided, text=draft.text)
            layer.apply(change)
            if draft.status is ReviewStatus.FINISHED:
                # In a finished layer nothing stays pending.
                rest = accept_all(layer)
                layer.apply(rest)
                change = Change(added=(*change.added, *rest.added), rejected=rest.rejected)
            tally = tally_of(layer)
    return _Ready(arrival, _blocks(draft), suggested, change, tally)


def _as_imported(mention: Mention, user: User) -> Mention:
    source = "" if mention.source == user.username else mention.source
    return replace(mention, source=source[:LONGEST_SOURCE])


def _blocks(draft: ArticleDraft) -> list[tuple[int, int, int, str, bool, str]]:
    """The values of an article's blocks: position, start, end, zone, certain, tokens."""
    # Imported on first use: processes that only show pages do without spaCy.
    from annotations.suggesters.tokens import tokenize

    tokens = tokenize(draft.text, _columns(draft.metadata)["language"])
    starts = [start for start, _ in tokens]
    blocks = []
    for position, zone in enumerate(draft.zones):
        first, last = bisect_left(starts, zone.start), bisect_left(starts, zone.end)
        flat = [offset - zone.start for token in tokens[first:last] for offset in token]
        # A list of numbers prints as JSON.
        blocks.append((position, zone.start, zone.end, zone.zone.value, zone.certain, str(flat)))
    return blocks


def _article(
    one: _Ready, corpus: Corpus, user: User | None, numbers: Numbers, suggestion_state: str
) -> Article:
    draft = one.arrival.draft
    pending, annotated = len(one.suggested), 0
    if one.change is not None:
        pending = sum(counts[0] for counts in one.tally.values())
        annotated = sum(counts[1] for counts in one.tally.values())
    return Article(
        corpus=corpus,
        number=numbers.take(draft.number),
        opening=_opening(draft),
        text_sha256=draft.text_sha256,
        length=len(draft.text),
        word_count=words_in(draft.text),
        uploaded_by=user,
        status=one.status.value,
        pending_count=pending,
        mention_count=pending + annotated,
        suggestion_state=suggestion_state,
        extra=dict(draft.extra),
        **_columns(draft.metadata),
    )


def _suggestion_state(arrival: Arrival) -> str:
    state = Article.SuggestionState
    return state.WAITING if arrival.await_suggestions else state.NONE


def _original(article: Article, source: Source, arrival: Arrival) -> ArticleOriginal:
    return ArticleOriginal(
        article=article,
        name=storable_name(source.name),
        data=source.data,
        sha256=hashlib.sha256(source.data).hexdigest(),
        encoding=arrival.draft.encoding,
        format=arrival.format_name,
    )


def _in_place(articles: Iterable[Article], batch: Batch) -> list[Article | None]:
    stored = iter(articles)
    return [None if one is None else next(stored) for one in batch.ready]


type _Pairs = Sequence[tuple[Article, _Ready]]


def _write_runs(pairs: _Pairs, labels: Labels, written: Written) -> None:
    """Store the suggestions that came along, as each article's current run."""
    proposed = [(article, one) for article, one in pairs if one.suggested]
    if not proposed:
        return
    identities = [_identity_of(one.suggested) for _, one in proposed]
    machines = {identity: suggester_row(identity) for identity in set(identities)}
    runs = SuggestionRun.objects.bulk_create(
        SuggestionRun(article=article, suggester=machines[identity])
        for (article, _), identity in zip(proposed, identities, strict=True)
    )
    insert(
        Suggestion,
        ("run_id", "label_id", "start", "end", "quote", "score"),
        (
            (run.pk, labels.by_name[m.label].pk, m.start, m.end, text[m.start : m.end], m.score)
            for run, (_, one) in zip(runs, proposed, strict=True)
            for text in (one.arrival.draft.text,)
            for m in one.suggested
        ),
    )
    # Its only one so far.
    theirs = SuggestionRun.objects.filter(article=OuterRef("pk")).values("pk")
    Article.objects.filter(pk__in=[run.article_id for run in runs]).update(
        current_run=Subquery(theirs)
    )
    for run in runs:
        run.article.current_run = run
    written.suggested.update(
        labels.by_name[m.label].pk for _, one in proposed for m in one.suggested
    )


def _write_reviews(pairs: _Pairs, labels: Labels, written: Written) -> None:
    """Store the decided mentions that came along: each layer as one correction."""
    reviewed = list(_reviewed(pairs))
    if not reviewed:
        return
    finished_at = timezone.now()
    reviews = Review.objects.bulk_create(
        Review(
            article=article,
            annotator=annotator,
            status=one.status.value,
            run=article.current_run,
            revision=1,
            tally=one.tally,
            finished_at=finished_at if one.status is ReviewStatus.FINISHED else None,
        )
        for article, one, annotator, _ in reviewed
    )
    triples = [
        (review, change, one.arrival.draft.text)
        for review, (_, one, _, change) in zip(reviews, reviewed, strict=True)
    ]
    add_rows(triples, labels)
    Correction.objects.bulk_create(
        Correction(
            review=review,
            revision=1,
            verb=Correction.Verb.IMPORT,
            user=review.annotator,
            **sides(
                change, labels, text, status_before=Review.Status.OPEN.value, status=review.status
            ),
        )
        for review, change, text in triples
    )
    written.annotated.update(
        labels.by_name[m.label].pk for _, change, _ in triples for m in change.added
    )


def _reviewed(pairs: _Pairs) -> Iterator[tuple[Article, _Ready, User, Change]]:
    for article, one in pairs:
        if one.arrival.layer_of is not None and one.change is not None:
            yield article, one, one.arrival.layer_of, one.change


def _identity_of(mentions: Sequence[Mention]) -> Identity:
    """Who proposed imported suggestions: their own source, if they name one and the same."""
    sources = {mention.source for mention in mentions}
    source = sources.pop() if len(sources) == 1 else ""
    name, _, version = source.rpartition(" ") if " " in source else (source, "", "")
    return Identity(name[:100] or IMPORTED, version[:50], IMPORTED)

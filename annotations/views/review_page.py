"""What the review page shows of one article for one person, whole or in part."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import islice, takewhile
from typing import Any, Final

from django.db.models import Q
from django.http import Http404
from django.utils.safestring import SafeString

from annotations.actions.articles import IMPORTED
from annotations.actions.decide import Outcome, Stretch, standing, whole
from annotations.actions.history import layer_at
from annotations.actions.memory import said_of
from annotations.actions.recording import tally_of
from annotations.domain.decisions import Layer, mention_id, parse_mention_id
from annotations.domain.errors import UnknownMention
from annotations.domain.keys import Keymap
from annotations.domain.memory import Ground
from annotations.domain.mentions import Mention, MentionState
from annotations.domain.review_order import ReviewOrder
from annotations.forms import PassageForm
from annotations.models import Article, Block, Correction, Review, Suggester, Suggestion
from annotations.models.layers import Labels, load_layer
from annotations.permissions import Verb, may
from annotations.rendering import joined, markdown, render_again, render_article
from annotations.views.comments import comment_context
from annotations.views.common import Request, rights

#: How many articles before and after the current one the side list shows.
NEIGHBOURS: Final = 20
#: How many undos and redos the page can draw without asking.
FORESEEN: Final = 10
#: A decision on more mentions than this is drawn only when the server has answered.
TOO_MANY_TO_FORESEE: Final = 400


@dataclass(frozen=True, slots=True)
class LegendRow:
    """One label with what this article has of it."""

    name: str
    description: str
    hue: int
    key: str
    pending: int
    annotated: int

    @property
    def total(self) -> int:
        return self.pending + self.annotated


@dataclass(frozen=True, slots=True)
class Card:
    """One mention with everything there is to say about it, in words."""

    id: str
    quote: str
    label: str
    hue: int
    state: str
    is_decided: bool
    confidence: str
    why: str
    previous: str
    following: str


@dataclass
class ReviewPage:
    """One article as one person sees it; ``layer`` may hold only a stretch of it.

    ``at`` is the revision that is shown, where that is an earlier state than the present one.
    """

    request: Request
    article: Article
    review: Review | None
    labels: Labels
    layer: Layer
    read_only: bool
    visible: list[Mention] = field(default_factory=list)
    at: int | None = None

    @classmethod
    def of(
        cls,
        request: Request,
        article: Article,
        *,
        review: Review | None = None,
        stretch: tuple[int, int] | None = None,
    ) -> "ReviewPage":
        """The page of ``review``, or else of the layer that this person asked for or works in."""
        read_only = False
        if review is None:
            review = review_shown(request, article)
            read_only = not may(request.user, Verb.CORRECT, article.corpus) or (
                layer_wished(request, article) not in {"", request.user.username}
            )
        labels = Labels.of(article.corpus)
        at = _revision_wished(request, review)
        if review is not None and at is not None:
            layer = layer_at(article, review, labels, at)
            return cls(request, article, review, labels, layer, True, layer.visible(), at)
        layer = load_layer(article, review, labels, stretch=stretch)
        return cls(request, article, review, labels, layer, read_only, layer.visible())

    @classmethod
    def after(
        cls, request: Request, article: Article, outcome: Outcome
    ) -> tuple["ReviewPage", list[Block]]:
        """The page around what a decision changed, and the blocks to draw again."""
        passage, review = outcome.passage, outcome.review
        if passage is not None:
            visible = passage.layer.visible()
            page = cls(
                request, passage.article, review, passage.labels, passage.layer, False, visible
            )
            return page, touching(passage.blocks, outcome.places)
        return cls._around(request, article, review, outcome.places)

    @classmethod
    def since(
        cls, request: Request, article: Article, revision: int, run: int, *also: Stretch
    ) -> tuple["ReviewPage", list[Block]]:
        """The page around all that changed since a revision, and the blocks to draw again.

        Those are all where other suggestions than those of ``run`` are shown now, or where there
        never was such a revision; the blocks at ``also`` are among them in any case.
        """
        review = review_shown(request, article)
        shown_run = (review.run_id if review else article.current_run_id) or 0
        newest = review.revision if review else 0
        if run != shown_run or not 0 <= revision <= newest:
            return cls._around(request, article, review, ((0, article.length),))
        places = {*also}
        if review is not None:
            for correction in review.corrections.filter(revision__gt=revision):
                places.update(correction.places())
        return cls._around(request, article, review, tuple(sorted(places)))

    @classmethod
    def _around(
        cls,
        request: Request,
        article: Article,
        review: Review | None,
        places: Sequence[Stretch],
    ) -> tuple["ReviewPage", list[Block]]:
        start, end = whole(places)
        near = article.blocks.filter(start__lt=end, end__gt=start)
        blocks = touching(near, places)
        stretch = (blocks[0].start, blocks[-1].end) if blocks else (start, end)
        return cls.of(request, article, review=review, stretch=stretch), blocks

    @property
    def revision(self) -> int:
        return self.review.revision if self.review else 0

    @cached_property
    def hues(self) -> dict[str, int]:
        return {label.name: label.hue for label in self.labels.by_id.values()}

    @cached_property
    def tally(self) -> dict[str, list[int]]:
        """By label, pending and annotated: as stored with a review, else counted."""
        if self.at is not None:
            return tally_of(self.layer)
        if self.review is not None:
            tally: dict[str, list[int]] = self.review.tally
            return tally
        counts = Suggestion.objects.filter(run=self.article.current_run_id).by_label()
        return {self.labels.name(label): [n, 0] for label, n in counts.items()}

    @cached_property
    def keymap(self) -> Keymap:
        """The person's keys, with those of the corpus's labels."""
        labels = self.labels.by_id.values()
        return self.request.user.keymap.with_labels((row.key, row.name) for row in labels)

    def context(self) -> dict[str, Any]:
        """What every part of the page needs."""
        return self.counts() | {
            "corpus": self.article.corpus,
            "article": self.article,
            "may": rights(self.request.user, self.article.corpus),
            "review": self.review,
            "revision": self.revision,
            "run": (self.review.run_id if self.review else self.article.current_run_id) or 0,
            "read_only": self.read_only,
            "at": self.at,
            "caps": self.keymap.caps(),
            "order": self.request.user.review_order.value,
        }

    def counts(self, labels: set[str] | None = None) -> dict[str, Any]:
        """How many mentions there are, in all and by label, and whether the review is done.

        ``labels`` restricts the legend to those.
        """
        pending = sum(counts[0] for counts in self.tally.values())
        annotated = sum(counts[1] for counts in self.tally.values())
        return {
            "finished": bool(self.review and self.review.is_finished),
            "pending": pending,
            "mentions": pending + annotated,
            "legend": [r for r in self.legend() if labels is None or r.name in labels],
        }

    def whole(self, wish: str) -> dict[str, Any]:
        """What the page needs beyond its parts; ``wish`` is the mention to make current."""
        current = self.current(wish)
        return self.around(current) | {"blocks": self.draw_all(current)}

    def around(self, current: str) -> dict[str, Any]:
        """What stands around the article's blocks."""
        return {
            "card": self.card(current),
            "neighbours": _neighbours(self.article),
            "guideline": markdown(self.article.corpus.guideline),
            "passage_form": PassageForm(initial={"revision": self.revision, "occurrence": 1}),
            "layers": self.other_layers(),
            **self._comments(),
            "key_sheet": self.keymap.sheet(),
            "desk": self.desk(),
        }

    def _comments(self) -> dict[str, Any]:
        """What was said about the article, for those who take part."""
        if not may(self.request.user, Verb.COMMENT, self.article.corpus):
            return {}
        return comment_context(self.request, self.article)

    def desk(self) -> dict[str, Any]:
        """What the page's script has to know: keys, labels, and what undo and redo would do.

        Both as far as it shows, the next one last: enough to draw them before the server answers.
        """
        undos = self._takeable(Correction.Verb.UNDO)
        redos = self._takeable(Correction.Verb.REDO)
        return {
            "keys": self.keymap.act_by_key(),
            "labels": self.hues,
            "policy": self.article.corpus.overlaps,
            "undos": [foreseen(correction) for correction in reversed(undos)],
            "redos": [foreseen(correction) for correction in reversed(redos)],
            "last": decided_alone(undos[0]) if undos else "",
        }

    def _takeable(self, verb: Correction.Verb) -> list[Correction]:
        """What the next undos, or redos, would take back, the first one first."""
        if self.review is None or self.read_only:
            return []
        return list(islice(standing(self.review, verb), FORESEEN))

    def legend(self) -> list[LegendRow]:
        return [
            LegendRow(
                label.name,
                label.description,
                label.hue,
                label.key,
                *self.tally.get(label.name, (0, 0)),
            )
            for label in self.labels.by_id.values()
        ]

    def draw_all(self, current: str) -> SafeString:
        """The whole article."""
        return joined(self.draw(self.article.blocks.all(), current))

    def draw(self, blocks: Iterable[Block], current: str) -> Iterator[SafeString]:
        """Blocks of the article, in order, stretch by stretch."""
        text = self.article.text_row.text
        return render_article(blocks, text, self.visible, self.hues, current=current)

    def draw_again(self, blocks: Iterable[Block], current: str = "") -> SafeString:
        """Some blocks, each to be swapped in for itself."""
        text = self.article.text_row.text
        return render_again(blocks, text, self.visible, self.hues, current=current)

    @property
    def walks_by_doubt(self) -> bool:
        """True for a person who wants the least certain suggestions first."""
        return self.request.user.review_order is ReviewOrder.DOUBT

    def current(self, wish: str) -> str:
        """The mention to make current: the wished-for one, or the first that needs eyes."""
        ids = {mention_id(m.key) for m in self.visible}
        if wish in ids:
            return wish
        first = self.least_certain() if self.walks_by_doubt else self.next_pending(0)
        return first or (mention_id(self.visible[0].key) if self.visible else "")

    def least_certain(self) -> str:
        """The pending mention that the machine is least sure of; without a score it comes last."""
        pending = [m for m in self.visible if not m.is_decided]
        first = min(pending, key=lambda m: 2 if m.score is None else m.score, default=None)
        return mention_id(first.key) if first else ""

    def next_pending(self, offset: int) -> str:
        """The first pending mention at or after an offset, from the start again after the last."""
        pending = [m for m in self.visible if not m.is_decided]
        later = [m for m in pending if m.start >= offset]
        return mention_id((later or pending)[0].key) if pending else ""

    def quote(self, mention: Mention) -> str:
        return mention.span.of(self.article.text_row.text)

    def card(self, wish: str) -> Card | None:
        """The card of a mention; None when there is no such mention."""
        position = next((i for i, m in enumerate(self.visible) if mention_id(m.key) == wish), None)
        if position is None:
            return None
        mention = self.visible[position]
        around = [*self.visible[position - 1 : position], *self.visible[position + 1 :][:1]]
        previous = mention_id(around[0].key) if position else ""
        following = mention_id(around[-1].key) if position + 1 < len(self.visible) else ""
        return Card(
            id=wish,
            quote=self.quote(mention),
            label=mention.label,
            hue=self.hues.get(mention.label, 1),
            state=_STATES[mention.state],
            is_decided=mention.is_decided,
            confidence=_confidence(mention.score),
            why=self._why(mention),
            previous=previous,
            following=following,
        )

    def other_layers(self) -> list[Review]:
        """Other people's reviews of this article, for those who may see them."""
        if not may(self.request.user, Verb.SEE_LAYERS, self.article.corpus):
            return []
        rows = Review.objects.filter(article=self.article).select_related("annotator")
        return [review for review in rows if review.annotator_id != self.request.user.pk]

    def _why(self, mention: Mention) -> str:
        if mention.state is MentionState.ADDED:
            return f"Added by {mention.source or self._annotator()}"
        found = self._found(mention)
        if mention.state is MentionState.SUGGESTED:
            return found
        verb = "Accepted" if mention.state is MentionState.ACCEPTED else "Changed"
        return f"{found}. {verb} by {mention.source or self._annotator()}"

    def _found(self, mention: Mention) -> str:
        """Who or what made it a suggestion, before a person decided."""
        run = self.review.run_id if self.review else self.article.current_run_id
        there = Suggestion.objects.filter(run=run, start=mention.start, end=mention.end)
        suggestion = there.select_related("run__suggester").first() if run else None
        suggester: Suggester | None
        if suggestion is not None:
            suggester = suggestion.run.suggester
        else:
            # One that a person changed stands elsewhere, or under another label.
            suggester = Suggester.objects.filter(runs=run).first() if run else None
        if suggester is None or suggester.name == IMPORTED:
            return "It came with the file"
        learnt = self._learnt(mention, suggestion.ground) if suggestion is not None else ""
        return learnt or f"{suggester} found it"

    def _learnt(self, mention: Mention, ground: str) -> str:
        """What the corpus's people decided before that made it a suggestion; "" if nothing did."""
        if ground == Ground.ALIAS:
            return "Short for a name in this article"
        if ground != Ground.MEMORY:
            return ""
        quote = mention.span.of(self.article.text_row.text)
        known = said_of(self.article.corpus, self.article.language, quote).get(mention.label)
        if known is None or not known.confirmed:
            return "The same words were confirmed before"
        times = "once" if known.confirmed == 1 else f"{known.confirmed:,} times"
        by = f", last by {known.last_user}" if known.last_user else ""
        return f"Confirmed {times}{by}"

    def _annotator(self) -> str:
        return str(self.review.annotator) if self.review else ""


_STATES: Final = {
    MentionState.SUGGESTED: "suggested",
    MentionState.ACCEPTED: "accepted",
    MentionState.CHANGED: "changed",
    MentionState.ADDED: "added",
}


def touching[Row: (Block, Mention)](rows: Iterable[Row], places: Sequence[Stretch]) -> list[Row]:
    """Those blocks or mentions (by start) that share a character with a place (in order)."""
    touched, first = [], 0
    for row in rows:
        while first < len(places) and places[first][1] <= row.start:
            first += 1
        reaching = takewhile(partial(_starts_before, row.end), islice(places, first, None))
        if any(end > row.start for _, end in reaching):
            touched.append(row)
    return touched


def _starts_before(offset: int, place: Stretch) -> bool:
    return place[0] < offset


def parse_wish(wish: str) -> tuple[int, int]:
    """The stretch around a mention that a page asks for; an empty one for nonsense."""
    try:
        start, end, _ = parse_mention_id(wish)
    except UnknownMention:
        return (0, 1)
    # Far enough to know the mentions before and after it.
    return (max(0, start - 2000), end + 2000)


def foreseen(correction: Correction) -> dict[str, Any] | None:
    """What shows of taking a correction back: mentions that go and mentions that come.

    None where it is too much to draw before the server has answered.

    What a rejection had answered comes back as a suggestion, without its score, which only the
    server knows.
    """
    before, after = correction.before, correction.after
    rows = [*before["annotations"], *after["annotations"], *after["rejections"]]
    if len(rows) > TOO_MANY_TO_FORESEE:
        return None
    accepted = [a for a in after["annotations"] if a["state"] == MentionState.ACCEPTED]
    return {
        "gone": [
            mention_id((r["start"], r["end"], r["label"]))
            for r in (*after["annotations"], *before["rejections"])
        ],
        "come": [
            *(_shown(row, MentionState.SUGGESTED) for row in (*accepted, *after["rejections"])),
            *(_shown(row, row["state"]) for row in before["annotations"]),
        ],
    }


def decided_alone(correction: Correction) -> str:
    """The mention that a correction decided on, if that was one alone; else ""."""
    rows = correction.after["annotations"] or correction.after["rejections"]
    return _shown(rows[0], "")["id"] if len(rows) == 1 else ""


def _shown(row: dict[str, Any], state: str) -> dict[str, Any]:
    """A mention as ``static/js/review/layer.js`` has it."""
    key = (row["start"], row["end"], row["label"])
    mention = dict(zip(("start", "end", "label"), key, strict=True))
    return {"id": mention_id(key), **mention, "state": state, "score": row.get("score")}


def _confidence(score: float | None) -> str:
    if score is None:
        return ""
    words = "very sure" if score >= 0.9 else "fairly sure" if score >= 0.6 else "doubtful"
    return f"{words} ({score:.0%})"


def review_shown(request: Request, article: Article) -> Review | None:
    """The review whose layer this person asked for, or their own, or gold for those who only read.

    Other people's layers are shown to those who may see them, whoever asks.
    """
    rows = Review.objects.filter(article=article).select_related("annotator")
    wished = layer_wished(request, article)
    if wished:
        return rows.filter(annotator__username=wished).first()
    own = rows.filter(annotator=request.user).first()
    if own is not None or may(request.user, Verb.CORRECT, article.corpus):
        return own
    return rows.filter(status=Review.Status.FINISHED).order_by("finished_at").first()


def _revision_wished(request: Request, review: Review | None) -> int | None:
    """The earlier state that this person asked to see; None for the present one.

    Raises Http404 for one that never was.
    """
    wished = request.GET.get("at", "")
    if not wished or request.method != "GET":
        return None
    is_number = wished.isascii() and wished.isdecimal() and len(wished) < 10
    if review is None or not is_number or int(wished) > review.revision:
        raise Http404("There never was such a state.")
    return int(wished)


def layer_wished(request: Request, article: Article) -> str:
    """Whose layer this person asked for, by username; "" for no one's, or where they may not."""
    wished = request.GET.get("layer", "")
    return wished if wished and may(request.user, Verb.SEE_LAYERS, article.corpus) else ""


def _neighbours(article: Article) -> list[Article]:
    """The articles around this one, for the list at the side."""
    rows = Article.objects.filter(corpus=article.corpus).only(
        "number", "title", "opening", "status"
    )
    before = rows.filter(number__lt=article.number).order_by("-number")[:NEIGHBOURS]
    after = rows.filter(Q(number__gte=article.number)).order_by("number")[: NEIGHBOURS + 1]
    return [*reversed(before), *after]

"""What the review page shows of one article for one person, whole or in part."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from django.db.models import Q
from django.utils.safestring import SafeString

from annotations.actions.articles import IMPORTED
from annotations.actions.decide import Outcome
from annotations.actions.recording import tally_of
from annotations.domain.decisions import Layer, mention_id, parse_mention_id
from annotations.domain.errors import UnknownMention
from annotations.domain.labels import RESERVED_KEYS
from annotations.domain.mentions import Mention, MentionState
from annotations.forms import PassageForm
from annotations.models import Article, Block, Correction, Review, Suggester
from annotations.models.layers import Labels, load_layer
from annotations.permissions import Verb, may
from annotations.rendering import markdown, render_blocks
from annotations.views.common import Request, rights

#: How many articles before and after the current one the side list shows.
NEIGHBOURS: Final = 20
#: How many corrections the page lists.
HISTORY: Final = 20


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
    """One article as one person sees it; ``layer`` may hold only a stretch of it."""

    request: Request
    article: Article
    review: Review | None
    labels: Labels
    layer: Layer
    read_only: bool
    visible: list[Mention] = field(default_factory=list)

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
            review = _review_shown(request, article)
            read_only = not may(request.user, Verb.CORRECT, article.corpus) or (
                _layer_wished(request, article) not in {"", request.user.username}
            )
        labels = Labels.of(article.corpus)
        layer = load_layer(article, review, labels, stretch=stretch)
        return cls(request, article, review, labels, layer, read_only, layer.visible())

    @classmethod
    def after(
        cls, request: Request, article: Article, outcome: Outcome
    ) -> tuple["ReviewPage", list[Block]]:
        """The page around what a decision changed, and the blocks to draw again."""
        start, end = outcome.changed
        passage, review = outcome.passage, outcome.review
        if passage is not None:
            visible = passage.layer.visible()
            page = cls(
                request, passage.article, review, passage.labels, passage.layer, False, visible
            )
            return page, [b for b in passage.blocks if b.start < end and b.end > start]
        blocks = list(article.blocks.filter(start__lt=end, end__gt=start))
        stretch = (blocks[0].start, blocks[-1].end) if blocks else (0, 1)
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
        return self.review.tally if self.review else tally_of(self.layer)

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
        return {
            "blocks": self.draw(self.all_blocks(), current),
            "card": self.card(current),
            "neighbours": _neighbours(self.article),
            "guideline": markdown(self.article.corpus.guideline),
            "passage_form": PassageForm(initial={"revision": self.revision, "occurrence": 1}),
            "history": self.history(),
            "layers": self.other_layers(),
            "label_keys": [(r.key, r.name) for r in self.legend() if r.key not in RESERVED_KEYS],
        }

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

    def all_blocks(self) -> list[Block]:
        return list(self.article.blocks.all())

    def draw(
        self, blocks: Iterable[Block], current: str, *, out_of_band: bool = False
    ) -> SafeString:
        return render_blocks(
            blocks,
            self.article.text_row.text,
            self.visible,
            self.hues,
            current=current,
            out_of_band=out_of_band,
        )

    def current(self, wish: str) -> str:
        """The mention to make current: the wished-for one, or the first that needs eyes."""
        ids = {mention_id(m.key) for m in self.visible}
        if wish in ids:
            return wish
        first = self.next_pending(0)
        return first or (mention_id(self.visible[0].key) if self.visible else "")

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

    def history(self) -> list[Correction]:
        """The newest corrections of this review."""
        if self.review is None:
            return []
        return list(self.review.corrections.select_related("user").order_by("-revision")[:HISTORY])

    def other_layers(self) -> list[Review]:
        """Other people's reviews of this article, for those who may see them."""
        if not may(self.request.user, Verb.SEE_LAYERS, self.article.corpus):
            return []
        rows = Review.objects.filter(article=self.article).select_related("annotator")
        return [review for review in rows if review.annotator_id != self.request.user.pk]

    def _why(self, mention: Mention) -> str:
        if mention.state is MentionState.ADDED:
            return f"Added by {mention.source or self._annotator()}"
        run = self.review.run_id if self.review else self.article.current_run_id
        suggester = Suggester.objects.filter(runs=run).first() if run else None
        is_machine = suggester is not None and suggester.name != IMPORTED
        found = f"{suggester} found it" if is_machine else "It came with the file"
        if mention.state is MentionState.SUGGESTED:
            return found
        verb = "Accepted" if mention.state is MentionState.ACCEPTED else "Changed"
        return f"{found}. {verb} by {mention.source or self._annotator()}"

    def _annotator(self) -> str:
        return str(self.review.annotator) if self.review else ""


_STATES: Final = {
    MentionState.SUGGESTED: "suggested",
    MentionState.ACCEPTED: "accepted",
    MentionState.CHANGED: "changed",
    MentionState.ADDED: "added",
}


def parse_wish(wish: str) -> tuple[int, int]:
    """The stretch around a mention that a page asks for; an empty one for nonsense."""
    try:
        start, end, _ = parse_mention_id(wish)
    except UnknownMention:
        return (0, 1)
    # Far enough to know the mentions before and after it.
    return (max(0, start - 2000), end + 2000)


def _confidence(score: float | None) -> str:
    if score is None:
        return ""
    words = "very sure" if score >= 0.9 else "fairly sure" if score >= 0.6 else "doubtful"
    return f"{words} ({score:.0%})"


def _review_shown(request: Request, article: Article) -> Review | None:
    """The review whose layer this person asked for, or their own, or gold for those who only read.

    Other people's layers are shown to those who may see them, whoever asks.
    """
    rows = Review.objects.filter(article=article).select_related("annotator")
    wished = _layer_wished(request, article)
    if wished:
        return rows.filter(annotator__username=wished).first()
    own = rows.filter(annotator=request.user).first()
    if own is not None or may(request.user, Verb.CORRECT, article.corpus):
        return own
    return rows.filter(status=Review.Status.FINISHED).order_by("finished_at").first()


def _layer_wished(request: Request, article: Article) -> str:
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

"""What a perfect annotator has to do for a gold corpus, by where the suggestions come from.

    .venv/bin/python -m benchmarks.review_effort GOLD.jsonl [--limit N]

GOLD is the corpus as JSON Lines. Its articles arrive one by one, get suggestions, and are put right
and finished by one person before the next arrives: through the site's own actions, on a scratch
database. Counted are that person's acts: a suggestion rejected, relabelled, or one of its edges
moved, 1 each; a name added, 2; the same text in the whole article decided alike, 1, where that is
right everywhere and cheaper; what is left accepted with the article, 1. Printed, and as JSON, are
acts per 100 gold entities in the first and the last 50 articles and in all, and the seconds taken.

Strategies: ``nothing`` is suggested; the ``pipeline`` alone; with the ``memory`` of decisions.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks import scratch

scratch.start_site()

from annotations.actions import proposals  # noqa: E402
from annotations.actions.articles import store_article  # noqa: E402
from annotations.actions.corpora import create_account, create_corpus  # noqa: E402
from annotations.actions.decide import decide_mention, decide_same, finish  # noqa: E402
from annotations.actions.runs import suggester_row  # noqa: E402
from annotations.domain.articles import ArticleDraft, ReviewStatus  # noqa: E402
from annotations.domain.decisions import (  # noqa: E402
    Add,
    Adjust,
    Decision,
    Key,
    Layer,
    Reject,
    Relabel,
    decide,
)
from annotations.domain.errors import AnnotationError  # noqa: E402
from annotations.domain.mentions import OverlapPolicy, fitting  # noqa: E402
from annotations.domain.repeats import Edges, decide_alike, repeats  # noqa: E402
from annotations.domain.spans import Span  # noqa: E402
from annotations.formats.base import Source  # noqa: E402
from annotations.formats.jsonl import Reader  # noqa: E402
from annotations.models import Article, Corpus, Label, Review, User  # noqa: E402
from annotations.models.layers import Labels, load_layer  # noqa: E402
from annotations.suggesters import load_suggester  # noqa: E402

STRATEGIES = ("nothing", "pipeline", "memory")
ENDS = 50


@dataclass
class Effort:
    """Acts and gold entities, article by article, and the seconds that things took."""

    acts: list[int] = field(default_factory=list)
    entities: list[int] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)

    def per_hundred(self, part: slice) -> float:
        return round(100 * sum(self.acts[part]) / max(1, sum(self.entities[part])), 1)

    def as_json(self) -> dict[str, Any]:
        return {
            "first": self.per_hundred(slice(0, ENDS)),
            "last": self.per_hundred(slice(-ENDS, None)),
            "all": self.per_hundred(slice(None)),
            "acts": dict(self.kinds),
            "ms_per_article": {
                what: round(1000 * seconds / max(1, len(self.acts)), 1)
                for what, seconds in self.seconds.items()
            },
        }


class Annotator:
    """Somebody who knows the gold and takes the shortest way to it."""

    def __init__(self, user: User, effort: Effort) -> None:
        self.user = user
        self.effort = effort

    def put_right(self, article: Article, gold: set[Key]) -> None:
        """Decide until the article is as the gold, and finish it."""
        before = self.effort.kinds.total()
        self.article = article
        self.labels = Labels.of(article.corpus)
        self.text = article.text_row.text
        tokens = [token for block in article.blocks.all() for token in block.token_spans()]
        self.edges = Edges.of(tokens)
        self.revision = 0
        while (step := self._next_step(self._layer(), gold)) is not None:
            decision, kinds = step
            self._decide(decision)
            self.effort.kinds += kinds
            self._same(_result_of(decision), gold)
        if self._layer().pending():
            self.effort.kinds["accept all"] += 1
        begun = time.perf_counter()
        finish(user=self.user, article=article, seen_revision=self.revision)
        self.effort.seconds["decisions"] += time.perf_counter() - begun
        self.effort.acts.append(self.effort.kinds.total() - before)
        self.effort.entities.append(len(gold))

    def _layer(self) -> Layer:
        review = Review.objects.filter(article=self.article, annotator=self.user).first()
        return load_layer(self.article, review, self.labels)

    def _decide(self, decision: Decision) -> None:
        begun = time.perf_counter()
        self.revision = decide_mention(
            user=self.user, article=self.article, decision=decision, seen_revision=self.revision
        ).revision
        self.effort.seconds["decisions"] += time.perf_counter() - begun

    def _next_step(self, layer: Layer, gold: set[Key]) -> tuple[Decision, Counter[str]] | None:
        """The first thing that is wrong, what puts it right, and the acts that this takes."""
        visible = {m.key for m in layer.visible()}
        missing = sorted(gold - visible)
        for wrong in sorted(visible - gold):
            near = [key for key in missing if key[0] < wrong[1] and wrong[0] < key[1]]
            if not near:
                return Reject(wrong), Counter({"reject": 1})
            wanted = min(near, key=lambda key: _price(wrong, key))
            moved = Counter({"edge": (wrong[0] != wanted[0]) + (wrong[1] != wanted[1])})
            if wrong[:2] == wanted[:2]:
                return Relabel(wrong, wanted[2]), Counter({"relabel": 1})
            if not self._fits(layer, Adjust(wrong, *wanted[:2])):
                return Reject(wrong), Counter({"reject": 1})
            return Adjust(wrong, *wanted[:2]), moved
        if missing:
            return Add(*missing[0]), Counter({"add": 2})
        return None

    def _fits(self, layer: Layer, decision: Decision) -> bool:
        try:
            decide(layer, decision, text=self.text)
        except AnnotationError:
            return False
        return True

    def _same(self, key: Key, gold: set[Key]) -> None:
        """Decide the same text alike where that is right everywhere and spares an act."""
        layer = self._layer()
        places = repeats(self.text, Span(*key[:2]), self.edges)
        is_decided = key in layer.annotations or any(k[:2] == key[:2] for k in layer.rejections)
        if not places or not is_decided:
            return
        change = decide_alike(layer, key, places, text=self.text)
        visible = {m.key for m in layer.visible()}
        spared = sum(2 if m.key not in visible else 0 for m in change.added)
        spared += sum(k in visible and k not in gold for k in change.rejected)
        is_right = all(m.key in gold for m in change.added) and not any(
            k in gold for k in change.rejected
        )
        if is_right and spared > 1:
            begun = time.perf_counter()
            self.revision = decide_same(
                user=self.user, article=self.article, key=key, seen_revision=self.revision
            ).revision
            self.effort.seconds["decisions"] += time.perf_counter() - begun
            self.effort.kinds["same"] += 1


def _price(wrong: Key, wanted: Key) -> int:
    return sum(one != other for one, other in zip(wrong, wanted, strict=True))


def _result_of(decision: Decision) -> Key:
    match decision:
        case Add(start, end, label):
            return (start, end, label)
        case Adjust(key, start, end):
            return (start, end, key[2])
        case Relabel(key, label):
            return (*key[:2], label)
        case _:
            return decision.key


def drafts(path: Path, limit: int | None) -> Iterator[ArticleDraft]:
    """The gold articles, in order."""
    for number, draft in enumerate(Reader().read(Source(path.name, path.read_bytes()))):
        if limit is not None and number >= limit:
            return
        yield draft


def replay(strategy: str, articles: list[ArticleDraft], user: User) -> Effort:
    """Let one person work through the articles with suggestions of one kind."""
    effort = Effort()
    corpus = _corpus(strategy, articles, user)
    annotator = Annotator(user, effort)
    machine = load_suggester("spacy", "") if strategy != "nothing" else None
    for draft in articles:
        bare = replace(
            draft, mentions=(), status=ReviewStatus.UNREVIEWED, layer="", number=None, notes=()
        )
        article = store_article(corpus=corpus, draft=bare, user=user, await_suggestions=False)
        if article is None:
            continue  # the same text again
        if machine is not None:
            begun = time.perf_counter()
            [said] = machine.suggest([draft.text])
            effort.seconds["pipeline"] += time.perf_counter() - begun
            begun = time.perf_counter()
            row = suggester_row(machine.identity)
            proposals.propose_anew(article, row, said, recall=strategy != "pipeline")
            effort.seconds["suggestions"] += time.perf_counter() - begun
            article.refresh_from_db()
        annotator.put_right(article, {m.key for m in draft.mentions})
    return effort


def _corpus(strategy: str, articles: list[ArticleDraft], user: User) -> Corpus:
    corpus = create_corpus(slug=strategy, name=strategy, preset="conll", owner=user)
    names = sorted({m.label for draft in articles for m in draft.mentions})
    corpus.scheme.labels.exclude(name__in=names).delete()
    there = set(corpus.scheme.labels.values_list("name", flat=True))
    for position, name in enumerate(name for name in names if name not in there):
        Label.objects.create(
            scheme=corpus.scheme, name=name, hue=position % 12 + 1, position=100 + position
        )
    return corpus


def flat(draft: ArticleDraft) -> ArticleDraft:
    """The draft with the first of mentions that overlap: the corpus is flat."""
    kept, _ = fitting(draft.mentions, OverlapPolicy.FLAT)
    return replace(draft, mentions=tuple(kept))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("gold", type=Path)
    parser.add_argument("--limit", type=int)
    arguments = parser.parse_args()
    user = create_account(username="editor", password=None, is_superuser=True)
    articles = [flat(draft) for draft in drafts(arguments.gold, arguments.limit)]
    efforts = {}
    for strategy in STRATEGIES:
        efforts[strategy] = replay(strategy, articles, user).as_json()
        figures = efforts[strategy]
        print(
            f"{strategy:10}  first {ENDS}: {figures['first']:6}   last {ENDS}: {figures['last']:6}"
            f"   all: {figures['all']:6}   acts per 100 entities"
        )
    print(json.dumps({"gold": arguments.gold.name, "articles": len(articles), **efforts}))


if __name__ == "__main__":
    sys.exit(main())

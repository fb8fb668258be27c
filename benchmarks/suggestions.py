"""Suggestions made and stored, against the bare pipeline over the same texts."""

import sys

from benchmarks import scratch

scratch.start_site()

from django.conf import settings  # noqa: E402

from annotations.actions.articles import store_article  # noqa: E402
from annotations.actions.corpora import create_corpus  # noqa: E402
from annotations.actions.suggest import suggest_waiting  # noqa: E402
from annotations.domain.articles import ArticleDraft  # noqa: E402
from annotations.domain.zoning import find_zones  # noqa: E402
from annotations.models import Corpus, Suggestion  # noqa: E402
from annotations.suggesters import load_suggester  # noqa: E402
from annotations.suggesters.spacy_pipeline import BATCH_SIZE, SpacyPipeline  # noqa: E402
from benchmarks import texts  # noqa: E402

ARTICLES = 96
WORDS = 600
ROUNDS = 5


def main() -> bool:
    machine = load_suggester("spacy", settings.SPACY_PIPELINE)
    assert isinstance(machine, SpacyPipeline)
    drafts = [_draft(seed) for seed in range(ARTICLES)]
    corpora = iter([_waiting_corpus(slug, drafts) for slug in _slugs(ROUNDS + 1)])

    def bare() -> None:
        list(machine.nlp.pipe((d.text for d in drafts), batch_size=BATCH_SIZE))

    def stored() -> None:
        assert suggest_waiting(corpus=next(corpora)) == {"done": ARTICLES}

    floors, things = scratch.in_turn(bare, stored, rounds=ROUNDS, warm_up=1)
    mentions = Suggestion.objects.count() // (ROUNDS + 1)
    print(f"{ARTICLES} articles of {WORDS} words, {mentions} suggestions, {machine.identity}")
    return scratch.report("speed of suggestions, stored", floors, things, limit=0.8, at_least=True)


def _slugs(count: int) -> list[str]:
    return [f"c{i}" for i in range(count)]


def _draft(seed: int) -> ArticleDraft:
    text = texts.article(WORDS, seed)
    return ArticleDraft(text=text, zones=find_zones(text))


def _waiting_corpus(slug: str, drafts: list[ArticleDraft]) -> Corpus:
    corpus = create_corpus(slug=slug, name=slug)
    for draft in drafts:
        store_article(corpus=corpus, draft=draft, user=None)
    return corpus


if __name__ == "__main__":
    sys.exit(0 if main() else 1)

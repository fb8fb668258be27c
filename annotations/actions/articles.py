"""Storing articles, and changing what is known of them. Their text never changes."""

import hashlib
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from annotations.actions import tallies
from annotations.actions.decide import import_layer
from annotations.actions.suggest import store_run, suggester_row
from annotations.domain.articles import ArticleDraft, Metadata, ReviewStatus
from annotations.domain.mentions import Mention, MentionState
from annotations.domain.text import RECIPE_VERSION, normalise, words_in
from annotations.domain.zones import Zone
from annotations.formats.base import Source
from annotations.models import Article, ArticleOriginal, ArticleText, Block, Corpus, User
from annotations.suggesters.base import Identity

#: The digest, and failing a better one the name, of a machine whose suggestions were imported.
IMPORTED: Final = "imported"
#: The highest number that a file may ask for; it leaves the database a billion more.
HIGHEST_WISH: Final = 1_000_000_000


@transaction.atomic
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

    ``layer_of`` is whose annotations the draft's decided mentions become; its merely suggested
    ones are stored as suggestions of an imported machine. ``source`` is kept as the original.

    Raises AnnotationError for mentions that don't fit the corpus.
    """
    # Writing to the corpus's row locks it, so two uploads of one text cannot both pass.
    Corpus.objects.filter(pk=corpus.pk).update(article_count=F("article_count") + 1)
    if Article.objects.filter(corpus=corpus, text_sha256=draft.text_sha256).exists():
        Corpus.objects.filter(pk=corpus.pk).update(article_count=F("article_count") - 1)
        return None
    state = Article.SuggestionState
    article = Article.objects.create(
        corpus=corpus,
        number=_take_number(corpus, draft.number),
        opening=_opening(draft),
        text_sha256=draft.text_sha256,
        length=len(draft.text),
        word_count=words_in(draft.text),
        uploaded_by=user,
        suggestion_state=state.WAITING if await_suggestions else state.NONE,
        extra=dict(draft.extra),
        **_columns(draft.metadata),
    )
    ArticleText.objects.create(article=article, text=draft.text, recipe=RECIPE_VERSION)
    Block.objects.bulk_create(_blocks(article, draft), batch_size=500)
    if source is not None:
        ArticleOriginal.objects.create(
            article=article,
            name=storable_name(source.name),
            data=source.data,
            sha256=hashlib.sha256(source.data).hexdigest(),
            encoding=draft.encoding,
            format=format_name,
        )
    _store_mentions(article, draft, layer_of)
    return article


def storable_name(name: str) -> str:
    """A file's name as any database keeps it; of a long one the end, which tells the format."""
    return normalise(name).text[-255:]


def describe_article(*, article: Article, metadata: Metadata) -> None:
    """Change what is known of an article beside its text."""
    for column, value in _columns(metadata).items():
        setattr(article, column, value)
    article.save(update_fields=list(_columns(metadata)))


def set_zone(*, block: Block, zone: Zone) -> None:
    """Say what role a block plays; a person's word is certain."""
    block.zone = zone.value
    block.certain = True
    block.save(update_fields=["zone", "certain"])
    Article.objects.filter(pk=block.article_id).update(updated_at=timezone.now())


def _take_number(corpus: Corpus, wished: int | None) -> int:
    """The article's number: that of the file it was exported to if it is free, or the next."""
    last = Corpus.objects.values_list("last_number", flat=True).get(pk=corpus.pk)
    number = last + 1
    if (
        wished
        and wished <= HIGHEST_WISH
        and not Article.objects.filter(corpus=corpus, number=wished).exists()
    ):
        number = wished
    if number > last:
        Corpus.objects.filter(pk=corpus.pk).update(last_number=number)
    return number


def _opening(draft: ArticleDraft) -> str:
    """The first words of the first paragraph, or of the text where it has none."""
    zones = sorted(draft.zones, key=lambda zone: (zone.zone is not Zone.PARAGRAPH, zone.start))
    text = draft.text[zones[0].start : zones[0].end] if zones else draft.text
    line = " ".join(text[:400].split())
    return line if len(line) <= 60 else line[:60].rpartition(" ")[0] or line[:60]


def _columns(metadata: Metadata) -> dict[str, object]:
    return {
        "title": metadata.title[:300],
        "source": metadata.source[:200],
        "byline": metadata.byline[:300],
        "url": metadata.url[:2000],
        "published_on": metadata.published_on,
        "language": metadata.language[:10] or "en",
    }


def _blocks(article: Article, draft: ArticleDraft) -> list[Block]:
    # Imported on first use: processes that only show pages do without spaCy.
    from annotations.suggesters.tokens import tokenize

    tokens = tokenize(draft.text, article.language)
    starts = [start for start, _ in tokens]
    blocks = []
    for position, zone in enumerate(draft.zones):
        first, last = bisect_left(starts, zone.start), bisect_left(starts, zone.end)
        flat = [offset - zone.start for start, end in tokens[first:last] for offset in (start, end)]
        blocks.append(
            Block(
                article=article,
                position=position,
                start=zone.start,
                end=zone.end,
                zone=zone.zone.value,
                certain=zone.certain,
                tokens=flat,
            )
        )
    return blocks


def _store_mentions(article: Article, draft: ArticleDraft, layer_of: User | None) -> None:
    if draft.mentions:
        tallies.lock_labels(article.corpus)
    suggested = [m for m in draft.mentions if layer_of is None or not m.is_decided]
    decided = [m for m in draft.mentions if layer_of is not None and m.is_decided]
    if suggested:
        store_run(
            article=article,
            suggester=suggester_row(_identity_of(suggested)),
            mentions=[replace(m, state=MentionState.SUGGESTED) for m in suggested],
        )
    if layer_of is not None and (decided or draft.status is not ReviewStatus.UNREVIEWED):
        finished = draft.status is ReviewStatus.FINISHED
        import_layer(user=layer_of, article=article, mentions=decided, finished=finished)


def _identity_of(mentions: Sequence[Mention]) -> Identity:
    """Who proposed imported suggestions: their own source, if they name one and the same."""
    sources = {mention.source for mention in mentions}
    source = sources.pop() if len(sources) == 1 else ""
    name, _, version = source.rpartition(" ") if " " in source else (source, "", "")
    return Identity(name[:100] or IMPORTED, version[:50], IMPORTED)

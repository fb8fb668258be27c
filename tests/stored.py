"""What is stored of a corpus, to be compared with what is stored of another."""

from annotations.models import Article, Corpus


def rows_of(corpus: Corpus) -> list[object]:
    """All that is stored of a corpus's articles, without ids and times."""
    return [
        (
            article.text_row.text,
            (article.number, article.status, article.mention_count, article.pending_count),
            article.suggestion_state,
            [(b.start, b.end, b.zone, b.certain, b.tokens) for b in article.blocks.all()],
            article.current_run
            and (
                str(article.current_run.suggester),
                list(article.current_run.suggestions.values_list("start", "quote", "score")),
            ),
            [
                (
                    review.status,
                    review.tally,
                    review.run_id == article.current_run_id,
                    list(review.annotations.values_list("start", "quote", "state")),
                    list(review.corrections.values_list("verb", "revision")),
                )
                for review in article.reviews.all()
            ],
        )
        for article in Article.objects.filter(corpus=corpus).order_by("number")
    ]

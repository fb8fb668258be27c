"""``manage.py suggest SLUG``: suggestions for every article that awaits them."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from annotations.actions.suggest import request_suggestions, suggest_waiting
from annotations.management.output import PlainCommand, corpus_named
from annotations.models import Article
from annotations.suggesters import SUGGESTERS


class Command(PlainCommand):
    help = "Makes suggestions for every article that awaits them; returns when it is done."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the corpus")
        parser.add_argument("--suggester", choices=sorted(SUGGESTERS), default="spacy")
        parser.add_argument(
            "--again", action="store_true", help="also for articles that have suggestions"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        corpus = corpus_named(options["slug"])
        rows = Article.objects.filter(corpus=corpus)
        again = rows.values_list("pk", flat=True) if options["again"] else None
        request_suggestions(corpus=corpus, articles=again)
        began = time.monotonic()
        outcome = suggest_waiting(corpus=corpus, suggester=options["suggester"])
        seconds = round(time.monotonic() - began, 3)
        done, failed = outcome["done"], outcome["failed"]
        self.stdout.write(f"Suggestions for {done} articles in {seconds} s; {failed} failed.")
        if failed and not done:
            failure = rows.filter(suggestion_state=Article.SuggestionState.FAILED).first()
            raise CommandError(failure.suggestion_problem if failure else "Every article failed.")
        return {"done": done, "failed": failed, "seconds": seconds}

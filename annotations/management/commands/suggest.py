"""``manage.py suggest SLUG``: suggestions for every article that awaits them."""

import time
from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import CommandError

from annotations.actions.suggest import request_suggestions, suggest_waiting
from annotations.management.output import PlainCommand, corpus_named
from annotations.models import Article
from annotations.suggesters import SUGGESTERS

#: Seconds between two looks at articles that another worker holds.
LOOK_EVERY: Final = 1.0


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
        asked = rows.filter(pk__in=list(rows.still_waiting().values_list("pk", flat=True)))
        began = time.monotonic()
        suggest_waiting(corpus=corpus, suggester=options["suggester"])
        while asked.still_waiting().exists():  # other workers hold them, or did until they died
            time.sleep(LOOK_EVERY)
            suggest_waiting(corpus=corpus, suggester=options["suggester"])
        seconds = round(time.monotonic() - began, 3)
        failures = asked.filter(suggestion_state=Article.SuggestionState.FAILED)
        done, failed = asked.count() - failures.count(), failures.count()
        self.stdout.write(f"Suggestions for {done} articles in {seconds} s; {failed} failed.")
        if failed and not done:
            raise CommandError(failures[0].suggestion_problem)
        return {"done": done, "failed": failed, "seconds": seconds}

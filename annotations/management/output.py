"""What every command of ours has in common: ``--json``, and refusals as sentences."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.domain.errors import AnnotationError
from annotations.formats.base import FormatError
from annotations.models import Corpus


class PlainCommand(BaseCommand):
    """A command that exits 0 when done, 1 when refused with the reason on stderr, 2 on misuse.

    Subclasses write `arguments` and `run`; what `run` returns is printed as one JSON object, as
    the last line, when ``--json`` is given.
    """

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="print one JSON object as the last line"
        )
        self.arguments(parser)

    def arguments(self, parser: ArgumentParser) -> None:
        """The command's own arguments."""

    def run(self, **options: Any) -> dict[str, Any]:
        """Do it; the result for ``--json``."""
        raise NotImplementedError

    def handle(self, *_args: object, **options: Any) -> None:
        try:
            result = self.run(**options)
        except (AnnotationError, FormatError, OSError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(result, ensure_ascii=False))


def corpus_named(slug: str) -> Corpus:
    """The corpus of that slug.

    Raises CommandError, which names the corpora there are.
    """
    corpus = Corpus.objects.select_related("scheme").filter(slug=slug).first()
    if corpus is None:
        known = ", ".join(Corpus.objects.values_list("slug", flat=True)[:20])
        raise CommandError(f"There is no corpus “{slug}”. There are: {known or 'none yet'}.")
    return corpus

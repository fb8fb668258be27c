"""``manage.py create_corpus SLUG``: a corpus with a preset label scheme."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from annotations.actions.corpora import create_corpus
from annotations.domain.labels import PRESETS
from annotations.management.output import PlainCommand
from annotations.models import Corpus


class Command(PlainCommand):
    help = "Makes a corpus with its own copy of a preset label scheme."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the corpus's name in addresses: a-z, 0-9, hyphens")
        parser.add_argument("--name", default="", help="what people call it (default: the slug)")
        parser.add_argument(
            "--scheme", choices=sorted(PRESETS), default="ontonotes", help="default: ontonotes"
        )
        parser.add_argument("--language", default="en", help="its articles' language (default: en)")

    def run(self, **options: Any) -> dict[str, Any]:
        slug = options["slug"]
        values = {
            "slug": slug,
            "name": options["name"] or slug,
            "language": options["language"],
        }
        try:
            Corpus(**values).full_clean()
        except ValidationError as error:
            raise CommandError(f"“{slug}” cannot be made. {' '.join(error.messages)}") from error
        corpus = create_corpus(**values, preset=options["scheme"])
        self.stdout.write(f"Made the corpus “{corpus.name}” with {options['scheme']} labels.")
        return {"slug": slug, "name": corpus.name, "scheme": options["scheme"]}

"""``manage.py export_corpus SLUG --format F --output PATH``: the corpus as F."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from annotations.actions.export import GOLD, Selection, report_as_json, write_corpus
from annotations.formats import writers
from annotations.management.output import PlainCommand, corpus_named


class Command(PlainCommand):
    help = "Writes a corpus in a format; the file appears complete or not at all."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the corpus")
        parser.add_argument("--format", choices=sorted(writers()), required=True)
        parser.add_argument("--output", type=Path, required=True, help="a file, or a folder")
        parser.add_argument(
            "--layer", default=GOLD, help="gold (the default), suggestions, or a username"
        )
        parser.add_argument("--finished-only", action="store_true")

    def run(self, **options: Any) -> dict[str, Any]:
        corpus = corpus_named(options["slug"])
        selection = Selection(options["layer"], options["finished_only"])
        report = write_corpus(
            corpus=corpus,
            format_name=options["format"],
            target=options["output"],
            selection=selection,
        )
        self.stdout.write(
            f"Wrote {report.articles} articles with {report.mentions_out} of "
            f"{report.mentions_in} mentions to {options['output']}."
        )
        for reason, count in sorted(report.articles_left_out.items()):
            self.stdout.write(f"{count} articles left out: {reason}")
        for misfit in report.misfits:
            self.stdout.write(
                f"Left out of article {misfit.article}: “{misfit.text}” {misfit.label} "
                f"at {misfit.start}–{misfit.end}: {misfit.reason}"
            )
        for note in report.notes:
            self.stdout.write(note)
        return report_as_json(report)

"""``manage.py import_corpus SLUG PATH…``: files, folders and zips, plain or annotated."""

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from annotations.actions.upload import import_files
from annotations.formats import READERS
from annotations.formats.base import Source
from annotations.management.output import PlainCommand, corpus_named
from annotations.models import User


class Command(PlainCommand):
    help = "Reads files, folders and zip archives into a corpus; each file whole or not at all."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the corpus")
        parser.add_argument("paths", nargs="+", type=Path, metavar="path")
        parser.add_argument(
            "--format", choices=sorted(READERS), default="", help="default: by name and content"
        )
        parser.add_argument(
            "--layer",
            default="",
            help="whose annotations an annotated file's are: a username, or “suggestions” "
            "(default: as the file says)",
        )

    def run(self, **options: Any) -> dict[str, Any]:
        corpus = corpus_named(options["slug"])
        layer = options["layer"]
        if layer and layer != "suggestions" and not User.objects.filter(username=layer).exists():
            raise CommandError(f"There is no account “{layer}”. Make it with add_member first.")
        files: list[dict[str, Any]] = []

        def told(name: str, outcome: Counter[str], notes: list[str]) -> None:
            files.append({"name": name, "notes": notes, **outcome})
            counts = ", ".join(f"{n} {what}" for what, n in sorted(outcome.items()))
            for line in (counts, *notes):
                self.stdout.write(f"{name}: {line}")

        total = import_files(
            corpus=corpus,
            sources=_sources(options["paths"], corpus.language),
            user=None,
            format_name=options["format"],
            layer=layer,
            on_file=told,
        )
        if total["refused"] and not options["json"]:
            self.stderr.write(f"{total['refused']} of {len(files)} files were refused.")
        if total["refused"] and not (total["stored"] or total["known"]):
            refusal = next(file for file in files if "refused" in file)
            raise CommandError("Nothing was stored: " + refusal["notes"][0])
        return {
            "stored": total["stored"],
            "known": total["known"],
            "refused": total["refused"],
            "files": files,
        }


def _sources(paths: list[Path], language: str) -> Iterator[Source]:
    for path in paths:
        if not path.exists():
            raise CommandError(f"There is no file or folder {path}.")
        inside = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in inside:
            if not file.name.startswith("."):
                yield Source(name=file.name, data=file.read_bytes(), language=language)

"""``manage.py import_corpus SLUG PATH…``: files, folders and zips, plain or annotated."""

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from annotations.actions.upload import import_files
from annotations.formats import belongs_to, companions_of, readers, why_too_large
from annotations.formats.archives import Refused
from annotations.formats.base import Source
from annotations.management.output import PlainCommand, corpus_named
from annotations.models import User


class Command(PlainCommand):
    help = "Reads files, folders and zip archives into a corpus; each file whole or not at all."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the corpus")
        parser.add_argument("paths", nargs="+", type=Path, metavar="path")
        parser.add_argument(
            "--format", choices=sorted(readers()), default="", help="default: by name and content"
        )
        parser.add_argument(
            "--layer",
            default="",
            help="whose annotations an annotated file's are: a username, or “suggestions” "
            "(default: as the file says)",
        )

        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="LABEL=NAME",
            help="what a label of the files is called here; LABEL= leaves its mentions out",
        )
        parser.add_argument(
            "--new-labels",
            action="store_true",
            help="add labels that the corpus lacks to its scheme",
        )
        parser.add_argument(
            "--option",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="what a file does not say itself, as the column of the text; see docs/formats.md",
        )

    def run(self, **options: Any) -> dict[str, Any]:
        corpus = corpus_named(options["slug"])
        layer = options["layer"]
        if layer and layer != "suggestions" and not User.objects.filter(username=layer).exists():
            raise CommandError(f"There is no account “{layer}”. Make it with add_member first.")
        files: list[dict[str, Any]] = []

        def told(name: str, outcome: Counter[str], notes: list[str]) -> None:
            files.append({"name": name, "notes": notes, **outcome})
            counts = ", ".join(
                f"{n} {what.replace('_', ' ')}" for what, n in sorted(outcome.items())
            )
            for line in (counts, *notes):
                self.stdout.write(f"{name}: {line}")

        total = import_files(
            corpus=corpus,
            sources=_sources(_files(options["paths"]), corpus.language),
            user=None,
            format_name=options["format"],
            layer=layer,
            labels=_pairs(options["map"]),
            new_labels=options["new_labels"],
            options=_pairs(options["option"]),
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
            "left_out": total["left_out"],
            "files": files,
        }


def _pairs(written: list[str]) -> dict[str, str]:
    for pair in written:
        if "=" not in pair:
            raise CommandError(f"“{pair}” has no =.")
    return dict(pair.split("=", 1) for pair in written)


def _sources(files: list[Path], language: str) -> Iterator[Source | Refused]:
    """The files with those that belong to them beside them; one after the other in memory."""
    names = {str(file) for file in files}
    for file in files:
        if reason := why_too_large(file.name, file.stat().st_size):
            yield Refused(file.name, reason)
        elif not belongs_to(str(file), names):
            beside = map(Path, companions_of(str(file), names))
            yield Source(
                name=file.name,
                data=file.read_bytes(),
                language=language,
                beside={other.name: other.read_bytes() for other in beside},
            )


def _files(paths: list[Path]) -> list[Path]:
    """The files themselves, and those in the folders; of what lies hidden in folders nothing.

    Raises CommandError for a path where there is nothing, before anything is read.
    """
    files: list[Path] = []
    for path in paths:
        if not path.exists():
            raise CommandError(f"There is no file or folder {path}.")
        if not path.is_dir():
            files.append(path)
            continue
        for file in sorted(path.rglob("*")):
            is_hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
            if file.is_file() and not is_hidden:
                files.append(file)
    return files

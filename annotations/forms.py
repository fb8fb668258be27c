"""Every form that a browser sends, parsed and checked."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, Final

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import slugify

from annotations.actions.comments import LONGEST_PASSAGE
from annotations.actions.export import GOLD, SUGGESTIONS, Selection
from annotations.domain.articles import Metadata, Packing
from annotations.domain.decisions import (
    Accept,
    Add,
    Adjust,
    Decision,
    Reject,
    Relabel,
    parse_mention_id,
)
from annotations.domain.errors import AnnotationError
from annotations.domain.keys import ACTS, FIXED, Keymap
from annotations.domain.label_mapping import LEFT_OUT, NEW, storable
from annotations.domain.labels import PRESETS
from annotations.domain.review_order import ReviewOrder
from annotations.domain.zones import Zone
from annotations.formats import accepted_suffixes, reader_for, why_too_large, writers
from annotations.formats.archives import Refused
from annotations.formats.base import Source
from annotations.formats.decoding import ENCODINGS
from annotations.formats.package import IN_EVERY_PACKAGE
from annotations.models import Article, Block, Comment, Corpus, Role, UploadFile, User
from annotations.permissions import may_export

#: The most that is taken in one upload, in bytes, all files together.
LARGEST_UPLOAD: Final = 500_000_000


def _date_input() -> forms.DateInput:
    """A browser's date field, which takes its value in ISO form only."""
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class CorpusForm(forms.ModelForm):
    """A new corpus."""

    preset = forms.ChoiceField(
        label="Label scheme",
        choices=[(name, scheme.title) for name, scheme in PRESETS.items()],
        help_text="The corpus gets a copy of its own.",
    )

    class Meta:
        model = Corpus
        fields: ClassVar = ["name", "slug", "description", "language", "overlaps"]
        labels: ClassVar = {"slug": "Address", "overlaps": "Overlapping mentions"}
        help_texts: ClassVar = {
            "slug": "Letters, digits and hyphens; it stands in every link. Made from the name "
            "if you leave it empty.",
            "language": "Two letters, as in “en”; articles are cut into words by its rules.",
        }
        error_messages: ClassVar = {
            "slug": {"unique": "Another corpus has this address already."},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["slug"].required = False

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"] or slugify(self.cleaned_data.get("name", ""))[:60]
        if not slug:
            raise forms.ValidationError("An address cannot be made from this name. Write one.")
        return slug


class GuidelineForm(forms.ModelForm):
    """What the corpus says of itself, and how it is to be annotated."""

    class Meta:
        model = Corpus
        fields: ClassVar = [
            "name",
            "description",
            "guideline",
            "licence",
            "text_licence",
            "citation",
        ]
        widgets: ClassVar = {
            "guideline": forms.Textarea(attrs={"rows": 24}),
            "citation": forms.Textarea(attrs={"rows": 3}),
        }
        labels: ClassVar = {
            "licence": "Licence of the annotations",
            "text_licence": "Licence of the texts",
        }
        help_texts: ClassVar = {
            "guideline": "Markdown. It stands beside every article.",
            "licence": "An SPDX identifier, as CC-BY-4.0, or a sentence.",
            "text_licence": "The publishers’ texts are usually theirs: leave it empty then.",
            "citation": "How somebody who uses the corpus should cite it.",
        }


class MemberForm(forms.Form):
    """A person's role in a corpus."""

    username = forms.CharField(max_length=150)
    role = forms.ChoiceField(choices=Role.choices, initial=Role.ANNOTATOR)

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        if not User.objects.filter(username=username).exists():
            raise forms.ValidationError(
                f"There is no account “{username}”. An administrator makes one with "
                "manage.py add_member."
            )
        return username


class ManyFilesInput(forms.ClearableFileInput):
    """A chooser for several files."""

    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Several uploaded files, as a list."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = data if isinstance(data, (list, tuple)) else [data] if data else []
        return [super(ManyFilesField, self).clean(file, initial) for file in files]


class UploadForm(forms.Form):
    """Files, or one pasted text."""

    # The stubs mistake a field of this name for the form's bound files.
    # An empty file goes through, to be refused by its name beside the others.
    files = ManyFilesField(  # type: ignore[assignment]
        required=False, label="Files", allow_empty_file=True
    )
    text = forms.CharField(
        required=False,
        strip=False,
        label="Or paste an article",
        widget=forms.Textarea(attrs={"rows": 12}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Only now: asking every format for its endings loads them all.
        self.fields["files"].widget.attrs["accept"] = ",".join(accepted_suffixes())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if sum(file.size or 0 for file in cleaned.get("files") or []) > LARGEST_UPLOAD:
            raise forms.ValidationError(
                f"These files have more than {LARGEST_UPLOAD // 1_000_000} MB together. "
                "Upload them in parts."
            )
        is_empty = not cleaned.get("files") and not (cleaned.get("text") or "").strip()
        if is_empty and not self.errors:
            raise forms.ValidationError("Choose a file, or paste the text of an article.")
        return cleaned

    def sources(self, language: str) -> Iterator[Source | Refused]:
        """The files, read one after the other, and the pasted text as one more."""
        for file in self.cleaned_data["files"]:
            name = file.name or "unnamed"
            reason = why_too_large(name, file.size or 0)
            if reason:
                yield Refused(name, reason)
            else:
                yield Source(name=name, data=file.read(), language=language)
        text = self.cleaned_data["text"]
        if text.strip():
            # Encoded here and decoded again by the reader: one way in for all text.
            data = text.encode("utf-8", "replace")
            yield Source("pasted text.txt", data, encoding="utf-8", language=language)


class UploadFileForm(forms.Form):
    """What a person changes in the preview of one file: what it is, how it is read, its labels."""

    included = forms.BooleanField(required=False, label="Store this file")
    format = forms.ChoiceField(required=False, label="Read as")
    encoding = forms.ChoiceField(required=False, choices=[("", "As found"), *ENCODINGS])
    title = forms.CharField(required=False, max_length=300)
    source = forms.CharField(required=False, max_length=200)
    byline = forms.CharField(required=False, max_length=300)
    published_on = forms.DateField(required=False, widget=_date_input())
    part = forms.BooleanField(required=False, label="Take the part that holds")

    def __init__(self, file: UploadFile, names: Sequence[str], *args: Any, **kwargs: Any) -> None:
        """``names`` are those of the labels that the corpus has."""
        super().__init__(*args, **kwargs)
        self.file = file
        preview, chosen = file.preview, file.chosen
        formats = preview.get("formats", [])
        field = self.fields["format"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = [("", "As found"), *((name, reader_for(name).title) for name in formats)]
        for number, option in enumerate(preview.get("options", [])):
            wish = (chosen.get("options") or {}).get(option["name"], option["guess"])
            self.fields[f"option-{number}"] = _option_field(option, wish)
        for number, label in enumerate(preview.get("labels", [])):
            wish = (chosen.get("labels") or {}).get(label["name"], label["target"])
            self.fields[f"label-{number}"] = forms.ChoiceField(
                required=False,
                label=f"{label['name']} ({label['count']:,})",
                choices=[
                    (NEW, f"New label {storable(label['name'])}"),
                    (LEFT_OUT, "Leave its mentions out"),
                    *((name, name) for name in names),
                ],
                initial=wish,
            )

    @property
    def option_fields(self) -> list[forms.BoundField]:
        """How the file is read, beyond its encoding."""
        return [self[name] for name in self.fields if name.startswith("option-")]

    @property
    def label_fields(self) -> list[forms.BoundField]:
        """What the labels are called here that the corpus lacks."""
        return [self[name] for name in self.fields if name.startswith("label-")]

    @property
    def has_choice_of_format(self) -> bool:
        return len(self.file.preview.get("formats", [])) > 1

    def chosen(self) -> dict[str, Any]:
        """The values as they are kept; dates as ISO."""
        own = ("format", "encoding", "title", "source", "byline")
        published: date | None = self.cleaned_data["published_on"]
        return {
            **{key: self.cleaned_data[key] for key in own},
            "published_on": published.isoformat() if published else "",
            "part": "on" if self.cleaned_data["part"] else "",
            "options": self._differing("option", "options", "guess"),
            "labels": self._differing("label", "labels", "target"),
        }

    def _differing(self, prefix: str, key: str, usual: str) -> dict[str, str]:
        """What was chosen otherwise than proposed, by name."""
        before = self.file.chosen.get(key) or {}
        rows = enumerate(self.file.preview.get(key, []))
        values = ((row, self.cleaned_data.get(f"{prefix}-{number}", "")) for number, row in rows)
        return {
            row["name"]: value
            for row, value in values
            # A text that is as it was read was not typed, unless it was before.
            if value != row[usual] and (value != row.get("text") or row["name"] in before)
        }


class _TextField(forms.CharField):
    """The text of an article, with its line ends as they are stored; browsers send CRLF."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return text.replace("\r\n", "\n")


def _option_field(option: dict[str, Any], wish: str) -> forms.Field:
    if option["text"] is not None:
        return _TextField(
            required=False,
            strip=False,
            label=option["title"],
            initial=wish or option["text"],
            widget=forms.Textarea(attrs={"rows": 24}),
        )
    if not option["choices"]:
        return forms.CharField(required=False, strip=False, label=option["title"], initial=wish)
    choices = [tuple(choice) for choice in option["choices"]]
    return forms.ChoiceField(required=False, label=option["title"], choices=choices, initial=wish)


class ArticleForm(forms.ModelForm):
    """What is known of an article beside its text."""

    class Meta:
        model = Article
        fields: ClassVar = ["title", "source", "byline", "published_on", "url"]
        labels: ClassVar = {"url": "Web address"}
        widgets: ClassVar = {"published_on": _date_input()}

    def metadata(self) -> Metadata:
        return Metadata(**self.cleaned_data, language=self.instance.language)


class ZonesForm(forms.Form):
    """The zone of every block of an article."""

    def __init__(self, blocks: list[Block], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.blocks = blocks
        for block in blocks:
            self.fields[f"zone-{block.position}"] = forms.ChoiceField(
                choices=[(zone.value, zone.value.capitalize()) for zone in Zone],
                initial=block.zone,
                required=False,
            )

    def changed_zones(self) -> list[tuple[Block, Zone]]:
        """The blocks that were given another zone, and those whose doubtful one was confirmed."""
        chosen = ((b, self.cleaned_data[f"zone-{b.position}"]) for b in self.blocks)
        return [(b, Zone(zone)) for b, zone in chosen if zone and (zone != b.zone or not b.certain)]


class ArticleFilterForm(forms.Form):
    """What the article list shows, and in which order; nothing else reaches the query."""

    ORDERS: ClassVar = {
        "number": ("number",),
        "title": ("title", "number"),
        "date": ("published_on", "number"),
        "mentions": ("mention_count", "number"),
        "pending": ("pending_count", "number"),
        "activity": ("updated_at", "number"),
    }

    q = forms.CharField(required=False, max_length=200)
    status = forms.ChoiceField(
        required=False, choices=[("", "All states"), *Article.Status.choices]
    )
    suggestions = forms.ChoiceField(
        required=False,
        choices=[
            ("", "All"),
            *(choice for choice in Article.SuggestionState.choices if choice[0] != "shelved"),
        ],
    )
    comments = forms.ChoiceField(required=False, choices=[("", "All"), ("open", "Open")])
    order = forms.ChoiceField(
        required=False,
        choices=[(sign + name, name) for name in ORDERS for sign in ("", "-")],
    )
    page = forms.IntegerField(required=False, min_value=1, max_value=1_000_000)

    def ordering(self) -> list[str]:
        order: str = self.cleaned_data.get("order") or "number"
        sign = "-" if order.startswith("-") else ""
        return [sign + column for column in self.ORDERS[order.removeprefix("-")]]


class KeysForm(forms.Form):
    """One person's keys: a field for each act, its keys with spaces between them."""

    def __init__(self, keymap: Keymap, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for act in ACTS:
            self.fields[act.name] = forms.CharField(
                required=False,
                max_length=100,
                disabled=act.name in FIXED,
                label=act.words.capitalize(),
                initial=" ".join(keymap.keys[act.name]),
                widget=forms.TextInput(attrs={"autocapitalize": "off", "spellcheck": "false"}),
            )

    def groups(self) -> dict[str, list[forms.BoundField]]:
        """The fields by the group that they stand in."""
        groups: dict[str, list[forms.BoundField]] = {}
        for act in ACTS:
            groups.setdefault(act.group, []).append(self[act.name])
        return groups

    @property
    def choices(self) -> dict[str, list[str]]:
        return {act.name: self.cleaned_data[act.name].split() for act in ACTS}


class OrderForm(forms.Form):
    """In which order the review page walks."""

    order = forms.ChoiceField(choices=[(order.value, order.value) for order in ReviewOrder])


class RevisionForm(forms.Form):
    """What every decision carries: the revision that was seen, and a key of its own."""

    revision = forms.IntegerField(min_value=0)
    client_key = forms.CharField(required=False, max_length=64)
    unvisited = forms.IntegerField(required=False, min_value=0)
    run = forms.IntegerField(required=False, min_value=0)

    @classmethod
    def seen(cls, data: Mapping[str, Any]) -> tuple[int, int]:
        """The revision and the run that a page shows; −1, which none is, where it doesn't say."""
        form = cls(data)
        form.is_valid()
        values = (form.cleaned_data.get(name) for name in ("revision", "run"))
        revision, run = (-1 if value is None else value for value in values)
        return (revision, run)


class RestoreForm(RevisionForm):
    """Which earlier state is to come back: the one after a revision, 0 for before the first."""

    to_revision = forms.IntegerField(min_value=0)


class HistoryForm(forms.Form):
    """Which page of a history: the corrections before a revision, without one the newest."""

    before = forms.IntegerField(required=False, min_value=1)


class PresenceForm(forms.Form):
    """A browser tab that has an article open, or is about to leave it; ``tab`` is its own name."""

    tab = forms.RegexField(regex=r"\A[A-Za-z0-9-]{1,32}\Z")
    leaving = forms.BooleanField(required=False)


class DecisionForm(RevisionForm):
    """One decision on one mention; ``same`` is for the same text in the whole article.

    Edges come either as ``start`` and ``end`` (a script knows the tokens) or as ``edge``, one step
    of one token, which the view resolves with the block's tokens.
    """

    ACTS: ClassVar = ("accept", "reject", "relabel", "adjust", "add", "same")
    EDGES: ClassVar = ("left-out", "left-in", "right-in", "right-out")

    act = forms.ChoiceField(choices=[(act, act) for act in ACTS])
    mention = forms.CharField(required=False, max_length=100)
    start = forms.IntegerField(required=False, min_value=0)
    end = forms.IntegerField(required=False, min_value=0)
    edge = forms.ChoiceField(required=False, choices=[(edge, edge) for edge in EDGES])
    label = forms.CharField(required=False, max_length=50)
    quote = forms.CharField(required=False, strip=False, max_length=5000)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        act = cleaned.get("act")
        has_span = cleaned.get("start") is not None and cleaned.get("end") is not None
        if act == "add" and not (has_span and cleaned.get("label")):
            raise forms.ValidationError("A new mention needs a start, an end and a label.")
        if act == "relabel" and not cleaned.get("label"):
            raise forms.ValidationError("Which label?")
        if act == "adjust" and not (has_span or cleaned.get("edge")):
            raise forms.ValidationError("Which edge?")
        if act != "add":
            try:
                cleaned["key"] = parse_mention_id(cleaned.get("mention") or "")
            except AnnotationError as error:
                raise forms.ValidationError(str(error)) from error
        return cleaned

    def decision(self, span: tuple[int, int] | None = None) -> Decision:
        """The decision; ``span`` is where an ``edge`` step leads."""
        data = self.cleaned_data
        start, end = span or (data.get("start") or 0, data.get("end") or 0)
        match data["act"]:
            case "accept":
                return Accept(data["key"])
            case "reject":
                return Reject(data["key"])
            case "relabel":
                return Relabel(data["key"], data["label"])
            case "adjust":
                return Adjust(data["key"], start, end)
            case _:
                return Add(start, end, data["label"])

    @property
    def place(self) -> tuple[int, int]:
        """Where the mention stands that is decided on, or is to stand: ``[start, end)``."""
        data = self.cleaned_data
        return data["key"][:2] if data.get("key") else (data["start"], data["end"])

    @property
    def quote_seen(self) -> str | None:
        """The text that the person saw at the span, None where the sender did not say."""
        return self.cleaned_data["quote"] or None


class WordsForm(forms.Form):
    """A place in the text without a script: its words, and which occurrence of them."""

    words = forms.CharField(max_length=500, label="Words, exactly as they stand in the text")
    occurrence = forms.IntegerField(min_value=1, initial=1, label="Which time they occur")

    def span_in(self, text: str) -> tuple[int, int]:
        """Where the words stand.

        Raises PassageMissing when they don't occur that often.
        """
        words, start = self.cleaned_data["words"], -1
        for _ in range(min(self.cleaned_data["occurrence"] or 1, len(text) + 1)):
            start = text.find(words, start + 1)
            if start < 0:
                raise PassageMissing(words)
        return (start, start + len(words))


class PassageForm(WordsForm):
    """A new mention without a script."""

    label = forms.CharField(max_length=50)
    revision = forms.IntegerField(min_value=0)


class CommentForm(WordsForm):
    """A comment on a passage, or a flag there.

    A script knows ``start`` and ``end``, in code points; without one the words say where.
    """

    start = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    end = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    label = forms.CharField(required=False, max_length=50, widget=forms.HiddenInput)
    # A browser sends every line end of a form as two characters.
    quote = forms.CharField(
        required=False, strip=False, max_length=2 * LONGEST_PASSAGE, widget=forms.HiddenInput
    )
    kind = forms.ChoiceField(
        choices=Comment.Kind.choices, initial=Comment.Kind.COMMENT, widget=forms.HiddenInput
    )
    client_key = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    # How long it may be is the action's to say: cut off by the browser, words would be lost.
    body = forms.CharField(
        required=False, label="Your comment", widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "comment-%s", **kwargs})
        self.fields["words"].required = self.fields["occurrence"].required = False

    def clean_quote(self) -> str:
        quote: str = self.cleaned_data["quote"]
        return quote.replace("\r\n", "\n")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not (self._has_span(cleaned) or cleaned["words"]):
            raise forms.ValidationError(
                "Which words is it about? Write them exactly as they stand in the text."
            )
        return cleaned

    def span_in(self, text: str) -> tuple[int, int]:
        """Where the passage is.

        Raises PassageMissing when it is named by words that don't occur that often.
        """
        if self._has_span(self.cleaned_data):
            return (self.cleaned_data["start"], self.cleaned_data["end"])
        return super().span_in(text)

    def about(self, text: str) -> str:
        """The passage's words, where the form has its span; "" where a person still has to say."""
        values = self.cleaned_data if self.is_bound else self.initial
        return text[values["start"] : values["end"]] if self._has_span(values) else ""

    @staticmethod
    def _has_span(values: Mapping[str, Any]) -> bool:
        return values.get("start") is not None and values.get("end") is not None

    @property
    def quote_seen(self) -> str | None:
        """The text that the person saw there, None where the sender did not say."""
        return self.cleaned_data["quote"] or None


class ReplyForm(forms.Form):
    """What somebody says in a thread."""

    body = forms.CharField(
        required=False, label="Your reply", widget=forms.Textarea(attrs={"rows": 3})
    )
    client_key = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, thread: Comment, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": f"reply-{thread.pk}-%s", **kwargs})


class PassageMissing(AnnotationError):
    """Words that do not stand in a text, or not that often."""

    def __init__(self, words: str) -> None:
        super().__init__(f"“{words}” does not occur that often in the text.")


class PackingForm(forms.Form):
    """What goes into a package."""

    formats = forms.MultipleChoiceField(
        required=False,
        label="Formats beside JSON Lines and Parquet",
        widget=forms.CheckboxSelectMultiple,
    )
    without_texts = forms.BooleanField(
        required=False,
        label="Annotations only",
        help_text="The texts stay out; a script puts them back for those who have them.",
    )
    seed = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=2**31 - 1,
        initial=0,
        help_text="Another seed gives another split into train, dev and test.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["formats"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101
        field.choices = [
            (name, writer.title)
            for name, writer in writers().items()
            if name not in IN_EVERY_PACKAGE
        ]

    @property
    def packing(self) -> Packing:
        return Packing(
            formats=tuple(self.cleaned_data["formats"]),
            texts=not self.cleaned_data["without_texts"],
            seed=self.cleaned_data["seed"] or 0,
        )


class ReleaseForm(PackingForm):
    """A release: its name, what changed, and what goes into its package."""

    name = forms.RegexField(
        regex=r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,59}\Z",
        help_text="As 1.0.0: letters, digits, full stops, hyphens and underscores.",
        error_messages={"invalid": "Use letters, digits, full stops, hyphens and underscores."},
    )
    notes = forms.CharField(
        required=False, label="What is new", widget=forms.Textarea(attrs={"rows": 3})
    )
    finished_only = forms.BooleanField(required=False, initial=True, label="Finished articles only")
    field_order = ("name", "notes", "finished_only", "formats", "without_texts", "seed")

    def __init__(self, corpus: Corpus, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.corpus = corpus

    def values(self) -> dict[str, Any]:
        """What `make_release` takes."""
        return {
            "name": self.cleaned_data["name"],
            "notes": self.cleaned_data["notes"],
            "finished_only": self.cleaned_data["finished_only"],
            "packing": self.packing,
        }


class ExportForm(PackingForm):
    """A format, a layer, and which articles."""

    format = forms.ChoiceField()
    layer = forms.ChoiceField()
    finished_only = forms.BooleanField(required=False, label="Finished articles only")

    def __init__(self, user: User, corpus: Corpus, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        format_field, layer_field = self.fields["format"], self.fields["layer"]
        assert isinstance(format_field, forms.ChoiceField)  # noqa: S101
        assert isinstance(layer_field, forms.ChoiceField)  # noqa: S101
        format_field.choices = [(name, writer.title) for name, writer in writers().items()]
        people = corpus.members.order_by("username").values_list("username", flat=True)
        layers = [
            (GOLD, "Gold: what was reviewed"),
            (SUGGESTIONS, "The machine's suggestions"),
            *((name, f"Annotated by {name}") for name in people),
        ]
        layer_field.choices = [(v, t) for v, t in layers if may_export(user, corpus, v)]

    @classmethod
    def for_request(cls, user: User, corpus: Corpus, data: Mapping[str, Any]) -> "ExportForm":
        """The form as sent, or, before anything was chosen, with the first of everything."""
        first = cls(user, corpus)
        choices = {name: dict(first.fields[name].choices) for name in ("format", "layer")}  # type: ignore[attr-defined]
        defaults = {name: next(iter(values)) for name, values in choices.items()}
        return cls(user, corpus, data or defaults)

    @property
    def selection(self) -> Selection:
        return Selection(self.cleaned_data["layer"], self.cleaned_data["finished_only"])

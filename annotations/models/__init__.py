"""Rows and their constraints, one concept a file."""

from annotations.models.annotations import Annotation, Rejection
from annotations.models.articles import Article, ArticleOriginal, ArticleText, Block
from annotations.models.comments import Comment
from annotations.models.corpora import Corpus, CorpusDay
from annotations.models.corrections import Correction
from annotations.models.jobs import Export, Release, Staging, Upload, UploadFile
from annotations.models.labels import Label, LabelScheme
from annotations.models.memory import KnownForm, Reading
from annotations.models.people import Membership, Role, User
from annotations.models.presence import Presence
from annotations.models.reviews import Review
from annotations.models.suggestions import Suggester, Suggestion, SuggestionRun

__all__ = [
    "Annotation",
    "Article",
    "ArticleOriginal",
    "ArticleText",
    "Block",
    "Comment",
    "Corpus",
    "CorpusDay",
    "Correction",
    "Export",
    "KnownForm",
    "Label",
    "LabelScheme",
    "Membership",
    "Presence",
    "Reading",
    "Rejection",
    "Release",
    "Review",
    "Role",
    "Staging",
    "Suggester",
    "Suggestion",
    "SuggestionRun",
    "Upload",
    "UploadFile",
    "User",
]

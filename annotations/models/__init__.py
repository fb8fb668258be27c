"""Rows and their constraints, one concept a file."""

from annotations.models.annotations import Annotation, Rejection
from annotations.models.articles import Article, ArticleOriginal, ArticleText, Block
from annotations.models.corpora import Corpus, CorpusDay
from annotations.models.corrections import Correction
from annotations.models.jobs import Export, Upload, UploadFile
from annotations.models.labels import Label, LabelScheme
from annotations.models.people import Membership, Role, User
from annotations.models.reviews import Review
from annotations.models.suggestions import Suggester, Suggestion, SuggestionRun

__all__ = [
    "Annotation",
    "Article",
    "ArticleOriginal",
    "ArticleText",
    "Block",
    "Corpus",
    "CorpusDay",
    "Correction",
    "Export",
    "Label",
    "LabelScheme",
    "Membership",
    "Rejection",
    "Review",
    "Role",
    "Suggester",
    "Suggestion",
    "SuggestionRun",
    "Upload",
    "UploadFile",
    "User",
]

"""How the files of formats with a file per article are called, so that a number comes back."""

import re
from typing import Final

from annotations.domain.articles import AnnotatedArticle

_NUMBERED: Final = re.compile(r"article-([1-9][0-9]{0,17})")


def stem_of(article: AnnotatedArticle) -> str:
    """The name of an article's file without its ending, as ``article-7``."""
    return f"article-{article.id}"


def number_in(stem: str) -> int | None:
    """The number of the article whose file has this stem; None for any other name."""
    match = _NUMBERED.fullmatch(stem)
    return int(match[1]) if match else None

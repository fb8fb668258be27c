"""The machine side: who can propose mentions.

Loaders are named by dotted path and imported on first use, so that a process that only
serves pages never imports a machine-learning library for it.
"""

from functools import cache
from importlib import import_module
from typing import Final, cast

from annotations.suggesters.base import Identity, Suggester, SuggesterMissing

__all__ = ["SUGGESTERS", "Identity", "Suggester", "SuggesterMissing", "load_suggester"]

#: Name to the loader, which takes the configured pipeline ("" for the best there is).
SUGGESTERS: Final = {
    "spacy": "annotations.suggesters.spacy_pipeline:load",
}


@cache
def load_suggester(name: str, configured: str = "") -> Suggester:
    """The suggester of that name, loaded once per process and kept warm.

    Raises KeyError for an unknown name, SuggesterMissing when it can't be loaded.
    """
    module, _, attribute = SUGGESTERS[name].partition(":")
    return cast("Suggester", getattr(import_module(module), attribute)(configured))

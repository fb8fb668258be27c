"""What several views share."""

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from annotations.models import Corpus, User
from annotations.permissions import Verb, may


class Request(HttpRequest):
    """A signed-in person's request."""

    user: User
    htmx: HtmxDetails


def rights(user: User | AnonymousUser, corpus: Corpus) -> dict[str, bool]:
    """What the person may do in the corpus, for templates: ``may.curate`` and so on."""
    return {verb.name.lower(): may(user, verb, corpus) for verb in Verb}

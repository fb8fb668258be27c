"""Who has an article open just now. For people to see; nothing is decided by it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models import Q
from django.db.models.functions import Now

from annotations.models import Article, Presence, User

#: A tab that has not asked for so long counts as closed: it may have missed two turns.
SILENCE: Final = timedelta(seconds=25)
#: What fell silent so long ago is deleted when somebody else asks.
FORGOTTEN: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Company:
    """Who else has an article open: other people, by name, and oneself in another tab."""

    people: tuple[str, ...] = ()
    is_self_too: bool = False

    def __bool__(self) -> bool:
        return bool(self.people) or self.is_self_too


def note_presence(*, article: Article, user: User, tab: str) -> Company:
    """Note that this tab has the article open, and tell who else has."""
    # One statement, and the time is the database's: servers' clocks differ, and the sooner SQLite's
    # one write lock is free again, the better.
    Presence.objects.bulk_create(
        [Presence(article=article, user=user, tab=tab, seen_at=Now())],
        update_conflicts=True,
        unique_fields=["article", "user", "tab"],
        update_fields=["seen_at"],
    )
    others = (
        Presence.objects.filter(article=article)
        .exclude(user=user, tab=tab)
        .select_related("user")
        .only("user__first_name", "user__last_name", "user__username")
        .annotate(
            is_there=Q(seen_at__gt=Now() - SILENCE), is_forgotten=Q(seen_at__lt=Now() - FORGOTTEN)
        )
    )
    forgotten = [other.pk for other in others if other.is_forgotten]
    if forgotten:
        Presence.objects.filter(pk__in=forgotten, seen_at__lt=Now() - FORGOTTEN).delete()
    there = {other.user for other in others if other.is_there}
    return Company(tuple(sorted(str(one) for one in there - {user})), user in there)


def note_absence(*, article: Article, user: User, tab: str) -> None:
    """Note that this tab has left the article."""
    Presence.objects.filter(article=article, user=user, tab=tab).delete()

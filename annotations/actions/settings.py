"""How a person likes the review page: their keys, and in which order it walks."""

from collections.abc import Iterable, Mapping

from annotations.domain.keys import Keymap, UnusableKey
from annotations.domain.review_order import ReviewOrder
from annotations.models import Label, User


def set_keys(*, user: User, choices: Mapping[str, Iterable[str]]) -> Keymap:
    """Give acts other keys; an act that is not named gets its usual ones.

    Raises UnusableKey, also for a letter that sets a label in a corpus of theirs.
    """
    keymap = Keymap.of(choices)
    chosen = {key: name for name, keys in keymap.choices().items() for key in keys}
    labels = Label.objects.filter(scheme__corpus__members=user, key__in=chosen)
    label = labels.select_related("scheme__corpus").first()
    if label is not None:
        why = f"it sets {label.name} in “{label.scheme.corpus}”."
        raise UnusableKey(label.key, why, chosen[label.key])
    user.review_settings = user.review_settings | {"keys": keymap.choices()}
    user.save(update_fields=["review_settings"])
    return keymap


def set_order(*, user: User, order: ReviewOrder) -> None:
    """Walk what needs eyes in another order."""
    user.review_settings = user.review_settings | {"order": order.value}
    user.save(update_fields=["review_settings"])

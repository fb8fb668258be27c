"""The one Django app of this project."""

from django.apps import AppConfig


class AnnotationsConfig(AppConfig):
    """Articles, suggestions, annotations and corrections."""

    name = "annotations"
    default_auto_field = "django.db.models.BigAutoField"

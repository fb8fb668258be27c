"""The site's own settings; only the addresses grow by the floor's view."""

from newsroom.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.urls"

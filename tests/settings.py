"""The site's own settings, on data that is thrown away and with a password hash that is quick."""

import atexit
import os
import shutil
import tempfile

# The site's settings read the environment as they are imported, so it is set before. Processes
# that a test starts inherit it.
_data_dir = tempfile.mkdtemp(prefix="newsroom-tests-")
atexit.register(shutil.rmtree, _data_dir, ignore_errors=True)
os.environ["DATA_DIR"] = _data_dir

from newsroom.settings import *  # noqa: E402, F403
from newsroom.settings import DATA_DIR, DATABASES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, since threads share no database in memory; a crash may take it.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
    )
else:
    # Connections that outlive a test's thread would keep the test database from being dropped.
    DATABASES["default"]["CONN_MAX_AGE"] = 0

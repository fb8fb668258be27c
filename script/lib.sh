# What the scripts beside this file share. Sourced, never run.
# shellcheck shell=bash disable=SC2034

set -euo pipefail

unset CDPATH                 # it makes cd print where it went
unset PYTHONHOME PYTHONPATH  # .venv alone decides which packages are found

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
root=$(pwd -P)

# Everything said goes to stderr: stdout belongs to what a script was asked for.
say() { printf '%s\n' "$*" >&2; }

refuse() {
  say "$(basename -- "$0"): $*"
  exit 1
}

heading() { printf '\n── %s\n' "$*"; }

# Names one on PATH per line, all of them: the first may be a shim that fails and the second real.
on_path() { type -aP "$@" || true; }

# What a developer's shell says about their own site is not for tests and linters, and neither are
# its data. Whoever calls this removes the empty DATA_DIR that it makes.
forget_own_site() {
  unset DATABASE_URL SECRET_KEY_FILE ALLOWED_HOSTS DEBUG HTTPS SPACY_PIPELINE DJANGO_SETTINGS_MODULE
  DATA_DIR=$(mktemp -d)
  export DATA_DIR
}

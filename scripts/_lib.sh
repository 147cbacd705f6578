# What the scripts of this folder share. Sourced, never run.
# It leaves the caller in the top folder of the repository, with REPO, WORK and PYTHON_VENV set.

set -euo pipefail

REPO="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)"
# shellcheck disable=SC2034  # read by the scripts that source this file
WORK="$REPO/.work" PYTHON_VENV="$REPO/.venv/bin/python"
cd -- "$REPO"
mkdir -p -- "$WORK"

# A terminal of Ansible or pytest must find the tools of this environment, not those of the machine.
# The environment itself is made by a Python from outside it, whatever the terminal has in its PATH already.
SYSTEM_PATH=":$PATH:"
SYSTEM_PATH="${SYSTEM_PATH//":$REPO/.venv/bin:"/:}"
SYSTEM_PATH="${SYSTEM_PATH#:}" SYSTEM_PATH="${SYSTEM_PATH%:}"
export PATH="$REPO/.venv/bin:$SYSTEM_PATH"

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }
fail() {
  warn "$*"
  exit 1
}

# seconds_since START: how long ago START (taken from $SECONDS) was, for the closing line of a step.
seconds_since() { printf '%d s' "$((SECONDS - $1))"; }

# files_in GLOB...: true when a file matches; for suites that another change has still to bring.
files_in() { compgen -G "$1" >/dev/null; }

# python_for_setup: print the first Python that is new enough; PYTHON names one by hand.
python_for_setup() {
  local name PATH="$SYSTEM_PATH"
  for name in ${PYTHON:-} python3 python3.11 python3.12 python3.13; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  return 1
}

# run_pytest [--retry] ARGUMENT...: run the tests. With --retry, what failed runs once more, each file in a process with
# nothing beside it: a test that passes then is named as unstable, for somebody to mend, and does not fail the run. More
# than three failures are no instability, and neither is whatever else than a test failed.
run_pytest() {
  local status=0 failed="$REPO/.pytest_cache/v/cache/lastfailed" retry=
  if [ "$1" = --retry ]; then
    retry=yes
    shift
    rm -f -- "$failed"
  fi
  "$PYTHON_VENV" -m pytest "$@" || status=$?
  [ "$status" = 1 ] && [ -n "$retry" ] && [ -s "$failed" ] || return "$status"
  local -a names
  mapfile -t names < <("$PYTHON_VENV" -c 'import json, sys; print(*json.load(open(sys.argv[1])), sep="\n")' "$failed")
  [ "${#names[@]}" -le 3 ] || return "$status"
  warn "" "=== once more, alone ==="
  "$PYTHON_VENV" -m pytest "$@" -n 0 -v --last-failed --last-failed-no-failures none || return
  warn "UNSTABLE: failed beside others and passed alone; mend the test, or what it found:"
  printf '  %s\n' "${names[@]}" >&2
}

# shellcheck shell=sh disable=SC2034,SC2154
# What deploy/backup, deploy/restore and deploy/upgrade have in common. Read with `.`, after $here
# is set.

program=deploy/$(basename "$0")
fail() {
  echo "$program: $*" >&2
  exit 1
}
wrong() {
  echo "$program: $*" >&2
  exit 2
}

needs_an_engine() {
  command -v docker >/dev/null || fail "there is no docker here; install Docker Engine 25 or later with its compose plugin."
  said=$(docker version --format '{{.Server.Version}}' 2>&1) ||
    fail "no docker engine answers ($said); start it, or let this user use it (group docker)."
  docker compose version >/dev/null 2>&1 || fail "docker has no compose plugin; install docker-compose-plugin, 2.24 or later."
}

compose() { docker compose -f "$here/compose.yaml" -f "$here/backups/compose.yaml" "$@"; }

setting() { # setting NAME DEFAULT: from the environment, or deploy/.env
  eval "value=\${$1-}"
  [ -n "$value" ] || value=$([ ! -f "$here/.env" ] || sed -n "s/^$1='\{0,1\}\([^']*\)'\{0,1\}\$/\1/p" "$here/.env")
  echo "${value:-$2}"
}
base_image() { # base_image PYTHON|POSTGRES|KAFKA: as deploy/configure took it over, or as released
  setting "HEDGEROW_$1_IMAGE" "$(sed -n "s/^HEDGEROW_$1_IMAGE='\(.*\)'\$/\1/p" "$here/base-images")"
}
image() { setting HEDGEROW_IMAGE hedgerow; }
own_postgres() { [ "$(setting HEDGEROW_OWN_POSTGRES 1)" = 1 ]; }
own_kafka() { [ "$(setting HEDGEROW_OWN_KAFKA 1)" = 1 ]; }
needs_own_postgres() { # what makes and renames databases is not for somebody else's server
  own_postgres || fail "the databases are at $(setting HEDGEROW_POSTGRES elsewhere): restore them by that server's own means, see docs/restoring.md. Nothing was changed."
}
source_version() { sed -n 's/^version = "\(.*\)"$/\1/p' "$here/../pyproject.toml"; }
source_revision() { git -C "$here" rev-parse --short=12 HEAD 2>/dev/null || echo unknown; }
label() { # label IMAGE NAME: what the image says of itself
  docker image inspect --format "{{index .Config.Labels \"org.opencontainers.image.$2\"}}" "$1" 2>/dev/null || true
}

absolute() { # absolute PATH: of a folder or file that is there
  (cd "$(dirname "$1")" && printf '%s/%s\n' "$(pwd)" "$(basename "$1")")
}

job() { # job FOLDER KEY WORD...: deploy/backups/run WORD... with that folder as /backup
  folder=$1 key=$2
  shift 2
  if [ -n "$key" ]; then
    compose --progress quiet run --rm --no-deps -T -v "$folder:/backup" -v "$key:/key:ro" backup "$@"
  else
    compose --progress quiet run --rm --no-deps -T -v "$folder:/backup" backup "$@"
  fi </dev/null
}

newest() { # newest DIR: the folder of the backup that DIR is, or the newest one in it
  if [ -e "$1/manifest" ] || [ -e "$1/registry.dump" ]; then
    absolute "$1"
    return
  fi
  found=
  for each in "$1"/hedgerow-*; do
    if [ -d "$each" ]; then found=$each; fi
  done
  for each in "$1"/.unfinished-*; do
    if [ -d "$each" ]; then echo "$each was never finished: it is half a backup, and passed over." >&2; fi
  done
  [ -n "$found" ] || fail "there is no whole backup in $1. Nothing was changed."
  absolute "$found"
}

empty_topics() { # has everything sent and read again; the workers must be stopped
  # shellcheck disable=SC2016 # expands inside
  compose --progress quiet run --rm --no-deps -T migrate sh -euc \
    'for s in registry scheduling notifications discovery; do python -m "services.$s" start-over; done' </dev/null || return 1
  ! own_kafka || compose --progress quiet run --rm --no-deps -T kafka-users </dev/null >/dev/null || return 1
  compose --progress quiet run --rm --no-deps -T topics python -m shared.stream.topics --anew </dev/null || return 1
  compose --progress quiet run --rm --no-deps -T migrate python -m shared.restoring.republishing "done" </dev/null || return 1
}

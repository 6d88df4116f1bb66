#!/bin/bash
# What deploy/configure runs as root in a container:
#   bash secrets.sh POSTGRES MOVE [new|forget] <MAIL_SERVER
# Makes what is missing in /secrets. Nothing that exists is made anew; nothing is printed. POSTGRES is
# where the databases are, HOST[:PORT][?OPTIONS]; with MOVE "yes" the URLs that exist lead there too.
set -euo pipefail
umask 077
user=10001

write() { # write NAME: standard input becomes the secret; in place where there is one, since
  # containers that run have this very file
  cat >"/secrets/$1"
  chown "$user:$user" "/secrets/$1"
  chmod 400 "/secrets/$1"
}
missing() { [ ! -s "/secrets/$1" ]; }
random() { head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'; }
hash_of() { # hash_of NAME: of each value, so that who must only recognise it need not have it
  tr ',' '\n' <"/secrets/$1" | while read -r value || [ -n "$value" ]; do
    [ -z "$value" ] || printf 'sha256:%s\n' "$(printf '%s' "$value" | sha256sum | cut -d' ' -f1)"
  done | paste -s -d, | tr -d '\n'
}
hexadecimal() { head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'; }

chmod 755 /secrets
chown "$user:$user" /erasures # where the registry lists who was erased
chmod 700 /erasures
for name in operator_token service_token secret; do
  if missing $name; then random | write $name; fi
done
for name in postgres_password kafka_password; do
  if missing $name; then hexadecimal | write $name; fi
done
host=${1%%\?*} options=${1#"${1%%\?*}"}
for service in registry scheduling notifications discovery; do
  for name in {"$service","${service}_owner"}; do
    if missing "${name}_database_url"; then
      printf 'postgresql+psycopg://hedgerow_%s:%s@%s/%s%s' \
        "$name" "$(hexadecimal)" "$host" "$service" "$options" | write "${name}_database_url"
    elif [ "$2" = yes ]; then
      account=$(sed 's|@.*||' "/secrets/${name}_database_url")
      printf '%s@%s/%s%s' "$account" "$host" "$service" "$options" | write "${name}_database_url"
    fi
  done
done

mail_server=$(cat)
if [ "$mail_server" != kept ]; then
  printf '%s' "$mail_server" | write smtp_url
elif [ ! -e /secrets/smtp_url ]; then
  write smtp_url </dev/null
fi

[ -e /secrets/oidc_client_secret ] || write oidc_client_secret </dev/null # the operator's to fill

case $3 in
  new)
    old=$(cut -d, -f1 /secrets/operator_token)
    printf '%s,%s' "$(random)" "$old" | write operator_token
    ;;
  forget)
    newer=$(cut -d, -f1 /secrets/operator_token)
    printf '%s' "$newer" | write operator_token
    ;;
esac

for name in operator_token service_token; do
  hashes=$(hash_of $name)
  [ "$(cat "/secrets/${name}_hash" 2>/dev/null)" = "$hashes" ] || printf '%s' "$hashes" | write "${name}_hash"
done
# The web must know only that there is a mail server.
sed 's|//.*@|//|' /secrets/smtp_url | write mail_server

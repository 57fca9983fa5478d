#!/bin/bash
# Runs once, on an empty data folder: a role and a database for each service, one more for the sealing
# keys of each that seals, and for each access log a database with a role of its own. No role can open
# the databases of another.
set -euo pipefail

run() { # SQL on stdin, with :"role" and :"database" of these names
  psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
    --set role="$1" --set database="$2" --set password="$DATABASE_PASSWORD"
}

for role in {scheduler,invitations,agenda,reporting}{,_access}; do
  run "$role" - <<<"CREATE ROLE :\"role\" LOGIN PASSWORD :'password';"
done
for database in {scheduler,invitations,agenda}{,_keys,_access} reporting{,_access}; do
  run "${database%_keys}" "$database" <<'SQL'
CREATE DATABASE :"database" OWNER :"role" TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C';
REVOKE CONNECT ON DATABASE :"database" FROM PUBLIC;
SQL
done

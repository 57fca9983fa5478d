#!/bin/bash
# Runs once, on an empty data folder: a role and a database for each service, and one more for the
# sealing keys of each that seals. No role can open the databases of another.
set -euo pipefail

run() { # SQL on stdin, with :"role" and :"database" of these names
  psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
    --set role="$1" --set database="$2" --set password="$DATABASE_PASSWORD"
}

for service in scheduler invitations agenda reporting; do
  run "$service" - <<<"CREATE ROLE :\"role\" LOGIN PASSWORD :'password';"
done
for database in scheduler{,_keys} invitations{,_keys} agenda{,_keys} reporting; do
  run "${database%_keys}" "$database" <<'SQL'
CREATE DATABASE :"database" OWNER :"role" TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C';
REVOKE CONNECT ON DATABASE :"database" FROM PUBLIC;
SQL
done

#!/bin/bash
# A role and a database for each service, one more of each for the sealing keys of each that seals, and for each
# access log. No role can open the databases of another. The image runs it once, on an empty data folder; run
# again, it brings what an earlier version made to the same state, and sets the passwords anew:
#   docker compose exec postgres bash /docker-entrypoint-initdb.d/siko.sh
set -euo pipefail

run() { # PASSWORD ROLE DATABASE: SQL on stdin, which knows them as :'password', :"role" and :"database"
  psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname "${4:-postgres}" \
    --set password="$1" --set role="$2" --set database="$3"
}

for database in {scheduler,invitations,agenda}{,_keys,_access} reporting{,_access}; do
  case $database in
    *_keys) password=$KEYS_PASSWORD ;; # whoever knows the record's does not know the keys'
    *) password=$DATABASE_PASSWORD ;;
  esac
  run "$password" "$database" "$database" <<'SQL'
SELECT format('CREATE ROLE %I', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
ALTER ROLE :"role" LOGIN PASSWORD :'password';
SELECT format('CREATE DATABASE %I TEMPLATE template0 ENCODING ''UTF8'' LOCALE ''C''', :'database')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
ALTER DATABASE :"database" OWNER TO :"role";
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
SQL
  # the keys had no role of their own: their table belonged to the service's
  run "$password" "$database" "$database" "$database" <<'SQL'
SELECT format('ALTER TABLE %s OWNER TO %I', oid::regclass, :'role') FROM pg_class
 WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_get_userbyid(relowner) <> :'role' \gexec
SQL
done

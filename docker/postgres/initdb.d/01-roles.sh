#!/bin/sh
# The two roles of DocuVault: docuvault_migrate changes tables, docuvault_app reads and writes rows.
# The image runs this once, on an empty data folder. Run it again to put new passwords in force.
# What docuvault_app may do with each table is granted by the migrations that make the tables.
set -eu

: "${POSTGRES_MIGRATE_PASSWORD:?is not set}"
: "${POSTGRES_APP_PASSWORD:?is not set}"

# psql itself reads the passwords: any character is safe, and no process list shows them.
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --single-transaction \
  --username "${POSTGRES_USER:-postgres}" --dbname "${POSTGRES_DB:-docuvault}" <<'SQL'
\getenv migrate_password POSTGRES_MIGRATE_PASSWORD
\getenv app_password POSTGRES_APP_PASSWORD
SELECT format('CREATE ROLE %I', wanted) FROM unnest(ARRAY['docuvault_migrate', 'docuvault_app']) wanted
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted)
\gexec
ALTER ROLE docuvault_migrate LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'migrate_password';
ALTER ROLE docuvault_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'app_password';

REVOKE ALL ON DATABASE :"DBNAME" FROM PUBLIC;
GRANT CONNECT, CREATE, TEMPORARY ON DATABASE :"DBNAME" TO docuvault_migrate;
GRANT CONNECT ON DATABASE :"DBNAME" TO docuvault_app;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO docuvault_migrate WITH GRANT OPTION;
GRANT USAGE ON SCHEMA public TO docuvault_app;
SQL

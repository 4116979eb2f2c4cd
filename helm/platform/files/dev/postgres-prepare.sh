# Makes the cluster on the first start, and roles, passwords and databases on every one.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  # Into another folder first: a start that is cut off leaves nothing that looks finished.
  rm -rf "$PGDATA.new"
  printf '%s' "$POSTGRES_PASSWORD" > /tmp/password
  initdb --pgdata "$PGDATA.new" --username postgres --pwfile /tmp/password --encoding UTF8 --auth trust > /dev/null
  rm /tmp/password
  mv "$PGDATA.new" "$PGDATA"
fi
# Of a process in a pod that is gone: two pods never have this volume.
rm -f "$PGDATA/postmaster.pid"
pg_ctl --pgdata "$PGDATA" --wait --silent --options "-c listen_addresses='' -c hba_file=/etc/postgres/pg_hba.conf" start
psql --username postgres --dbname postgres --no-psqlrc --quiet --set ON_ERROR_STOP=1 --file /etc/postgres/databases.sql
pg_ctl --pgdata "$PGDATA" --wait --silent --mode fast stop

# What the scripts have in common. They run in the server's own directory.
set -eu
umask 077

if [ "$(id -u)" -eq 0 ]; then
	echo "PostgreSQL refuses to run as root: run terraform as a user who isn't root" >&2
	exit 1
fi

PATH=$postgresql_bin:$PATH
export PATH PGHOST="$MUSTER_PRIVATE_IP" PGPORT=5432 PGDATABASE=postgres PGCONNECT_TIMEOUT=5

# put FILE: standard input becomes the content of the file, all of it or nothing.
put() {
	cat >"$1.new"
	mv "$1.new" "$1"
}

# sql STATEMENT prints the result, if any.
sql() {
	psql --no-psqlrc --no-password --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --command="$1"
}

# await COMMAND runs it until it succeeds, for two minutes. Then it gives up, and what was
# said last is told.
await() {
	tries=600
	until "$@" >attempt 2>&1; do
		tries=$((tries - 1))
		if [ "$tries" -eq 0 ]; then
			cat attempt >&2
			return 1
		fi
		sleep 0.2
	done
}

# bring_up [CHANGED...] starts PostgreSQL in a boot, in which nothing has changed;
# otherwise it runs, and reads its files again.
bring_up() {
	if [ $# -gt 0 ]; then
		pg_ctl --pgdata=data --silent reload
		return
	fi
	rm -f data/postmaster.pid # of an earlier boot, of which nothing runs any more
	pg_ctl --pgdata=data --log=postgresql.log --silent start || {
		tail -n 15 postgresql.log >&2
		return 1
	}
}


# random prints a password of 32 letters, digits, "+" and "/".
random() {
	head -c 24 /dev/urandom | base64 -w 0
}

# create makes the data directory, and a password file for the superuser.
create() {
	rm -rf data.new
	random | put superuser.password
	initdb --pgdata=data.new --username=postgres --pwfile=superuser.password \
		--auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --data-checksums --no-instructions >initdb.log
	echo "include 'server.conf'" >>data.new/postgresql.conf
	printf '*:*:*:postgres:%s\n' "$(cat superuser.password)" | put superuser.pgpass
	rm superuser.password
	mv data.new data
}

# configure says where to listen, and whom to admit. Everything stays in the server's own
# directory, also shared memory; a Unix socket doesn't, because its path would be too
# long in a deep one.
configure() {
	put data/server.conf <<-END
		listen_addresses = '$MUSTER_PRIVATE_IP'
		unix_socket_directories = ''
		dynamic_shared_memory_type = mmap
		wal_keep_size = '1GB'
	END
	{
		echo 'host all postgres samehost scram-sha-256'
		for address in $(muster param get standby_addresses); do
			echo "host replication replicator $address/32 scram-sha-256"
		done
	} | put data/pg_hba.conf
}

# rotate gives the role of replication a new password. psql sends only what proves it,
# so that neither PostgreSQL's log nor its files have it. The version is noted at last:
# whoever is cut short begins anew.
rotate() {
	if [ "$(sql "SELECT count(*) FROM pg_roles WHERE rolname = 'replicator'")" -eq 0 ]; then
		# A standby looks at its own receiver under this role.
		sql 'CREATE ROLE replicator LOGIN REPLICATION; GRANT pg_read_all_stats TO replicator'
	fi
	random | put replication.password.next
	for _ in 1 2; do
		cat replication.password.next
		echo
	done | psql --no-psqlrc --no-password --quiet --command='\password replicator' 2>psql.log || {
		cat psql.log >&2
		return 1
	}
	mv replication.password.next replication.password
	printf %s "$1" | put replication.version
}

# ---- Boots the primary, and runs again when a parameter has changed.

export PGUSER=postgres PGPASSFILE=superuser.pgpass
[ -e data ] || create
configure
bring_up "$@"
version=$(muster param get password_version)
[ "$(cat replication.version 2>/dev/null)" = "$version" ] || rotate "$version"
# Only now: a standby that has the password has also been admitted.
muster output set replication_password <replication.password

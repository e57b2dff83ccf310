
# write_password writes the password file that the receiver reads when it connects.
write_password() {
	printf '*:*:*:replicator:%s\n' "$(muster param get replication_password)" | put "$PGPASSFILE"
}

# find_primary sets $host and $port. On the loopback network every connection comes from
# 127.0.0.1 unless its program chooses another address, which PostgreSQL's don't: HAProxy
# does it for them.
find_primary() {
	host=$(muster param get primary_address) port=5432
	case $MUSTER_PRIVATE_IP in 127.*) relay ;; esac
}

# relay starts a relay in place of the one that runs, which keeps what it has.
relay() {
	put relay.cfg <<-END
		global
		  maxconn 16
		defaults
		  mode tcp
		  timeout connect 5s
		  timeout client 1h
		  timeout server 1h
		listen primary
		  bind $MUSTER_PRIVATE_IP:6432
		  server primary $host:$port source $MUSTER_PRIVATE_IP
	END
	# The numbers are words.
	# shellcheck disable=SC2046
	haproxy -D -f relay.cfg -p relay.pid -sf $(cat relay.pid 2>/dev/null)
	host=$MUSTER_PRIVATE_IP port=6432
}

# admitted tells whether the primary lets this server replicate. One that has taken
# another's place has the password before the primary has its address.
admitted() {
	write_password
	PGHOST=$host PGPORT=$port psql --no-psqlrc --no-password --command=IDENTIFY_SYSTEM 'replication=true'
}

# clone copies the primary's data directory.
clone() {
	await admitted
	rm -rf data.new
	pg_basebackup --host="$host" --port="$port" --no-password --pgdata=data.new --checkpoint=fast
	: >data.new/standby.signal
	mv data.new data
}

# configure says where to listen and what to replicate; paths are relative to the data
# directory. Another password file than the last one makes the receiver connect anew: a
# password that doesn't work is noticed now, and not when the network fails some day.
configure() {
	put data/server.conf <<-END
		listen_addresses = '$MUSTER_PRIVATE_IP'
		unix_socket_directories = ''
		dynamic_shared_memory_type = mmap
		wal_retrieve_retry_interval = '1s'
		primary_conninfo = 'host=$host port=$port user=replicator passfile=../$PGPASSFILE application_name=$MUSTER_MEMBER'
	END
	put data/pg_hba.conf <<-END
		host all postgres samehost scram-sha-256
		host postgres replicator samehost scram-sha-256
	END
}

# streaming tells whether the receiver streams, with this password file.
streaming() {
	status=$(sql "SELECT status FROM pg_stat_wal_receiver WHERE conninfo LIKE '%$PGPASSFILE%'") || return
	echo "the receiver's status is \"$status\""
	[ "$status" = streaming ]
}

# forget removes the password files of earlier runs.
forget() {
	for file in replication.pgpass.*; do
		[ "$file" = "$PGPASSFILE" ] || rm "$file"
	done
}

# ---- Boots a standby, and runs again when a parameter has changed.

PGUSER=replicator PGPASSFILE=$(mktemp replication.pgpass.XXXXXX)
export PGUSER PGPASSFILE
[ $# -gt 0 ] || rm -f relay.pid # of an earlier boot, of which nothing runs any more
write_password
find_primary
[ -e data ] || clone
configure
bring_up "$@"
await streaming || {
	tail -n 15 postgresql.log >&2
	exit 1
}
forget

# What all scripts of a member share. Members are known by their addresses: etcd serves
# other members on port 2380 and its clients on port 2379.
set -eu
me=$MUSTER_PRIVATE_IP

# has LIST WORD
has() {
	case " $1 " in *" $2 "*) ;; *) return 1 ;; esac
}

# Prints the addresses of the members that the cluster is to have.
wanted() { muster param get peers | tr , ' '; }

# answers ADDRESS [OPTIONS] tells whether an etcd runs there, with or without a quorum.
answers() {
	address=$1 && shift
	curl -fs -m 2 "$@" -o /dev/null "http://$address:2380/version"
}

# healthy ADDRESS tells whether it also has a leader and reaches a quorum. Before there has
# ever been one, clients would only wait.
healthy() {
	version=$(curl -fs -m 2 "http://$1:2380/version") || return
	case $version in *not_decided*) return 1 ;; esac
	curl -fs -m 5 -o /dev/null "http://$1:2379/health"
}

# voters_of ADDRESS prints the addresses of the members that vote, as the etcd there knows
# them, also while there is no quorum. It fails where no etcd runs.
voters_of() {
	known=$(curl -fs -m 2 "http://$1:2380/members") || return
	# One that was added and has never started has no name yet.
	echo "$known" | grep -o '"http://[^"]*:2380"\],"name"' | sed 's|"http://||; s|:2380.*||' | tr '\n' ' '
}

# find_healthy ADDRESS... sets $healthy to the first of them that is, oneself last: others
# answer also when this member is not yet, or no longer, one that is served.
find_healthy() {
	for healthy in "$@"; do
		if [ "$healthy" != "$me" ] && healthy "$healthy"; then return; fi
	done
	healthy=$me
	has "$*" "$me" && healthy "$me"
}

# ctl COMMAND... asks $healthy; what goes wrong is kept for "fail".
ctl() { etcdctl --endpoints "http://$healthy:2379" --command-timeout 10s "$@" 2>error; }

# Sets $members to a line for every member that $healthy knows: ADDRESS ID CLIENT_URL
# LEARNER. The URL is "-" until the member has started for the first time.
list_members() {
	members=$(ctl member list) || return
	members=$(echo "$members" | awk -F ', ' '{
		gsub(/^http:\/\/|:2380$/, "", $4)
		print $4, $1, $5 == "" ? "-" : $5, $6
	}')
}

# find_member ADDRESS sets $id, $client and $learner to what $members says of it.
find_member() {
	while read -r address id client learner; do
		[ "$address" != "$1" ] || return 0
	done <<-END
		$members
	END
	return 1
}

# Removes the members that are not wanted and don't answer: their servers are lost, and
# can't sign off. One that answers is about to leave, and does it itself.
forget_lost() {
	list_members || return
	echo "$members" | while read -r lost id _; do
		if has "$(wanted)" "$lost" || answers "$lost" --retry 3 --retry-delay 1 --retry-connrefused; then continue; fi
		echo "forgetting $lost, which is lost"
		ctl member remove "$id" >/dev/null || :
	done
}

# keep_trying WHAT makes a pause; when the time is over it fails instead.
patience=180 begun=$(date +%s)
keep_trying() {
	[ $(($(date +%s) - begun)) -lt "$patience" ] || fail "$1 for $patience s"
	sleep 1
}

fail() {
	if [ -s error ]; then tail -n 1 error; fi
	echo "$1"
	exit 1
}

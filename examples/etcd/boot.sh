# Boots a member. It comes back where it has data; else it joins the cluster where there
# is one; else it founds the cluster together with the others.

# start STATE ADDRESS... starts etcd, and returns when it answers other members. Where it
# has data, that counts, and not what it is told here.
start() {
	state=$1 cluster='' && shift
	for address in "$@"; do cluster=$cluster,$address=http://$address:2380; done
	etcd --name "$me" --data-dir data \
		--listen-peer-urls "http://$me:2380" --initial-advertise-peer-urls "http://$me:2380" \
		--listen-client-urls "http://$me:2379" --advertise-client-urls "http://$me:2379" \
		--initial-cluster "${cluster#,}" --initial-cluster-state "$state" \
		--initial-cluster-token "$MUSTER_GROUP" \
		--heartbeat-interval "$heartbeat_ms" --election-timeout $((heartbeat_ms * 10)) \
		--logger zap --log-level warn &
	etcd=$!
	until answers "$me"; do
		expect_etcd
		sleep 0.2
	done
}

expect_etcd() { kill -0 "$etcd" 2>/dev/null || fail 'etcd has ended; above is why'; }

# Waits until this member votes and is healthy.
settle() {
	until settled; do
		expect_etcd
		keep_trying 'this member has started, and has not become healthy'
	done
}

# settled promotes a learner that has learnt everything.
settled() {
	voters=$(voters_of "$me") || return
	# The addresses are words.
	# shellcheck disable=SC2086
	find_healthy $voters && list_members && find_member "$me" || return
	[ "$learner" = false ] || ctl member promote "$id" >/dev/null || return
	healthy "$me"
}

# Waits for health where enough members have started. The first ones must not: those who
# make up the quorum may be started only when they are done.
settle_with_quorum() {
	all=0 up=0
	for voter in $(voters_of "$me"); do
		all=$((all + 1))
		if answers "$voter"; then up=$((up + 1)); fi
	done
	if [ $((up * 2)) -gt "$all" ]; then settle; fi
}

# try_join has $healthy admit this member, and starts it. It begins as a learner, which
# has no vote: it can't cost the cluster its quorum before it knows everything.
try_join() {
	forget_lost && list_members || return
	if find_member "$me" && [ "$client" != - ]; then
		# A member has run at this address, and its data isn't here.
		ctl member remove "$id" >/dev/null && list_members || return
	fi
	if ! find_member "$me"; then
		ctl member add "$me" --learner --peer-urls "http://$me:2380" >/dev/null && list_members && find_member "$me" || return
	fi
	# The addresses are words.
	# shellcheck disable=SC2046
	start existing $(echo "$members" | cut -d ' ' -f 1)
	settle
}

# try_found starts this member as one of the founders. Whoever has begun says who they are.
# It fails where they are others.
try_found() {
	founders=
	for peer in $peers; do
		if founders=$(voters_of "$peer") && [ -n "$founders" ]; then break; fi
	done
	: "${founders:=${recorded:-$peers}}"
	if ! has "$founders" "$me"; then
		echo 'no member of the cluster is healthy' >error
		return 1
	fi
	record "$founders"
	# The addresses are words.
	# shellcheck disable=SC2086
	start new $founders
	settle_with_quorum
}

# record ADDRESSES has the group keep who the founders were. A member that is born later
# finds it, and doesn't found another cluster because it can't reach the one that exists.
record() {
	# The addresses are words.
	# shellcheck disable=SC2086
	echo $1 | tr ' ' , | muster output set founders
}

peers=$(wanted) begun=$(date +%s) recorded=
case $(muster param list) in
*'founders arrived'*) recorded=$(muster param get founders | tr , ' ') && record "$recorded" ;;
esac

if [ -d data/member/wal ]; then
	start existing "$me"
	settle_with_quorum
else
	# A list without this member isn't for it. The addresses are words.
	# shellcheck disable=SC2086
	until has "$peers" "$me" && if find_healthy $peers; then try_join; else try_found; fi; do
		keep_trying 'this member has been waiting to be let in'
		peers=$(wanted)
	done
fi
muster output set client_url "http://$me:2379"

# Signs this member off before its server goes.
patience=60

# Tells whether this member leads.
leads() {
	etcdctl --endpoints "http://$me:2379" endpoint status --write-out fields | awk '
		$1 == "\"MemberID\"" { member = $3 "" }
		$1 == "\"Leader\"" { leader = $3 "" }
		END { exit member == "" || member != leader }
	'
}

# Hands the lead over to a member that stays. Otherwise nobody could write until the others
# have noticed that their leader is gone.
hand_over() {
	healthy=$me
	for heir in $(wanted); do
		if [ "$heir" != "$me" ] && find_member "$heir" && [ "$learner" = false ] && healthy "$heir"; then
			ctl move-leader "$id" >/dev/null && return
		fi
	done
	return 1
}

# try_leave succeeds where the cluster doesn't have this member any more, or has no other.
try_leave() {
	# The addresses are words.
	# shellcheck disable=SC2046
	find_healthy $(wanted) "$me" && list_members || return
	find_member "$me" || return 0
	[ "$(echo "$members" | wc -l)" -gt 1 ] || return 0
	mine=$id
	if leads; then hand_over || return; fi
	ctl member remove "$mine" >/dev/null
}

until try_leave; do keep_trying 'the cluster has not let this member go'; done

# ---- Deadlines: the part of the agent for parameters that must arrive in time.
#
#   $deadlines  those parameters, as NAME=SECONDS, counted from the uptime $begun
#   $overdue    why the server has failed, where a deadline is the reason
#   $placed     yes: a placeholder has been put in place, and advance() hasn't seen it
#   $next       the uptime at which the next deadline is over; $alarm: that of the timer

next='' alarm=''

# take_deadline NAME SECONDS fail|proceed TEXT takes what the payload says of one.
take_deadline() {
	contains "$parameters" "$1" && is_count "$2" || return
	case $3 in
	fail) ;;
	proceed) decode "$4" >"deadlines/$1.else" || return ;;
	*) return 1 ;;
	esac
	deadlines="$deadlines $1=$2"
}

# Deals with the deadlines that are over. One that is met counts no more; but where there
# is a placeholder, it stands in again for a value that is withdrawn later.
check_deadlines() {
	read_uptime
	# Arithmetic takes what begins with a zero for an octal number.
	now=${now#0} now=${now#0} begun=${begun#0} begun=${begun#0}
	left=$deadlines deadlines='' next=''
	for deadline in $left; do
		name=${deadline%=*} due=$((begun + ${deadline#*=} * 100))
		if [ -e "values/$name" ]; then
			[ -e "deadlines/$name.else" ] || continue
		elif [ "$now" -lt $due ]; then
			[ $due -gt "${next:-$due}" ] || next=$due
		elif [ -e "deadlines/$name.else" ]; then
			proceed "$name"
		else
			expire "$name" "${deadline#*=}"
			continue
		fi
		deadlines="$deadlines $deadline"
	done
	set_timer
}

# proceed NAME puts the placeholder in place, like a value that no revision has brought.
proceed() {
	cp "deadlines/$1.else" "incoming/$1" && mv -f "incoming/$1" "values/$1" || return
	placed=yes
	event "proceeding $1"
}

# expire NAME SECONDS lets nobody wait any longer, and fails the server where it needs
# the value; but not one that has failed already, or has been asked to leave.
expire() {
	echo "$2" >deadlines/new && mv -f deadlines/new "deadlines/$1.over"
	contains "$boot_names $ready_names" "$1" && [ $phase != failed ] || return 0
	case $decommission in '' | idle) ;; *) return 0 ;; esac
	overdue="parameter $1 has not arrived within $2 s"
	phase=failed failure=$overdue
	event failed
	take_log
}

# Tells whether the script that has ended is the boot script of a server that a deadline
# has failed: however it ends, that is what is reported.
stays_overdue() {
	[ "$script" = boot ] || return
	[ "$code" != 0 ] || up=yes
	take_log
}

# Adds to $changed the names whose placeholder is in force, but unknown to the scripts.
add_placeholders() {
	for name in $deadlines; do
		name=${name%=*}
		[ -e "values/$name" ] && [ ! -e "since/$name" ] && [ ! -e "seen/$name" ] || continue
		changed="$changed $name"
	done
}

# Has the agent woken at $next. There is one timer at most; one that is of no use any more
# is ended. The sleep in it is killed, because dash loses a TERM that comes before its
# child has become the sleep. The timer's file goes before the agent is woken, and so
# can't be taken for a sign that it still will be.
set_timer() {
	if [ -e deadlines/timer ]; then
		[ "$next" != "$alarm" ] || return 0
		kill "$timer" 2>/dev/null
		rm -f deadlines/timer
	fi
	alarm=$next
	[ -n "$next" ] || return 0
	: >deadlines/timer
	(
		: & # from here on, $! is none of the agent's
		trap 'kill -KILL $!; exit' TERM
		sleep $(((next - now + 99) / 100)) &
		wait $!
		rm -f deadlines/timer
		muster_wake
	) >/dev/null 2>&1 3>&- 4<&- &
	timer=$!
}

# The agent: takes a server from its launch to "ready", and tells how it goes.
#
# The functions transport_* above this line are the hosting service's, and those of
# deadline.sh are there where a parameter has a deadline. Everything
# that the agent keeps lies in $MUSTER_RUN, which is its working directory:
#
#   values/NAME   the value of a parameter, byte for byte
#   since/NAME    the revision that brought it
#   seen/NAME     the revision of it that a script has been handed
#   outputs/NAME  a published output, as a line of the report
#   published     a line for every "muster output set"
#   secrets/      what must not appear in a log's tail
#   waiters/      NAME.PID, the FIFO of a "muster param get" that blocks
#   deadlines/    NAME.over, the seconds within which a value has not come;
#                 NAME.else, what stands in for it; timer, as long as one runs
#   wake          the FIFO of the agent; a line in it makes it look around
#   bin/muster    this program for the scripts
#
# Values are data: they are never part of shell text or of a process's arguments.

set -u
muster_lc_all=${LC_ALL-} muster_had_lc_all=${LC_ALL+yes}
LC_ALL=C # bytes are bytes
newline='
'

# Wakes the agent. A FIFO opened for reading and writing blocks nobody, not even
# when the agent has died.
muster_wake() {
	if [ -p "$MUSTER_RUN/wake" ]; then echo wake 1<>"$MUSTER_RUN/wake"; fi
}

# contains LIST WORD
contains() {
	case " $1 " in *" $2 "*) ;; *) return 1 ;; esac
}

is_count() {
	case $1 in '' | *[!0-9]* | ????????????????*) return 1 ;; esac
}

is_name() {
	case $1 in '' | [0-9]* | *[!A-Za-z0-9_]*) return 1 ;; esac
}

# number_in FILE sets $number; 0 where there is no file or it is being written.
number_in() {
	number=0
	if [ -e "$1" ]; then read -r number <"$1" || number=0; fi
}

# Sets $now to the uptime in hundredths of a second.
read_uptime() {
	read -r now _ </proc/uptime
	now=${now%.*}${now#*.}
}

# ---- Reporting

event_count=0 events=

# event WHAT [UPTIME]
event() {
	[ "$event_count" -lt 50 ] || return 0
	if [ $# -eq 2 ]; then now=$2; else read_uptime; fi
	event_count=$((event_count + 1)) events="${events}event $now $1$newline"
}

phase=start # then booting, booted; or failed
up=no # until the boot script has exited 0
ready=no running= boot=- waiting= failure= log= outputs= decommission=
received=0 applied=0 stored= retry=

# Sets $status and $waiting; $waited are the names that scripts wait for.
find_status() {
	before=$waiting waiting='' required=''
	case $phase in
	failed) status=failed && return ;;
	start) required=$boot_names ;;
	booted) [ $ready = yes ] || required=$ready_names ;;
	esac
	for name in $parameters; do
		[ ! -e "values/$name" ] || continue
		contains "$required $waited" "$name" || continue
		waiting="$waiting $name"
		contains "$before" "$name" || event "waiting $name"
	done
	if [ $ready = yes ]; then
		status=ready
	elif [ -n "$waiting" ]; then
		status=waiting
	else
		status=booting
	fi
}

# Stores the report where it differs from the stored one.
report() {
	text="muster report 1${newline}boot $boot${newline}status $status$newline"
	for name in $waiting; do text="${text}waiting $name$newline"; done
	[ -z "$failure" ] || text="${text}failure $failure$newline"
	[ -z "$log" ] || text="${text}log $log$newline"
	text="${text}received $received${newline}applied $applied$newline"
	[ -z "$decommission" ] || text="${text}decommission $decommission$newline"
	[ -z "$outputs" ] || text=$text$outputs$newline
	text="$text${events}end$newline"
	[ "$text" != "$stored" ] || return 0
	if transport_report "$text" 3>&- 4<&-; then
		stored=$text
	elif [ -z "$retry" ] || ! kill -0 "$retry" 2>/dev/null; then
		(sleep 5 && muster_wake) 3>&- 4<&- &
		retry=$!
	fi
}

# Ends an agent that can't go on.
give_up() {
	failure=$1 status=failed
	event failed
	report
	echo "muster: $1" >&2
	exit 1
}

# Takes in what "muster output set" has written since the last time. Descriptor 4
# stays where the last look at the file has ended.
collect_outputs() {
	changed=no
	while read -r at name <&4; do
		changed=yes
		event "published $name" "$at"
	done
	[ $changed = no ] || outputs=$(cat outputs/*)
}

# write_rule QUOTE: a line of a sed script that puts a mark in place of the secret
# in standard input, where a single quote in it is written as QUOTE.
write_rule() {
	pattern=$(sed -e 's/[][\\.*^$/]/\\&/g' -e '$!s/$/\\n/' -e "s/'/$1/g" | tr -d '\n')
	printf 's/%s/%s/g\n' "$pattern" "$mark"
}

# Prints the sed script that hides all secrets: the longest first, for one may hold
# another; as they are and as shells quote them in the output of "set -x"; then
# single lines of them, for a log may have been cut in the midst of one.
write_rules() {
	files=$(ls -S secrets)
	for file in $files; do
		secret=$(cat "secrets/$file")
		[ -n "$secret" ] || continue
		printf %s "$secret" | write_rule "'"
		case $secret in *\'*) ;; *) continue ;; esac
		printf %s "$secret" | write_rule "'\\\\\\\\''"
		printf %s "$secret" | write_rule "'\"'\"'"
	done
	for file in $files; do
		sed -e '/..../!d' -e 's/[][\\.*^$/]/\\&/g' -e "s/.*/s\/&\/$mark\/g/" "secrets/$file"
		echo
	done
}

# Reads all lines at once, because a secret may have several.
hide_secrets() {
	sed -e :a -e '$!{' -e N -e ba -e '}' -f rules
}

# Sets $log to the end of the console log, at most 20 lines and 4 KiB. It is cut
# after the secrets are hidden: half a secret would not be recognized. They are
# hidden again when what control characters had torn apart is whole.
take_log() {
	mark=$(printf '\001') first=1
	write_rules >rules
	transport_log 3>&- 4<&- | tail -c 65536 >log
	[ "$(wc -c <log)" -lt 65536 ] || first=2
	text=$(tr -d '\000\001' <log | tail -n +$first | hide_secrets |
		tr -d '\002-\010\013-\037\177' | hide_secrets |
		sed "s/$mark/(sensitive)/g" | tail -n 20)
	[ -n "$text" ] || [ $first = 1 ] || text='(no line in the last 64 KiB can be shown)'
	log=$(printf %s "$text" | tail -c 4096 | base64 -w 0)
	rm -f log rules
}

# ---- Values

# decode TEXT prints what it stands for: "-" for nothing, ":TEXT" for itself, all else
# is base64. Not every base64 complains about what is none.
decode() {
	case $1 in
	-) return ;;
	:*) printf %s "${1#:}" && return ;;
	'' | *[!A-Za-z0-9+/=]*) return 1 ;;
	esac
	[ $((${#1} % 4)) -eq 0 ] && printf %s "$1" | base64 -d
}

# remember FILE NAME keeps a secret, and the one that it replaces, to be hidden; and
# what an "echo" makes of it that knows escapes, as dash's does.
remember() {
	if [ -e "secrets/$2" ]; then mv -f "secrets/$2" "secrets/$2.former"; fi
	cp "$1" "secrets/$2"
	secret=$(cat "$1")
	case $secret in *\\*) secret=$(printf %b "$secret" | tr -d '\000') ;; *) return ;; esac
	[ ${#secret} -lt 4 ] || printf %s "$secret" >"secrets/$2.echo"
}

# Reads the payload. Sets $parameters (in order), $boot_names and $ready_names
# (what these require), $known (values that came with it), $sensitive; and, of what a
# change does, $quiet (nothing on this boot), $restarting (a new boot) and $fixed
# (another server).
parameters='' boot_names='' ready_names='' known='' sensitive='' declarations='' limit=''
quiet='' restarting='' fixed=''
deadlines='' overdue='' placed=no # see deadline.sh, which is there where they are needed
read_payload() {
	transport_payload >payload || return
	{
		read -r kind && [ "$kind" = 'muster payload 1' ] || return
		while read -r kind name type required secrecy _ effect _; do
			case $kind in
			parameter | value | output) is_name "$name" || return ;;
			esac
			case $kind in
			deadline) take_deadline "$name" "$type" "$required" "$secrecy" || return ;;
			parameter)
				parameters="$parameters $name"
				case $required in
				boot) boot_names="$boot_names $name" ;;
				ready) ready_names="$ready_names $name" ;;
				nothing) ;;
				*) return 1 ;;
				esac
				[ "$secrecy" = plain ] || sensitive="$sensitive $name"
				case $effect in
				deliver) quiet="$quiet $name" ;;
				restart) restarting="$restarting $name" ;;
				replace) fixed="$fixed $name" ;;
				esac
				declarations="${declarations}parameter $name$newline"
				;;
			value) decode "$type" >"values/$name" && known="$known $name" || return ;;
			output) declarations="${declarations}output $name $type $required$newline" ;;
			boot_script | update_script | decommission_script)
				decode "$name" >"scripts/${kind%_script}" || return
				;;
			update_script_timeout) is_count "$name" && limit=$name || return ;;
			end) printf %s "$declarations" >declarations && return ;;
			esac
		done
		return 1
	} <payload
}

# Puts the values of a newer delivery in place: all of them, or none where the
# delivery is damaged. A value is there before its revision is: a reader that
# takes them in the other order never believes to have a newer one than it has.
delivered=
take_delivery() {
	transport_delivery 3>&- 4<&- >delivery || return 0
	[ -s delivery ] || return 0
	arrived='' present=''
	if stage_delivery <delivery; then
		[ "$revision" -gt "$received" ] || return 0
	else
		echo 'muster: ignoring a damaged delivery' >&2
		rm -f incoming/*
		return 0
	fi
	[ -z "$arrived" ] || mv -f incoming/* values/
	for name in $arrived; do
		name=${name%=*}
		! contains "$sensitive" "$name" || remember "values/$name" "parameter.$name"
	done
	for name in $arrived; do
		at=${name#*=} name=${name%=*}
		# Of such a value the first one is no change.
		if contains "$restarting" "$name" && [ -e "since/$name" ]; then quiet="$quiet $name"; fi
		echo "$at" >"since/$name"
		event "received $name"
	done
	for name in $delivered; do
		contains "$present" "$name" || rm -f "values/$name" "since/$name"
	done
	delivered=$present received=$revision
}

# Decodes what has changed into incoming/. Sets $revision, $present (all names)
# and $arrived (NAME=REVISION for those that have changed).
stage_delivery() {
	read -r kind name version revision || return
	[ "$kind $name $version" = 'muster delivery 1' ] && is_count "$revision" || return
	[ "$revision" -gt "$received" ] || return 0
	while read -r kind name at secrecy text; do
		case $kind in
		value) [ -n "$text" ] || return ;;
		vector) take_element || return ;;
		end) return 0 ;;
		*) return 1 ;;
		esac
		is_name "$name" && is_count "$at" || return
		contains "$parameters" "$name" && ! contains "$known" "$name" && [ -n "$text" ] || continue
		present="$present $name"
		if [ "$secrecy" != plain ] && ! contains "$sensitive" "$name"; then
			sensitive="$sensitive $name"
		fi
		! contains "$fixed" "$name" || [ ! -e "since/$name" ] || continue
		number_in "since/$name"
		if [ "$at" -gt "$number" ] || [ ! -e "values/$name" ]; then
			decode "$text" >"incoming/$name" || return
			if [ "$kind" = vector ] && same "incoming/$name" "values/$name"; then
				rm -f "incoming/$name"
			else
				arrived="$arrived $name=$at"
			fi
		fi
	done
	return 1
}

# Sets $text, the elements of a vector, to this server's; to nothing where it has none.
take_element() {
	case $text in *[!A-Za-z0-9+/=._,:@~\ -]*) return 1 ;; esac
	# The elements are words.
	# shellcheck disable=SC2086
	set -- $text
	text=
	[ "$MUSTER_SLOT" -ge $# ] || { shift "$MUSTER_SLOT" && text=${1#"~"}; }
}

# same FILE FILE tells whether the values in them are equal: of a new vector, a server
# may have the same element as before.
same() {
	[ -e "$2" ] && [ "$(cat "$1" && echo .)" = "$(cat "$2" && echo .)" ]
}

# Wakes the waiters whose value is there, once. Sets $waited to the names that the
# others wait for; the entry of one that was killed is removed.
woken=
wake_waiters() {
	waited='' awake=''
	for fifo in waiters/*; do
		[ -p "$fifo" ] || continue
		name=${fifo#waiters/}
		if ! kill -0 "${name#*.}" 2>/dev/null; then
			rm -f "$fifo"
		elif [ ! -e "values/${name%.*}" ] && [ ! -e "deadlines/${name%.*}.over" ]; then
			waited="$waited ${name%.*}"
		else
			contains "$woken" "$name" || echo wake 1<>"$fifo"
			awake="$awake $name"
		fi
	done
	woken=$awake
}

# ---- Scripts

# has_all NAMES tells whether all of them have a value.
has_all() {
	for name in $1; do [ -e "values/$name" ] || return; done
}

# Sets $changed to the names whose newest value no script has been handed that has to
# deal with it.
find_changed() {
	changed=
	for name in $delivered; do
		number_in "since/$name"
		at=$number
		number_in "seen/$name"
		[ "$at" -le "$number" ] || changed="$changed $name"
	done
	[ -z "$deadlines" ] || add_placeholders
	text=$changed changed=
	for name in $parameters; do
		! contains "$text" "$name" || contains "$quiet" "$name" || changed="$changed $name"
	done
}

mark_seen() {
	for name in $1; do
		number_in "since/$name"
		echo "$number" >"seen/$name"
	done
}

# run_script FILE [ARGUMENTS] becomes the script. It is a subshell, so that no
# parameter changes the agent; and from the first parameter on it uses only
# variables that no parameter can be called.
run_script() (
	exec >&5 2>&6 5>&- 6>&-
	umask "$user_umask"
	cd "${MUSTER_HOME:-..}" || exit
	if [ "$muster_had_lc_all" ]; then LC_ALL=$muster_lc_all; else unset LC_ALL; fi
	for MUSTER_NAME in $boot_names; do
		[ -e "$MUSTER_RUN/values/$MUSTER_NAME" ] || continue # withdrawn since
		MUSTER_VALUE=$(cat "$MUSTER_RUN/values/$MUSTER_NAME" && printf .) || exit
		eval "$MUSTER_NAME=\${MUSTER_VALUE%.}"
		export "${MUSTER_NAME?}"
	done
	unset MUSTER_NAME MUSTER_VALUE
	PATH=$MUSTER_RUN/bin:$PATH
	export PATH
	IFS= read -r MUSTER_LINE <"$1" || :
	case $MUSTER_LINE in
	'#!'*) exec "$@" ;;
	*) exec sh "$@" ;;
	esac
)

# start_script KIND [ARGUMENTS] runs scripts/KIND in the background.
start_script() {
	running=$1
	: >exit
	mark_seen "$boot_names"
	{ follow_script "$@" | await_script; } 3>&- 4<&- 5>&1 6>&2 2>/dev/null &
}

# Runs the script and prints its own process ID, a line per second where there is a
# time limit, and the exit code.
follow_script() {
	read -r pid _ </proc/self/stat
	echo "$pid"
	if [ "$1" = update ] && [ -n "$limit" ]; then
		while sleep 1 && kill -0 "$pid" && echo second; do :; done 5>&- 6>&- &
	fi
	shift
	run_script "$MUSTER_RUN/scripts/$running" "$@"
	echo $?
}

# Puts what follow_script prints at last into the file "exit": nothing comes where
# the script has killed it.
await_script() {
	read -r pid
	left=$limit
	while read -r code && [ "$code" = second ]; do
		left=$((left - 1))
		if [ "$left" -le 0 ]; then code=late && end_family "$pid" && break; fi
	done
	echo "${code:-lost}" >exit
	muster_wake
}

# end_family PID ends whatever descends from the process; what is left after 5 s is
# killed. Everybody stands still while others are looked for, or they could fork
# and get away.
end_family() {
	family=
	for signal in TERM 0 0 0 0 KILL KILL KILL; do
		for _ in 1 2 3 4 5 6 7 8 9; do
			grow_family "$1" || break
			signal_family STOP
		done
		[ -n "$family" ] || break
		signal_family $signal
		signal_family CONT
		sleep 1
	done
}

# grow_family PID sets $family, a list of PID.START, to those in it that still run
# and to all that descend from them or from the process. It fails where none is new.
grow_family() {
	table=$(cat /proc/[0-9]*/stat 2>/dev/null |
		sed -n 's/^\([0-9]*\) (.*) [^XZ] \([0-9]*\) \([^ ]* \)\{17\}\([0-9]*\) .*/\2:\1.\4/p')
	known=$family family='' new=1 before=-
	while [ "$family" != "$before" ]; do
		before=$family
		for process in $table; do
			parent=${process%:*} process=${process#*:}
			case "$family " in *" $process "*) continue ;; esac
			if ! contains "$known" "$process"; then
				case " $1.$family" in *" $parent."*) new=0 ;; *) continue ;; esac
			fi
			family="$family $process"
		done
	done
	return $new
}

signal_family() {
	for process in $family; do kill "-$1" "${process%.*}" 2>/dev/null; done
}

# Deals with the end of the running script, if it has ended.
finish_script() {
	[ -n "$running" ] && [ -s exit ] && read -r code <exit || return 0
	script=$running running=
	collect_outputs # none may be missing where the script's end is reported
	[ -z "$overdue" ] || ! stays_overdue || return 0
	case $script$code in
	boot0) phase=booted up=yes ;;
	update0) phase=booted applied=$tried failure='' log='' && become_ready ;;
	decommission0) decommission=done && event decommissioned ;;
	*) fail_script ;;
	esac
}

# A shell reports the signal N as exit code 128+N.
fail_script() {
	case $code in
	late) failure="has not ended within $limit s" ;;
	lost) failure='was lost: the process that waited for it was killed' ;;
	129 | 1[3-8]? | 19[0-2]) failure="was killed by signal $((code - 128))" ;;
	*) failure="exited with exit code $code" ;;
	esac
	failure="$script script $failure"
	case $script in
	boot) phase=failed ;;
	update) phase=failed && for name in $handed; do rm -f "seen/$name"; done ;;
	decommission) decommission=failed ;;
	esac
	event failed
	take_log
}

become_ready() {
	[ $ready = no ] || return 0
	ready=yes
	event ready
}

# Takes note of the request to leave. From then on no other script is started.
take_request() {
	[ "$decommission" = idle ] && transport_decommission 3>&- 4<&- || return 0
	if [ $up = yes ]; then
		decommission=running && event decommissioning
	else
		decommission=done && event decommissioned
	fi
}

# Starts the script that is due, or finds that nothing is left to be done. A
# failed update script is tried again when there is a newer revision; a failed
# boot script is not.
tried=0 script=
advance() {
	[ -z "$running" ] || return 0
	case $decommission in
	running) start_script decommission && return ;;
	done | failed) return 0 ;;
	esac
	case $phase in
	start)
		has_all "$boot_names" || return 0
		phase=booting
		event 'script started'
		start_script boot
		return
		;;
	failed) [ "$script" = update ] && [ "$received" -gt "$tried" ] || return 0 ;;
	esac
	[ $ready = yes ] || has_all "$ready_names" || return 0
	[ "$received" -gt "$applied" ] || [ $ready = no ] || [ $placed = yes ] || return 0
	placed=no
	find_changed
	if [ -s scripts/update ] && [ -n "$changed" ]; then
		tried=$received handed=$changed
		mark_seen "$changed"
		event updating
		# The names are words.
		# shellcheck disable=SC2086
		start_script update $changed
	elif [ "$phase" = booted ]; then
		applied=$received
		become_ready
	fi
}

# ---- The agent

check_tools() {
	for tool in base64 cat chmod cp head ls mkdir mkfifo mv rm sed sleep tail tr wc; do
		command -v "$tool" >/dev/null || give_up "the server lacks the program $tool"
	done
}

# quote TEXT prints it as a word of shell text.
quote() {
	text=$1 quoted='' mark="'"
	while :; do
		case $text in *"$mark"*) ;; *) break ;; esac
		quoted="$quoted${text%%"$mark"*}'\\''" text=${text#*"$mark"}
	done
	printf "'%s'" "$quoted$text"
}

# Makes $MUSTER_RUN anew; what an earlier boot has left is not valid any more.
prepare() {
	case $MUSTER_RUN in /*) ;; *) return 1 ;; esac
	program=$(cat "$0") && mkdir -p "$MUSTER_RUN" && cd "$MUSTER_RUN" || return
	rm -rf values since seen outputs published secrets waiters incoming deadlines \
		scripts bin wake exit log declarations delivery payload
	mkdir values since seen outputs secrets waiters incoming deadlines scripts bin &&
		: >published && mkfifo wake && exec 3<>wake 4<published || return
	shell=$(command -v "${MUSTER_SH:-sh}") || return
	{
		echo "#!$shell"
		echo "MUSTER_RUN=$(quote "$MUSTER_RUN") PATH=$(quote "$PATH")"
		echo 'export MUSTER_RUN PATH'
		echo 'set -- cli "$@"'
		printf '%s\n' "$program"
	} >bin/muster
}

# Blocks until something has happened, and takes all lines that are there: those
# before a mark, which a process of its own writes, for the FIFO may be full.
await_wake() {
	read -r line <&3 || exit
	echo "$boot" >&3 &
	while read -r line <&3 && [ "$line" != "$boot" ]; do :; done
	wait $!
}

agent() {
	exec </dev/null
	read -r boot </proc/sys/kernel/random/uuid || exit
	check_tools
	user_umask=$(umask)
	umask 077
	prepare || give_up "the agent can't set up its directory"
	read_payload && [ -s scripts/boot ] || give_up 'the boot payload is damaged'
	chmod 700 bin/muster scripts/*
	[ ! -e scripts/decommission ] || decommission=idle
	event booting
	begun=$now
	transport_start 3>&- 4<&-
	while :; do
		collect_outputs
		take_delivery
		[ -z "$deadlines" ] || check_deadlines
		wake_waiters
		finish_script
		take_request
		advance
		find_status
		report
		await_wake
	done
}

# ---- The command "muster"

# die CODE MESSAGE
die() {
	echo "muster: $2" >&2
	exit "$1"
}

usage() {
	cat <<-'END'
		usage: muster param get NAME [--timeout SECONDS]
		         prints the value of a parameter, waiting until it has arrived;
		         not a byte is added; exit code 3 when the time is over
		       muster param list
		         lists the parameters that have arrived and those that have not
		       muster output set NAME [VALUE]
		         publishes an output; without VALUE it is read from standard
		         input, and one newline at its end is removed
	END
}

# find_declaration KIND NAME sets $type and $secrecy.
find_declaration() {
	names=
	while read -r kind name type secrecy; do
		[ "$kind" = "$1" ] || continue
		[ "$name" != "$2" ] || return 0
		names="$names $name"
	done <declarations
	die 2 "there is no $1 called $2; declared are:${names:- none}"
}

# print_value NAME prints it, if it is there, and notes that a script has it.
print_value() {
	[ -e "values/$1" ] || return
	number_in "since/$1"
	cat "values/$1" || die 1 "parameter $1 can't be printed"
	echo "$number" >"seen/$1"
}

param_get() {
	wanted='' timeout=''
	while [ $# -gt 0 ]; do
		case $1 in
		--timeout) [ $# -gt 1 ] || die 2 '--timeout needs a number of seconds' ;;
		esac
		case $1 in
		--timeout) timeout=$2 && shift ;;
		--timeout=*) timeout=${1#*=} ;;
		-*) die 2 "there is no option $1" ;;
		*) [ -z "$wanted" ] || die 2 'one parameter at a time' && wanted=$1 ;;
		esac
		shift
		[ -z "$timeout" ] || is_count "$timeout" || die 2 'the timeout is a whole number of seconds'
	done
	[ -n "$wanted" ] || die 2 'which parameter?'
	find_declaration parameter "$wanted"
	print_value "$wanted" || await_value
}

# The value may arrive at any moment: first be known as a waiter, then look, then
# block. The timer holds the only writing end of the FIFO that stays open; when
# it ends, the read fails.
await_value() {
	fifo=waiters/$wanted.$$ timer=
	trap stop_waiting EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	rm -f "$fifo"
	mkfifo "$fifo" && exec 3<>"$fifo" || die 1 'no waiting is possible here'
	if [ -n "$timeout" ]; then
		sleep "$timeout" >/dev/null 2>&1 &
		timer=$!
		exec 4<"$fifo" 3<&4 4<&-
	fi
	muster_wake
	until print_value "$wanted"; do
		{ [ ! -e "deadlines/$wanted.over" ] || ! read -r timeout <"deadlines/$wanted.over"; } && read -r line <&3 ||
			[ -e "values/$wanted" ] ||
			die 3 "parameter $wanted has not arrived within $timeout s"
	done
}

stop_waiting() {
	rm -f "$fifo"
	# A TERM that comes before the timer is a sleep is lost in dash.
	[ -z "$timer" ] || kill -KILL "$timer" 2>/dev/null
	muster_wake
}

param_list() {
	while read -r kind name type; do
		[ "$kind" = parameter ] || continue
		text=arrived
		[ ! -e "deadlines/$name.else" ] || [ -e "since/$name" ] || text=placeholder
		[ -e "values/$name" ] || text=missing
		echo "$name $text"
	done <declarations
}

is_number() {
	text=${1#-} exponent=0 fraction=0
	case $text in *[eE]*) exponent=${text#*[eE]} text=${text%%[eE]*} ;; esac
	case $text in *.*) fraction=${text#*.} text=${text%%.*} ;; esac
	for digits in "$text" "$fraction" "${exponent#[-+]}"; do
		case $digits in '' | *[!0-9]*) return 1 ;; esac
	done
}

output_set() {
	[ $# -ge 1 ] || die 2 'which output?'
	[ $# -le 2 ] || die 2 'an output has one value; quote it'
	find_declaration output "$1"
	file=outputs/.$1.$$
	trap 'rm -f "$file"' EXIT
	if [ $# -eq 1 ]; then
		read_value "$1"
	elif [ "$secrecy" = plain ]; then
		value=$2
	else
		die 2 "output $1 is sensitive, and others can see arguments: give it on standard input"
	fi
	[ ${#value} -le 32768 ] || die 2 "output $1 is larger than 32768 bytes"
	case $type in
	number) is_number "$value" || die 2 "output $1 must be a number" ;;
	bool) [ "$value" = true ] || [ "$value" = false ] || die 2 "output $1 must be true or false" ;;
	esac
	if [ "$secrecy" != plain ]; then
		printf %s "$value" >"$file" && remember "$file" "output.$1"
	fi
	text=$(printf %s "$value" | base64 -w 0)
	echo "output $1 ${text:--}" >"$file" && mv -f "$file" "outputs/$1" ||
		die 1 "output $1 can't be stored"
	read_uptime
	echo "$now $1" >>published
	muster_wake
}

# read_value NAME sets $value to standard input without a newline at its end. A
# shell drops NUL bytes, which shows in the length. The bytes read above the limit
# are that newline and the one that is too much.
read_value() {
	head -c 32770 >"$file"
	{ value=$(cat "$file" && printf .); } 2>/dev/null
	value=${value%.}
	[ ${#value} -eq "$(wc -c <"$file")" ] || die 2 "output $1 holds a NUL byte"
	value=${value%"$newline"}
}

cli() {
	umask 077
	cd "$MUSTER_RUN" || exit
	command="${1-} ${2-}"
	case $command in
	'param get' | 'param list' | 'output set') shift 2 ;;
	esac
	case $command in
	'param get') param_get "$@" ;;
	'param list') param_list ;;
	'output set') output_set "$@" ;;
	'help ' | '--help ' | '-h ') usage ;;
	*) usage >&2 && exit 2 ;;
	esac
}

: "${MUSTER_RUN:?}"
case ${1-} in
cli) shift && cli "$@" ;;
*) agent ;;
esac

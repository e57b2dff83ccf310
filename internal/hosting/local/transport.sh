# The local hosting service's transport: files in the server's directory, which
# holds $MUSTER_RUN. What a script has put in the place of one makes no reader wait.

transport_payload() { cat "${MUSTER_RUN%/*}/payload"; }

transport_delivery() {
	if [ -f "${MUSTER_RUN%/*}/delivery" ]; then head -c 16777216 "${MUSTER_RUN%/*}/delivery"; fi
}

transport_decommission() { [ -e "${MUSTER_RUN%/*}/decommission" ]; }

transport_report() {
	[ ! -e "${MUSTER_RUN%/*}/report.new" ] || rm -rf "${MUSTER_RUN%/*}/report.new"
	[ ! -d "${MUSTER_RUN%/*}/report" ] || rm -rf "${MUSTER_RUN%/*}/report"
	printf %s "$1" >"${MUSTER_RUN%/*}/report.new" && mv -f "${MUSTER_RUN%/*}/report.new" "${MUSTER_RUN%/*}/report"
}

# The console goes to the log through a pipe: what was written before a mark is in
# the log when the mark is. The agent's own standard output is the console, also
# where this function's is not. 64 KiB is what the agent looks at.
transport_log() {
	console_log=${MUSTER_RUN%/*}/console.log
	[ -f "$console_log" ] || return 0
	read -r console_mark _ </proc/uptime
	console_mark="muster: end of log $$.$console_mark"
	echo "$console_mark" >"/proc/$$/fd/1"
	console_try=0
	while [ "$console_try" -lt 100 ]; do
		case $(tail -c 65536 "$console_log" | tr -d '\000') in
		*"$console_mark"*) break ;;
		esac
		console_try=$((console_try + 1))
		sleep 0.02 2>/dev/null || { sleep 1 && console_try=$((console_try + 50)); }
	done
	{
		if [ -f "$console_log.1" ]; then tail -c 65536 "$console_log.1"; fi
		tail -c 65536 "$console_log"
	} | tr -d '\000' | while IFS= read -r console_line || [ -n "$console_line" ]; do
		case $console_line in
		'muster: end of log '*) ;;
		*) printf '%s\n' "${console_line%muster: end of log *}" ;;
		esac
	done
}

transport_start() { :; }

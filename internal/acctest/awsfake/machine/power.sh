#!/bin/sh
# Ends or restarts this instance and nothing else. Process 1 understands the signals
# of BusyBox' init. The power is off a moment later, as with the real programs.

end() {
	kill "-$1" 1
	exit
}

refuse() {
	echo "${0##*/}: this instance doesn't understand: $*" >&2
	exit 1
}

by_name() {
	case ${1%.target} in
	poweroff | halt | -p) end USR2 ;;
	reboot | kexec) end TERM ;;
	esac
}

# shut_down [OPTION...] TIME [MESSAGE...]; the only time that it knows is now.
shut_down() {
	signal=USR2
	for word in "$@"; do
		case $word in
		-r | --reboot) signal=TERM ;;
		-h | -H | -P | --halt | --poweroff | --no-wall) ;;
		now | +0 | 0) end $signal ;;
		*) break ;;
		esac
	done
	refuse "$@"
}

control() {
	for word in "$@"; do
		case $word in
		-* | start | isolate) ;;
		*) by_name "$word" ;;
		esac
	done
	echo "System has not been booted with systemd as init system (PID 1). Can't operate." >&2
	exit 1
}

case ${0##*/} in
shutdown) shut_down "$@" ;;
systemctl) control "$@" ;;
init | telinit)
	case ${1-} in
	0) end USR2 ;;
	6) end TERM ;;
	*) refuse "$@" ;;
	esac
	;;
*) by_name "${0##*/}" ;;
esac

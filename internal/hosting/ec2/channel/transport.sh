# The transport of an instance on EC2. Deliveries come in the instance's tags, which
# the metadata service shows; reports go to the console or, where $ec2_ssm is set, to
# SSM. A process of its own, the courier, looks at the tags and talks to SSM, so that
# nothing of it keeps the agent waiting.
#
# The lines above this one set $ec2_group, $ec2_base (slot 0 of the launch), $ec2_attempt,
# $ec2_orphan (seconds, 0: never), $ec2_key (the key that outputs are sealed to; base64),
# $ec2_ssm (the path of the group's parameters), $ec2_endpoint and $ec2_kms. ssm.sh and
# seal.sh follow where they are needed. All of it is one program with the agent.
#
# In /var/lib/muster lie, besides the agent, its payload and its directory run:
#
#   instance      the ID of the instance that this was made for
#   running       which process is the agent
#   token, seq    what proves that a marker is the agent's; the number of the newest one
#   key.pem       the key that deliveries are sealed to; key.pub is its public half
#   delivery      the newest delivery, opened; adopted: its manifest
#   leave         there is a request to run the decommission script
#   message       the newest report as it goes to SSM; markers: as it is on the console
#   pace, poke    how often the courier looks; the FIFO that makes it look at once
#
# No secret is ever an argument of a program: others can see those.

ec2_dir=/var/lib/muster ec2_log=/var/log/muster.log ec2_console=/dev/console
ec2_busy=2 ec2_idle=15 ec2_soon=5 ec2_repeat=300 # seconds

# ---- The metadata service

imds_url=${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254}
imds_url=${imds_url%/}/latest imds_token='' answer=''

# imds PATH... sets $answer to a line BODY|STATUS for each. A token is asked for where
# there is none or it has expired.
imds() {
	answer=
	[ -z "$imds_token" ] || ask_imds "$@"
	case $answer in
	'' | *'|401'*)
		imds_token=$(get_imds -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 21600' "$imds_url/api/token") && ask_imds "$@"
		;;
	esac
}

ask_imds() {
	answer=$({
		printf 'header = "X-aws-ec2-metadata-token: %s"\n' "$imds_token"
		printf "url = \"$imds_url/meta-data/%s\"\n" "$@"
	} | get_imds -K - -w '|%{http_code}\n')
}

# curl tries again what was throttled.
get_imds() { curl -qsf --noproxy '*' --connect-timeout 2 -m 5 --retry 2 "$@"; }

# item sets $value to the next line's body; to nothing where there is no such item. The
# body of an error is HTML, which curl leaves out.
item() {
	IFS= read -r value || return
	case $value in
	*'|200') value=${value%|*} ;;
	'|404') value= ;;
	*) return 1 ;;
	esac
}

# ---- Reports

pack() { gzip -9 | base64 -w "$1"; }

# add_up TEXT sets $sum. BusyBox need not have cksum.
add_up() {
	sum=$(printf %s "$1" | sha256sum)
	sum=${sum%"${sum#????????????????}"}
}

# mark CHUNK... writes the message that the chunks make up to the console, in lines of
# less than 1 KB. The kernel writes there too, hence the sums. The numbers rise also
# where the file with the last one is lost, and where the disk is full.
mark() {
	read -r token <token || return
	number=$(cat seq 2>/dev/null)
	second=$(date +%s)
	[ "${number:-0}" -ge "$second" ] || number=$second
	number=$((number + 1)) part=0
	echo "$number" >seq.new && mv -f seq.new seq
	markers=$(for chunk; do
		part=$((part + 1))
		body="$token $number $part/$# $chunk"
		add_up "$body"
		printf '\n@@muster %s %s@@\n' "$body" "$sum"
	done)
	printf '%s\n' "$markers" >markers.new && mv -f markers.new markers
	printf '%s\n' "$markers" >"$ec2_console"
}

# say WORDS writes to the log, but nothing twice.
said=
say() {
	[ "$1" = "$said" ] || echo "muster: $1" >>"$ec2_log"
	said=$1
}

# complain WORDS says what keeps the server from reporting as it should: in the log, to
# who reads the console, and as a report on the console.
complain() {
	[ "$1" != "$said" ] || return 0
	say "$1"
	echo "muster: $1" >"$ec2_console"
	read -r uuid </proc/sys/kernel/random/uuid
	# The chunks are words.
	# shellcheck disable=SC2046
	mark $(printf 'muster message 1\nmuster report 1\nboot %s\nstatus failed\nfailure %s\nreceived 0\napplied 0\nend\n' "$uuid" "$1" | pack 720)
}

refuse() {
	complain "$1"
	exit 1
}

transport_report() (
	cd "$ec2_dir" && exec 2>/dev/null || exit
	case $1 in
	*"${newline}status booting"* | *"${newline}waiting "*) echo "$ec2_busy" ;;
	*) echo "$ec2_idle" ;;
	esac >pace
	if ! message=$(write_message "$1"); then
		complain "the server's report can't be written: is its disk full, does its openssl work?"
		exit 1
	fi
	# shellcheck disable=SC2046 # words
	set -- $(printf '%s\n' "$message" | pack 720)
	[ $# -gt 0 ] || exit
	data=$(IFS='' && printf %s "$*")
	limit=28800 way='the console'
	[ -z "$ec2_ssm" ] || limit=8192 way='an SSM parameter'
	if [ ${#data} -gt $limit ]; then
		transport_report "muster report 1
boot $boot
status failed
failure the report has ${#data} bytes compressed, and $way carries $limit: publish fewer or shorter outputs
received $received
applied $applied${decommission:+${newline}decommission $decommission}
end
"
	elif [ -n "$ec2_ssm" ]; then
		printf %s "$data" >message.new && mv -f message.new message && poke
	else
		mark "$@" && poke
	fi
)

# Makes the courier look around.
poke() {
	if [ -p poke ]; then echo poke 1<>poke; fi
}

# write_message REPORT prints what travels. Sensitive outputs lie apart in it: sealed,
# or as they are where the whole message becomes an SSM SecureString.
write_message() {
	echo 'muster message 1'
	[ ! -s key.pub ] || { printf 'key ' && cat key.pub; } || return
	find_secrets
	if [ -z "$secrets" ]; then
		printf %s "$1"
		return
	fi
	secret=$(pick yes "$1")
	[ -z "$secret" ] || write_secret && pick no "$1"
}

# Sets $secrets to the names of the sensitive outputs.
find_secrets() {
	secrets=
	[ -e run/declarations ] || return 0
	while read -r kind name _ secrecy; do
		[ "$kind.$secrecy" != output.sensitive ] || secrets="$secrets $name"
	done <run/declarations
}

# pick yes|no REPORT prints the lines of the sensitive outputs, or all others.
pick() {
	printf %s "$2" | while IFS= read -r line; do
		name=${line#output } found=no
		[ "$name" = "$line" ] || ! contains "$secrets" "${name%% *}" || found=yes
		[ $found != "$1" ] || printf '%s\n' "$line"
	done
}

# ---- Deliveries

# Looks at the tags.
look() {
	set -- tags/instance/muster.m
	[ ! -e run/scripts/decommission ] || [ -e leave ] || set -- "$1" tags/instance/muster.leave
	imds "$@"
	manifest='' value=''
	{ item && manifest=$value && value='' && { [ $# -eq 1 ] || item; } || return; } <<-END
		$answer
	END
	if [ -n "$value" ]; then
		: >leave && muster_wake
	fi
	[ -n "$manifest" ] || return 0
	[ ! -e delivery ] || [ "$manifest" != "$(cat adopted)" ] || return 0
	take && mv -f delivery.new delivery && printf %s "$manifest" >adopted && muster_wake
}

# Takes what the manifest names into the file delivery.new.
take() {
	IFS=: read -r revision kind count wanted <<-END
		$manifest
	END
	case $kind in
	plain) collect && gzip -d <blob >delivery.new ;;
	sealed) collect && unseal ;;
	ssm) fetch ;;
	*) false ;;
	esac
}

# Puts together what lies in $count tags. The manifest must still be the same after
# the last one was read.
collect() {
	case $count in [1-9] | [1-4][0-9]) ;; *) return 1 ;; esac
	left=$count text=''
	set --
	while [ "$left" -gt 0 ]; do
		left=$((left - 1))
		set -- "tags/instance/muster.d.$left" "$@"
	done
	imds "$@" tags/instance/muster.m
	{
		for _; do item && text=$text$value || return; done
		item && [ "$value" = "$manifest" ] || return
	} <<-END
		$answer
	END
	add_up "$text"
	[ "$sum:${#text}" = "$wanted" ] && printf %s "$text" | base64 -d >blob
}

# ---- The courier

courier() {
	cd "$ec2_dir" && exec 9<>poke || exit
	shown=none tried='' trouble=1
	while kill -0 $$; do
		failed=no
		look || failed=yes
		[ -z "$ec2_ssm" ] || send || failed=yes
		if [ $failed = no ]; then
			trouble=1
			read -r delay <pace || delay=$ec2_busy
			[ "$delay" = $ec2_busy ] || delay=$((delay * (80 + $(random) % 41) / 100))
		else
			[ "$manifest" = "$tried" ] || trouble=1
			tried=$manifest delay=$trouble trouble=$((trouble < 32 ? trouble * 2 : 48 + $(random) % 16))
			[ "$trouble" -lt 32 ] || say "the tags or what they name can't be read (${manifest:-no manifest})"
		fi
		repeat
		(sleep "$delay" && echo look >&9) &
		read -r _ <&9
		kill $!
		wait $!
	done
}

# Prints a number from 0 to 65535.
random() {
	read -r uuid </proc/sys/kernel/random/uuid
	uuid=${uuid%%-*}
	echo $((0x${uuid#????}))
}

# Repeats the newest report: soon, for the kernel may have written into it, and then
# again and again, for only the last 64 KB of a console are kept. A log of more than
# 10 MB is begun anew.
repeat() {
	read_uptime
	number=$(cat seq 2>/dev/null)
	[ "$number" = "$shown" ] || shown=$number pause=$ec2_soon again=$((now + ec2_soon * 100))
	[ "$now" -ge "$again" ] || return
	pause=$((pause * 6 < ec2_repeat ? pause * 6 : ec2_repeat)) again=$((now + pause * 100))
	[ -n "$ec2_ssm" ] || cat markers >"$ec2_console"
	[ "$(wc -c <"$ec2_log")" -lt 10485760 ] || { cp "$ec2_log" "$ec2_log.1" && : >"$ec2_log"; }
}

# ---- What the agent calls, but for transport_report

# A text of the payload that is a word @NUMBER:BYTES lies in a file of its own: base64
# takes more room in compressed user data.
transport_payload() (
	cd "$ec2_dir" || exit
	while read -r line; do
		text=${line##* @}
		if [ "$text" = "$line" ]; then
			echo "$line"
		else
			echo "${line% @*} $(head -c "${text#*:}" "text.${text%:*}" | base64 -w 0)"
		fi
	done <payload
)

transport_delivery() {
	if [ -e "$ec2_dir/delivery" ]; then cat "$ec2_dir/delivery"; fi
}

transport_decommission() { [ -e "$ec2_dir/leave" ]; }

transport_log() {
	[ ! -e "$ec2_log.1" ] || tail -c 65536 "$ec2_log.1"
	tail -c 65536 "$ec2_log"
}

# Checks what only some servers need, looks once, and starts the courier.
transport_start() {
	(
		cd "$ec2_dir" || exit
		[ -z "$ec2_ssm" ] || check_curl
		find_secrets
		[ -n "$ec2_ssm" ] || [ -z "$secrets$sensitive" ] || check_openssl
		rm -f delivery message poke
		mkfifo poke
		look 2>/dev/null
		:
	) || exit
	courier >/dev/null 2>&1 &
}

# ---- The start

# start install|boot becomes the agent, or ends where this is not its instance: an image
# that was made of a server holds all of this.
start() {
	cd "$ec2_dir" || exit
	mask=$(umask)
	umask 077
	former=$(cat instance 2>/dev/null)
	[ -s token ] || cat /proc/sys/kernel/random/uuid >token
	[ "$1$former" != install ] || watch
	for tool in curl gzip base64 sha256sum date; do
		command -v $tool >/dev/null || refuse "the server lacks the program $tool"
	done
	read -r begin _ </proc/uptime
	until find_facts; do
		read -r now _ </proc/uptime
		[ $((${now%.*} - ${begin%.*})) -lt 60 ] || complain 'the instance metadata service does not answer'
		sleep 2
	done
	if [ "$id" != "${former:-$id}" ]; then
		[ "$1" = install ] || { say "this was made for the instance $former" && exit; }
		rm -f token seq key.* adopted leave && cat /proc/sys/kernel/random/uuid >token && : >"$ec2_log"
	fi
	echo "$id" >instance
	sync token instance 2>/dev/null
	[ ! -s running ] || [ "$(cat running)" != "$(identify "$(cat running)")" ] || exit
	identify $$ >running
	[ "$1$former" = install ] || watch
	umask "$mask"
	exec sh "$0"
}

# identify PID prints what no other process has in common with it, also after a reboot.
identify() {
	pid=${1%% *}
	stat=$(cat "/proc/$pid/stat" 2>/dev/null)
	# shellcheck disable=SC2086 # words
	set -- ${stat##*) }
	read -r kernel </proc/sys/kernel/random/boot_id
	echo "$pid ${20-} $kernel"
}

# Powers off where nothing has been delivered when the time is over.
watch() {
	[ "$ec2_orphan" -gt 0 ] && [ ! -e adopted ] || return 0
	(
		sleep "$ec2_orphan"
		[ ! -e adopted ] || exit
		say "nothing was delivered within $ec2_orphan s: powering off"
		poweroff || shutdown -h now
	) &
}

# Asks for the facts and puts them into the environment.
find_facts() {
	imds instance-id ami-launch-index local-ipv4 public-ipv4 local-hostname placement/availability-zone
	{
		item && id=$value && item && index=$value && [ -n "$id" ] || return
		for name in PRIVATE_IP PUBLIC_IP PRIVATE_DNS ZONE; do
			item || return
			[ -z "$value" ] || export "MUSTER_$name=$value"
		done
	} <<-END
		$answer
	END
	case $index in '' | *[!0-9]*) return 1 ;; esac
	export MUSTER_RUN=$ec2_dir/run MUSTER_HOME=$ec2_dir/home HOME="${HOME:-/root}"
	export MUSTER_SERVER_ID="$id" MUSTER_GROUP="$ec2_group"
	export MUSTER_SLOT=$((ec2_base + index)) MUSTER_MEMBER="$ec2_group-$((ec2_base + index))"
}


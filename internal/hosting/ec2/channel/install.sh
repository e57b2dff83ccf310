#!/bin/sh
# The user data of an instance: puts the agent and what it needs in place and starts
# it. cloud-init runs this once in an instance's life, as root, and waits for its end.
(
	umask 077
	mkdir -p /var/lib/muster/home /var/lib/cloud/scripts/per-boot && cd /var/lib/muster || exit
	# Who is not root may use the scripts' directory, and look for nothing else.
	chmod 711 . && chmod 755 home || exit
	# An agent that runs goes on reading the files that it has.
	rm -f agent payload text.*
	# ---- files
	cat >/var/lib/cloud/scripts/per-boot/muster <<-'END' || exit
		#!/bin/sh
		$(command -v setsid) sh /var/lib/muster/agent start "${1:-boot}" </dev/null >>/var/log/muster.log 2>&1 &
	END
	chmod 700 /var/lib/cloud/scripts/per-boot/muster && : >>/var/log/muster.log
) && exec sh /var/lib/cloud/scripts/per-boot/muster install
echo 'muster: installing under /var/lib/muster has failed' >/dev/console
exit 1

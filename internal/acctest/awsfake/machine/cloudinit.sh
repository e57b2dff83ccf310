# What cloud-init does in its final stage, as far as it is about scripts: those of
# every boot, then the user's, once per instance. The latter are marked as run before
# they run: a machine that goes down in the midst of them doesn't run them again. Their
# output goes to a log and to the console.

cloud=/var/lib/cloud
once=$cloud/instance/sem/config_scripts_user

warn() {
	echo "cloud-init[$$]: WARNING: $*"
}

# run_parts DIRECTORY
run_parts() {
	for script in "$1"/*; do
		[ -f "$script" ] && [ -x "$script" ] || continue
		if [ "$(head -c 2 "$script")" != '#!' ]; then
			warn "running $script: Exec format error. Missing #! in script?"
			continue
		fi
		"$script" || warn "running $script: exit code $?"
	done
}

{
	echo "Cloud-init v. 24.4 running 'modules:final' at $(date -R)."
	run_parts $cloud/scripts/per-boot
	if [ ! -e $once ]; then
		date -R >$once
		run_parts $cloud/instance/scripts
	fi
	echo "Cloud-init v. 24.4 finished at $(date -R). Datasource DataSourceEc2."
} 2>&1 | tee -a /var/log/cloud-init-output.log >/dev/console

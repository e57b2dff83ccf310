package machine

// advice is what helps where the machine forbids what is needed. The names are those
// of Linux, Ubuntu, Debian, and Docker.
const advice = "running instances needs user namespaces and Linux 5.12; allow them with" +
	" sysctl user.max_user_namespaces=100000," +
	" on Ubuntu also kernel.apparmor_restrict_unprivileged_userns=0," +
	" on Debian also kernel.unprivileged_userns_clone=1," +
	" in Docker --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined"

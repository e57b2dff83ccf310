// Package machine runs what an EC2 instance would run, on this machine: its user data,
// as cloud-init would, in a root directory and in namespaces of its own, with a
// metadata service of its own on loopback and a console whose last 64 KiB are kept.
// What the instance does changes nothing of the machine: its /etc, /var and /run are
// its own, and its power-off ends nobody else. Only tests import it.
//
// An instance is a tree of processes below a process 1, which is this program started
// anew in a user, a mount and a PID namespace. Process 1 mounts what the instance sees,
// leaves this machine's root directory, and starts cloud-init in a second user namespace
// below its own: root there can't undo what was mounted. When process 1 ends, the kernel
// ends all others; and it ends with the program that has started it. On this machine
// root of the instance is nobody (65534) where this program is root, and else whoever
// runs it.
//
// It behaves as Debian or Amazon Linux 2023 on a Nitro instance, but for this:
//   - The network is this machine's. Instances have loopback addresses, and ports below
//     1024 are closed to them.
//   - The metadata service is found by AWS_EC2_METADATA_SERVICE_ENDPOINT, which is in
//     the environment of everything in the instance, and not at 169.254.169.254.
//   - Programs are this machine's. /usr is read-only but for /usr/local; /bin and /sbin
//     have links.
//   - There is one user, root, and no /sys; another /proc can't be mounted.
//   - The kernel is this machine's, and with it the time since boot. A boot has its own
//     /proc/sys/kernel/random/boot_id.
//   - There is no service manager. "poweroff", "halt", "shutdown", "reboot" and what
//     "systemctl" and "init" know of it end or restart the instance. The power goes at
//     once: no process is told to end, which is the harder case for those that have to
//     survive it.
package machine

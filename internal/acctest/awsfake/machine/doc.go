// Package machine runs what an EC2 instance would run, on this machine: its user data,
// as cloud-init would, in a root directory and in namespaces of its own, with a
// metadata service of its own on loopback and a console whose last 64 KB are kept.
// What the instance does changes nothing of the machine: its /etc, /var and /run are
// its own, and its power-off ends nobody else. Only tests import it.
package machine

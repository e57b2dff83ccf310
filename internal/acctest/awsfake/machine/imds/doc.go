// Package imds is the metadata service of one EC2 instance: what an instance finds at
// 169.254.169.254, here on a loopback address. It speaks version 2 of the service,
// with session tokens, and says no where EC2's does.
//
// What it says is asked anew at every request, so that the world behind it decides
// what is visible when. Sources: the EC2 user guide, "Access instance metadata for an
// EC2 instance" and "Instance metadata categories".
package imds

// Package channel is what travels between the provider and an instance on EC2, and in
// what form: user data at launch; deliveries in the instance's tags, which it reads
// from its metadata service; reports on its console or in SSM; secrets, sealed or as a
// pointer into SSM. Both ends are here: the Go code for the provider's, and
// transport.sh for the instance's.
//
// The package does no I/O.
package channel

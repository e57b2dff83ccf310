// Package crash holds the kill suite: the real CLI and real local servers, with the
// provider, or Terraform and the provider, killed after every single call of the
// hosting service; then the same command again, and a look at what runs. There is
// nothing in it but tests.
package crash

// Package awsclient makes the clients of the AWS APIs that the provider calls: from
// the provider's aws block, the environment and the shared files, as people know it
// from other tools; with retries, one rate limiter per API for the whole process, and
// a log of requests that holds no bodies.
package awsclient

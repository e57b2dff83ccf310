// Package boot holds what a server needs to boot and what it says while it does:
// the configuration it was launched from, the payload that carries it, the agent
// that runs it, the values delivered to it later, and its reports.
//
// The package is pure: it knows neither Terraform nor any hosting service. A
// hosting service supplies a transport (see [Agent]) and moves the encoded bytes.
package boot

// Package fault makes a hosting service, or the whole process, fail on purpose.
//
// The program mortal is the provider with a [Plan] from its environment, so that
// tests see with the real CLI what a crash at any call leaves behind.
package fault

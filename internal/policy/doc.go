// Package policy is the engine that decides how many servers a group needs, and
// why.
//
// It is pure: [Compile] finds every fault of a [Spec] at once, and
// [Policy.Decide] is a function of the compiled policy and one [Snapshot]. It
// reads no clock, does no I/O, keeps no state and never depends on the order of a
// map, so the same snapshot always gives the same decision. Terraform plans
// everything twice and needs exactly that.
//
// A decision passes through a fixed pipeline of stages; see [Policy.Decide].
// Words and formulas are those of the field wherever it has them: the Kubernetes
// Horizontal Pod Autoscaler v2 (HPA) for targets, tolerance and the combination
// of rules, AWS and Google Cloud for the rest.
package policy

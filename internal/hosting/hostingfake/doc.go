// Package hostingfake is a hosting service in memory, for tests and benchmarks. It
// keeps the contract of the port exactly, and breaks only what it is told to break.
//
// A [World] is what outlives everybody: configurations, ledger and servers. A
// [Service] is one client of it, as a run of the provider is: it logs its calls,
// fails where it is told to, and can be killed at any step. Another client goes on
// with the same world.
//
// Servers run no scripts. They live as their [Behavior] says, by the same rules as
// the agent, and in the time of the world's clock: under testing/synctest that costs
// no real time. Nothing runs in the background: a server's life is computed when
// somebody looks at it.
package hostingfake

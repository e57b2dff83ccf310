// Package hosting is the port to where servers run. A [Service] stores server
// configurations, keeps the ledger of every server group, and launches, lists,
// reaches and terminates servers.
//
// The doc comments are the contract; the package hostingtest holds the suite that
// every implementation passes. Four rules hold for every method:
//   - It may be called again after any failure, also by another process after a
//     crash, and then completes what was begun.
//   - It honours the end of its context promptly. What it has done by then stays
//     done and is found by a repeated call.
//   - Its errors say what it was doing with what, so that callers need not; they wrap
//     the sentinels of this package where those say what happened,
//     and never quote a value of a parameter or output.
//   - It retries what the hosting service asks to retry (throttling, lag) itself;
//     an error that it returns is worth showing to a user.
package hosting

package fault

import (
	"fmt"
	"os"
	"sync"
)

// victim ends the process, or panics, as planned.
type victim struct {
	plan  Plan
	panic sync.Once
}

// done is told of every call that has taken effect.
func (v *victim) done(method string) {
	if v.plan.Calls != "" {
		number, err := record(v.plan.Calls, method)
		if err != nil {
			// A count that is wrong would make every result of the test worthless.
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		v.note(number)
	}
	if method == v.plan.Panic {
		v.panic.Do(func() { panic("planned for the first call of " + method) })
	}
}

// note ends the process when the planned number of calls has taken effect.
func (v *victim) note(calls int) {
	if v.plan.Kill == "" || calls != v.plan.After {
		return
	}
	if v.plan.Kill == KillBoth {
		kill(os.Getppid())
	}
	kill(os.Getpid())
	select {} // The call never returns.
}

func kill(pid int) {
	if process, err := os.FindProcess(pid); err == nil {
		_ = process.Kill()
	}
}

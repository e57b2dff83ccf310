//go:build linux

package local

import (
	"errors"
	"sync"
)

// each calls do for every index below count, at most width of them at once, and
// joins their errors in the order of the indices.
func each(count, width int, do func(index int) error) error {
	failures := make([]error, count)
	slots := make(chan struct{}, width)
	var group sync.WaitGroup
	for index := range count {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			failures[index] = do(index)
		})
	}
	group.Wait()
	return errors.Join(failures...)
}

//go:build linux

package local

import (
	"errors"
	"fmt"
	"sync"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
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

// eachServer calls do for every server that is known, at most width of them at
// once. Its errors say what was done to whom. One that became unknown meanwhile
// is passed over like one that was unknown before.
func (s *Service) eachServer(servers []hosting.Server, width int, doing string, do func(serverDirectory) error) error {
	return each(len(servers), width, func(index int) error {
		id := servers[index].ID
		if !serverID.MatchString(id) {
			return nil
		}
		directory := s.serverDirectory(id)
		if !directory.exists() {
			return nil
		}
		err := do(directory)
		if err == nil || !directory.exists() {
			return nil
		}
		return fmt.Errorf("%s %s: %w", doing, servers[index].Key(), err)
	})
}

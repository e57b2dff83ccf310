package fault

import (
	"context"
	"sync"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// forgetful loses writes of the ledger in a crash: it has the record of a new group
// in memory only until no launch of it is under way any more.
type forgetful struct {
	hosting.Service

	mu   sync.Mutex
	held map[string]hosting.Group
}

func (f *forgetful) CreateGroup(ctx context.Context, group hosting.Group) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := f.Service.Group(ctx, group.Name); err == nil {
		return hosting.ErrExists
	}
	f.held[group.Name] = group
	return nil
}

func (f *forgetful) Group(ctx context.Context, name string) (hosting.Group, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if group, found := f.held[name]; found {
		return group, nil
	}
	return f.Service.Group(ctx, name)
}

func (f *forgetful) UpdateGroup(ctx context.Context, ref hosting.GroupRef, change func(*hosting.Group) error) (hosting.Group, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	group, found := f.held[ref.Name]
	if !found {
		return f.Service.UpdateGroup(ctx, ref, change)
	}
	launching := group.Launch != nil
	if err := change(&group); err != nil {
		return hosting.Group{}, err
	}
	f.held[ref.Name] = group
	if launching && group.Launch == nil {
		delete(f.held, ref.Name)
		return group, f.Service.CreateGroup(ctx, group)
	}
	return group, nil
}

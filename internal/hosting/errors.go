package hosting

import (
	"errors"
	"fmt"
)

var (
	// ErrNotFound says that there is no such configuration or group, or it has another
	// incarnation.
	ErrNotFound = errors.New("not found")
	// ErrExists says that the name is taken.
	ErrExists = errors.New("already exists")
	// ErrUnsupported says that the hosting service can't work here at all, like the
	// local one on another system than Linux.
	ErrUnsupported = errors.New("not supported")
)

// CapacityError says that the hosting service has no room for more servers.
type CapacityError struct {
	// Wanted and Launched count the servers of the request.
	Wanted, Launched int
	Err              error
}

// Error names both counts and the cause.
func (e *CapacityError) Error() string {
	return fmt.Sprintf("%d of %d servers launched: %v", e.Launched, e.Wanted, e.Err)
}

// Unwrap returns the cause.
func (e *CapacityError) Unwrap() error { return e.Err }

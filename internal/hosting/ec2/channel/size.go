package channel

import "fmt"

// SizeError says that something is larger than what carries it.
type SizeError struct {
	// What is too large, for example `the user data of server group "web"`.
	What string
	// Size and Limit are bytes as they travel: compressed, and in base64 where it is.
	Size, Limit int
	// Advice says what takes the room, and what to do.
	Advice string
}

// Error says how much is too much, and what to do.
func (e *SizeError) Error() string {
	return fmt.Sprintf("%s has %d bytes compressed, %d more than the %d that fit: %s", e.What, e.Size, e.Size-e.Limit, e.Limit, e.Advice)
}

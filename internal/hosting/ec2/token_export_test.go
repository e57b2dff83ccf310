package ec2

import (
	"crypto/rand"
	"strings"
)

// RandomTokens makes the service use another client token for every call, as providers do
// that leave it to the SDK. A crash then launches twins.
func (s *Service) RandomTokens() {
	s.memory.placeMark = func(send) string { return strings.ToLower(rand.Text()[:placeLength]) }
}

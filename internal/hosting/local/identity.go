//go:build linux

package local

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// serverID keeps anything from becoming a path that isn't an ID.
var serverID = regexp.MustCompile(`^srv-[0-9a-f]{18}$`)

// groupPrefix is what the IDs of an incarnation's servers begin with, so that
// they are found by the names of their directories alone. Two incarnations of
// one prefix do no harm: each server's record names its own.
func groupPrefix(ref hosting.GroupRef) string {
	return "srv-" + digest(8, ref.Name, ref.Incarnation)
}

// deriveID makes the identity of a launch: a repeated launch has the same one.
// 40 bits tell the slots and attempts of an incarnation apart; a launch whose
// directory belongs to another slot is refused, not confused.
func deriveID(ref hosting.GroupRef, slot, attempt int) string {
	return groupPrefix(ref) + digest(10, ref.Name, ref.Incarnation, fmt.Sprint(slot), fmt.Sprint(attempt))
}

// digest hashes the parts, each with its length, so that no two lists of parts
// are the same text.
func digest(digits int, parts ...string) string {
	hash := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(hash, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(hash.Sum(nil))[:digits]
}

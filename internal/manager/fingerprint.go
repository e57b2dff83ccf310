package manager

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Fingerprint identifies what a member was launched from: the configuration's
// ID and the values known at launch. A member with another fingerprint than its
// group's is outdated and is replaced. It is pure, so that a plan can compute it.
func Fingerprint(configurationID string, parameters map[string]string) string {
	if len(parameters) == 0 {
		// No values are the same as an empty set of them, which JSON tells apart.
		parameters = nil
	}
	content, err := json.Marshal([]any{configurationID, parameters})
	if err != nil {
		// Strings and maps of strings always encode.
		panic(fmt.Sprintf("encoding launch values: %v", err))
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:8])
}

package parameterinjection

// sightingKey is where the private state holds a sighting.
const sightingKey = "sighting"

// sighting is what a refresh has seen of the wire. Plans are made from it.
type sighting struct {
	// Gone: the ledger doesn't hold the wire as the state does.
	Gone bool `json:"gone,omitempty"`
	// Pending: there is a value to deliver.
	Pending bool `json:"pending,omitempty"`
}

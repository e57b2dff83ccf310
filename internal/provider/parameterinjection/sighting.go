package parameterinjection

// sightingKey is where the private state holds a sighting.
const sightingKey = "sighting"

// sighting is what a refresh has seen of the wire. Plans are made from it.
type sighting struct {
	// Gone: the ledger doesn't hold the wire as the state does.
	Gone bool `json:"gone,omitempty"`
	// Pending: there is a value to deliver.
	Pending bool `json:"pending,omitempty"`
	// Held: a value is stored, so that another one is a change.
	Held bool `json:"held,omitempty"`
	// Revision is the newest of the members' group, Applied what each member runs, by key.
	Revision int            `json:"revision,omitempty"`
	Applied  map[string]int `json:"applied,omitempty"`
}

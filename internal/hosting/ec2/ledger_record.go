package ec2

import (
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// record is a group's record in the ledger.
type record struct {
	hosting.Group

	// Templates are the IDs of the launch templates from which the incarnation has
	// launched: one that is not among them has launched none of its members.
	Templates []string `json:"templates,omitempty"`
}

// storedValues and storedWires are the parts of a record that have parameters of
// their own. A value and what its change asks for are written in one step.
type storedValues struct {
	Revision     int                   `json:"revision"`
	Values       map[string]boot.Value `json:"values,omitempty"`
	Restarts     hosting.Renewals      `json:"restarts,omitzero"`
	Replacements hosting.Renewals      `json:"replacements,omitzero"`
}

type storedWires struct {
	Wires map[string]hosting.Wire `json:"wires,omitempty"`
}

// The sections of a record, each a parameter, in the order in which they are written: what
// a change takes away from the values comes before the wires that a
// repeated change finds it by, and the record proper, which says that a group is there,
// comes last.
const (
	sectionValues = iota
	sectionWires
	sectionMain
	sections
)

// bodies are the sections of a record as they are stored.
type bodies [sections]string

// encode returns the sections. Equal records are encoded equally.
func (r *record) encode() (b bodies, err error) {
	main := *r
	main.Revision, main.Values, main.Wires = 0, nil, nil
	main.Restarts, main.Replacements = hosting.Renewals{}, hosting.Renewals{}
	for section, content := range [sections]any{
		sectionValues: storedValues{Revision: r.Revision, Values: r.Values, Restarts: r.Restarts, Replacements: r.Replacements},
		sectionWires:  storedWires{Wires: r.Wires},
		sectionMain:   main,
	} {
		if b[section], err = encodeBody(content); err != nil {
			return bodies{}, err
		}
	}
	return b, nil
}

// emptyBodies are the sections of a record that has nothing in them: they need no
// parameter.
func emptyBodies() (bodies, error) {
	b, err := new(record).encode()
	b[sectionMain] = ""
	return b, err
}

// decodeRecord returns a record without values and wires.
func decodeRecord(name string, main state) (record, error) {
	var r record
	if err := decodeBody(name, main.body, &r); err != nil {
		return record{}, err
	}
	if r.Incarnation != main.incarnation {
		return record{}, damaged(name)
	}
	return r, nil
}

// decodeData adds values and wires. names are those of their parameters.
func (r *record) decodeData(names []string, states map[string]state) error {
	var values storedValues
	var wires storedWires
	for i, into := range []any{&values, &wires} {
		if data := states[names[i]]; data.exists() {
			if err := decodeBody(names[i], data.body, into); err != nil {
				return err
			}
		}
	}
	r.Revision, r.Values, r.Wires = values.Revision, values.Values, wires.Wires
	r.Restarts, r.Replacements = values.Restarts, values.Replacements
	return nil
}

// addTemplate notes a launch template; an empty ID is none.
func (r *record) addTemplate(id string) {
	if id != "" && !slices.Contains(r.Templates, id) {
		r.Templates = append(slices.Clone(r.Templates), id)
	}
}

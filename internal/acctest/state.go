package acctest

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
)

// State is a state as Terraform stores it, as far as tests look at it without a
// command of the CLI.
type State struct {
	Resources []StateResource
}

// StateResource is a resource in a [State].
type StateResource struct {
	Type, Name string
	Instances  []StateInstance
}

// StateInstance is an instance of a resource in a [State].
type StateInstance struct {
	// Status is "tainted" or empty.
	Status     string
	Attributes struct {
		Name    string
		Members map[string]struct{ ID string }
	}
}

// State reads the workspace's state file; where there is none, the state is empty.
func (w *Workspace) State() State {
	w.t.Helper()
	content, err := os.ReadFile(w.Path("terraform.tfstate"))
	if errors.Is(err, fs.ErrNotExist) {
		return State{}
	}
	var state State
	if err == nil {
		state, err = ParseState(content)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return state
}

// ParseState reads a state file's content; an empty one is an empty state.
func ParseState(content []byte) (state State, err error) {
	if len(content) == 0 {
		return state, nil
	}
	return state, json.Unmarshal(content, &state)
}

// Members returns the IDs of the members of all server groups, by member key.
func (s State) Members() map[string]string {
	ids := make(map[string]string)
	for _, resource := range s.Resources {
		if resource.Type != "muster_server_group" {
			continue
		}
		for _, instance := range resource.Instances {
			for key, member := range instance.Attributes.Members {
				ids[key] = member.ID
			}
		}
	}
	return ids
}

// Tainted returns the addresses of the resources that the next apply would replace
// because their creation is said to have failed.
func (s State) Tainted() []string {
	var addresses []string
	for _, resource := range s.Resources {
		for _, instance := range resource.Instances {
			if instance.Status == "tainted" {
				addresses = append(addresses, resource.Type+"."+resource.Name)
			}
		}
	}
	return addresses
}

package hostingfake

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// document is a world in its file. Gob reads it several times as fast as JSON.
type document struct {
	Configurations []storedConfiguration
	Groups         []hosting.Group
	Programs       map[string]*program
	Servers        []*server
	Addresses      int
}

// Open returns the world that is saved in a file, or a new one where there is no
// file, and saves it there after every call that changes it. So several processes
// can work on one world, one after the other.
func Open(path string, options Options) (*World, error) {
	w, err := Load(path, options)
	if errors.Is(err, fs.ErrNotExist) {
		w, err = NewWorld(options), nil
	}
	if err != nil {
		return nil, err
	}
	w.path = path
	return w, nil
}

// Load returns a world as it was saved. It isn't saved again; see [Open].
func Load(path string, options Options) (*World, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("loading the world: %w", err)
	}
	var saved document
	if err := gob.NewDecoder(bytes.NewReader(content)).Decode(&saved); err != nil {
		return nil, fmt.Errorf("loading the world from %s: %w", path, err)
	}
	w := NewWorld(options)
	w.configurations, w.addresses = saved.Configurations, saved.Addresses
	for _, record := range saved.Groups {
		w.records[record.Name] = record
	}
	for key, program := range saved.Programs {
		w.programs[key] = newProgram(program.Payload)
	}
	for _, server := range saved.Servers {
		if server.program = w.programs[server.Program]; server.program == nil {
			return nil, fmt.Errorf("loading the world from %s: server %s has no program", path, server.ID)
		}
		server.behavior = w.behaviorOf(server.program)
		w.admit(server)
	}
	return w, nil
}

// Save writes the world to a file, in place of what is there. Behaviors, capacity
// and lag are not part of it.
func (w *World) Save(path string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	saved := document{Configurations: w.configurations, Groups: w.allRecords(), Programs: w.programs, Addresses: w.addresses}
	for _, server := range w.servers {
		saved.Servers = append(saved.Servers, server)
	}
	var content bytes.Buffer
	if err := gob.NewEncoder(&content).Encode(saved); err != nil {
		return fmt.Errorf("saving the world: %w", err)
	}
	return replaceFile(path, content.Bytes())
}

// keep saves a world that has a file.
func (w *World) keep() error {
	if w.path == "" {
		return nil
	}
	return w.Save(w.path)
}

// replaceFile never leaves half a file.
func replaceFile(path string, content []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("saving the world: %w", err)
	}
	_, err = temporary.Write(content)
	if err = errors.Join(err, temporary.Close()); err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("saving the world: %w", err), os.Remove(temporary.Name()))
	}
	return nil
}

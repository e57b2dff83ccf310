// Command unprepared starts a machine without having called machine.RunInit.
package main

import (
	"fmt"
	"os"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine/imds"
)

type metadata struct{}

func (metadata) View() imds.View { return imds.View{InstanceID: "i-0123456789abcdef0"} }

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	// Not an argument: process 1 has none, and would start a machine all the same.
	directory, err := os.MkdirTemp("", "unprepared")
	if err != nil {
		return err
	}
	defer os.RemoveAll(directory)
	m, err := machine.Start(machine.Spec{Directory: directory, Metadata: metadata{}})
	if err != nil {
		return err
	}
	return m.Stop()
}

// Package rooms_test holds the project's structure against the drawing of who may
// know whom.
package rooms_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/musterhq/terraform-provider-muster/"

type room struct {
	ImportPath string
	Imports    []string
}

// rules say which imports a room must not have, and why. A pattern is matched
// against the path within the module, or against a whole import path.
func rules() map[string]struct {
	never []string
	why   string
} {
	type rule = struct {
		never []string
		why   string
	}
	return map[string]rule{
		"internal/policy":              {[]string{"internal/*", "internal/metric/*", "internal/hosting/*", "internal/provider/*", "internal/policy/scenario", "os", "net", "net/*", "log", "log/*", "math/rand", "math/rand/*", "crypto/rand", "github.com/hashicorp/*"}, "the engine is pure: the same snapshot gives the same decision, always"},
		"internal/policy/formula":      {[]string{"internal/*", "internal/*/*", "os", "net", "net/*", "log", "log/*", "math/rand", "math/rand/*", "crypto/rand", "time", "github.com/hashicorp/*"}, "a formula is pure: the same values give the same number, always"},
		"internal/policy/schedule":     {[]string{"internal/*", "internal/*/*", "os", "net", "net/*", "log", "log/*", "math/rand", "math/rand/*", "crypto/rand", "github.com/hashicorp/*"}, "when a schedule is in force depends on the instant that is asked for and on nothing else"},
		"internal/boot":                {[]string{"internal/*", "internal/*/*", "os", "net", "net/*", "github.com/hashicorp/*"}, "what servers boot from knows no hosting service and no Terraform"},
		"internal/pattern":             {[]string{"internal/*", "internal/*/*", "os", "net", "net/*", "github.com/hashicorp/*"}, "comparing expressions is pure and below everything"},
		"internal/hosting":             {[]string{"internal/provider", "internal/provider/*", "internal/manager", "internal/policy", "internal/metric", "internal/hosting/*", "github.com/hashicorp/*", "github.com/aws/*"}, "a port knows no implementation and no user of it"},
		"internal/metric":              {[]string{"internal/provider", "internal/provider/*", "internal/manager", "internal/policy", "internal/hosting", "internal/metric/*", "github.com/hashicorp/*", "github.com/aws/*"}, "a port knows no implementation and no user of it"},
		"internal/hosting/hostingfake": {[]string{"internal/provider", "internal/provider/*", "internal/manager", "internal/policy", "internal/metric", "internal/hosting/local", "github.com/hashicorp/*"}, "a fake keeps the port's contract and knows nobody else"},
		"internal/hosting/local":       {[]string{"internal/provider", "internal/provider/*", "internal/manager", "internal/policy", "internal/metric", "github.com/hashicorp/*"}, "an adapter acts and doesn't decide, and knows no Terraform"},
		"internal/hosting/ec2":         {[]string{"internal/provider", "internal/provider/*", "internal/manager", "internal/policy", "internal/metric", "internal/awsclient", "github.com/hashicorp/*"}, "an adapter acts and doesn't decide, knows no Terraform, and is given its clients"},
		"internal/hosting/ec2/*":       {[]string{"internal/provider", "internal/provider/*", "internal/manager", "internal/policy", "internal/metric", "internal/awsclient", "internal/hosting/ec2", "net", "net/*", "github.com/hashicorp/*", "github.com/aws/*"}, "what travels to an instance does no I/O and knows nobody who sends it"},
		"internal/awsclient":           {[]string{"internal/*", "internal/*/*", "github.com/hashicorp/*"}, "clients of AWS know nobody who calls with them"},
		"internal/metric/cloudwatch":   {[]string{"internal/provider", "internal/provider/*", "internal/manager", "internal/policy", "internal/hosting", "internal/awsclient", "github.com/hashicorp/*"}, "an adapter acts and doesn't decide, knows no Terraform, and is given its client"},
		"internal/metric/http":         {[]string{"internal/provider", "internal/provider/*", "internal/manager", "internal/policy", "internal/hosting", "github.com/hashicorp/*"}, "an adapter acts and doesn't decide, and knows no Terraform"},
		"internal/metric/origin":       {[]string{"internal/provider", "internal/provider/*", "internal/manager", "internal/policy", "internal/hosting", "internal/metric/*", "github.com/hashicorp/*", "github.com/aws/*"}, "what requests over HTTP have in common knows none of the sources that make them"},
		"internal/metric/prometheus":   {[]string{"internal/provider", "internal/provider/*", "internal/manager", "internal/policy", "internal/hosting", "github.com/hashicorp/*"}, "an adapter acts and doesn't decide, and knows no Terraform"},
		"internal/acctest/promserver":  {[]string{"internal/acctest", "internal/provider", "internal/provider/*", "internal/manager", "internal/policy", "internal/metric", "internal/metric/*", "internal/hosting", "internal/hosting/*"}, "the real server that sources are tested on knows none of them"},
		"internal/manager":             {[]string{"internal/provider", "internal/provider/*", "internal/hosting/*", "internal/metric/*", "internal/tfdiag", "internal/tfvalue", "github.com/hashicorp/*", "github.com/aws/*"}, "the manager knows neither Terraform nor any implementation of a port"},
		"internal/provider/*":          {[]string{"internal/hosting/*", "internal/metric/*", "github.com/aws/*"}, "only internal/provider chooses implementations"},
		"internal/tfdiag":              {[]string{"internal/*", "internal/*/*"}, "the Terraform edge's tools know none of its users"},
		"internal/tfvalue":             {[]string{"internal/*", "internal/*/*"}, "the Terraform edge's tools know none of its users"},
		"internal/wait":                {[]string{"internal/*", "internal/*/*"}, "waiting is below everything"},
	}
}

func TestRooms(t *testing.T) {
	t.Parallel()
	checked := make(map[string]bool)
	for _, room := range list(t) {
		name := strings.TrimPrefix(room.ImportPath, module)
		for pattern, rule := range rules() {
			if !matches(pattern, name) {
				continue
			}
			checked[pattern] = true
			for _, imported := range room.Imports {
				for _, never := range rule.never {
					if matches(never, strings.TrimPrefix(imported, module)) {
						t.Errorf("%s imports %s: %s", name, strings.TrimPrefix(imported, module), rule.why)
					}
				}
			}
		}
	}
	for pattern := range rules() {
		if !checked[pattern] {
			t.Errorf("no package matches %q: the rule holds nothing", pattern)
		}
	}
}

// TestShipped keeps what only tests need out of the binary.
func TestShipped(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "..").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dependency := range strings.Lines(string(out)) {
		dependency = strings.TrimSpace(dependency)
		for _, never := range []string{module + "internal/acctest", module + "internal/acctest/*", module + "internal/hosting/hostingtest", module + "internal/hosting/hostingfake", "github.com/hashicorp/terraform-plugin-testing/*", "github.com/hashicorp/terraform-plugin-sdk/*"} {
			if matches(never, dependency) {
				t.Errorf("the provider's binary contains %s, which only tests need", dependency)
			}
		}
	}
}

func list(t *testing.T) []room {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var rooms []room
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var next room
		err := decoder.Decode(&next)
		if errors.Is(err, io.EOF) {
			return rooms
		}
		if err != nil {
			t.Fatal(err)
		}
		rooms = append(rooms, next)
	}
}

// matches is path.Match, but that a star at the end also spans what lies below.
func matches(pattern, name string) bool {
	if prefix, open := strings.CutSuffix(pattern, "/*"); open && strings.HasPrefix(pattern, "github.com/") {
		return strings.HasPrefix(name, prefix+"/")
	}
	ok, err := filepath.Match(pattern, name)
	return ok && err == nil
}

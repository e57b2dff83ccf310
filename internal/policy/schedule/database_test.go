package schedule_test

import (
	"archive/zip"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/policy/schedule"
)

// openDatabase opens the time zone database of the provider.
func openDatabase(t *testing.T) *zip.ReadCloser {
	t.Helper()
	files, err := zip.OpenReader("zoneinfo.zip")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = files.Close() })
	return files
}

// readZone reads a time zone from the database of the provider.
func readZone(t *testing.T, name string) *time.Location {
	t.Helper()
	content, err := fs.ReadFile(openDatabase(t), name)
	if err != nil {
		t.Fatal(err)
	}
	location, err := time.LoadLocationFromTZData(name, content)
	if err != nil {
		t.Fatal(err)
	}
	return location
}

func TestParse_everyZone(t *testing.T) {
	t.Parallel()
	files := openDatabase(t).File
	if len(files) < 500 {
		t.Errorf("the database has %d zones, want more", len(files))
	}
	noon := instant(t, "2026-07-01T12:00:00Z")
	for _, file := range files {
		parse(t, schedule.Spec{Start: "0 8 * * *", End: "0 18 * * *", TimeZone: file.Name}).InForce(noon)
	}
}

// What a machine takes for Berlin, in its files or its environment, changes no plan.
func TestParse_machineWithOtherZones(t *testing.T) {
	t.Parallel()
	const child = "SCHEDULE_TEST_OTHER_ZONES"
	if os.Getenv(child) != "" {
		eight := parse(t, schedule.Spec{Start: "0 8 * * *", Duration: new(time.Hour), TimeZone: "Europe/Berlin"})
		if _, ok := eight.InForce(instant(t, "2026-07-01T06:00:00Z")); !ok {
			t.Error("Berlin has another time than Berlin")
		}
		return
	}
	utc, err := fs.ReadFile(openDatabase(t), "UTC")
	if err != nil {
		t.Fatal(err)
	}
	zones := t.TempDir()
	if err := os.MkdirAll(filepath.Join(zones, "Europe"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(zones, "Europe", "Berlin"), utc, 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$")
	command.Env = append(os.Environ(), child+"=1", "ZONEINFO="+zones)
	if output, err := command.CombinedOutput(); err != nil {
		t.Errorf("with other time zones: %v\n%s", err, output)
	}
}

package acctest

import (
	"os"
	"strconv"
	"testing"
)

const (
	// WorldVariable names the file in which the program crowd keeps its world.
	WorldVariable = "MUSTER_TEST_WORLD"
	// PeakSuffix is added to that file's name for the peak memory of the program.
	PeakSuffix = ".peak"

	worldName = "world.json"
)

// NewCrowdedWorkspace returns a workspace whose provider has a hosting service in
// memory, on which any number of servers fits.
func NewCrowdedWorkspace(t testing.TB) *Workspace {
	t.Helper()
	w := newWorkspace(t, builtCrowd)
	w.Setenv(WorldVariable, w.Path(worldName))
	return w
}

// ProviderPeak returns the peak memory in bytes of the provider that ran last in a
// workspace of [NewCrowdedWorkspace].
func (w *Workspace) ProviderPeak() float64 {
	w.t.Helper()
	content, err := os.ReadFile(w.Path(worldName + PeakSuffix))
	if err != nil {
		w.t.Fatal(err)
	}
	peak, err := strconv.ParseFloat(string(content), 64)
	if err != nil {
		w.t.Fatal(err)
	}
	return peak * 1024
}

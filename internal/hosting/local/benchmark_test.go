//go:build linux

package local_test

import (
	"path/filepath"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/hosting/local"
)

// BenchmarkService_Launch launches ten servers and terminates them; only the
// launch is timed.
func BenchmarkService_Launch(b *testing.B) {
	executable, err := filepath.EvalSymlinks("/proc/self/exe")
	if err != nil {
		b.Fatal(err)
	}
	service, err := local.New(local.Options{
		Directory: filepath.Join(b.TempDir(), ".muster"), Namespace: "default", Executable: executable,
	})
	if err != nil {
		b.Fatal(err)
	}
	wanted := request("true", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	for b.Loop() {
		servers, err := service.Launch(b.Context(), wanted)
		b.StopTimer()
		if err != nil || len(servers) != 10 {
			b.Fatalf("got %d servers and error %v", len(servers), err)
		}
		if err := service.Terminate(b.Context(), servers); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// Command crowd is the provider on a hosting service in memory, for benchmarks with
// more servers than a machine can run. The file of its world is in its environment;
// beside it, it leaves its peak memory.
package main

import (
	"context"
	"log"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/hostingfake"
	muster "github.com/musterhq/terraform-provider-muster/internal/provider"
)

func main() {
	path := os.Getenv(acctest.WorldVariable)
	// As in the real provider: nobody reads these logs.
	for _, name := range []string{"TF_LOG_SDK", "TF_LOG_SDK_FRAMEWORK", "TF_LOG_SDK_PROTO"} {
		_ = os.Setenv(name, "off")
	}
	err := providerserver.Serve(context.Background(), func() provider.Provider {
		return muster.New("test", muster.WithHosting(func(hosting.Service) hosting.Service { return connect(path) }))
	}, providerserver.ServeOpts{Address: muster.Address})
	if err != nil {
		log.Fatal(err)
	}
	if err := keepPeak(path + acctest.PeakSuffix); err != nil {
		log.Fatal(err)
	}
}

// connect opens the world. Its servers boot at once.
func connect(path string) hosting.Service {
	world, err := hostingfake.Open(path, hostingfake.Options{
		Now:       time.Now, //nolint:forbidigo // The clock enters the program here.
		Behaviors: map[string]hostingfake.Behavior{"crowd": {}},
	})
	if err != nil {
		log.Fatal(err)
	}
	return world.Connect()
}

// keepPeak writes the peak resident memory of this process in kB.
func keepPeak(path string) error {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(status)) {
		if peak, found := strings.CutPrefix(line, "VmHWM:"); found {
			return os.WriteFile(path, []byte(strings.Fields(peak)[0]), 0o600)
		}
	}
	return nil
}

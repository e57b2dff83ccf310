// Command crowd is the provider on a hosting service in memory, for benchmarks with
// more servers than a machine can run. The file of its world is in its environment;
// beside it, it leaves its peak memory.
package main

import (
	"context"
	"fmt"
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
	if err := serve(os.Getenv(acctest.WorldVariable)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve is the provider with the world in that file. Its servers boot at once.
func serve(path string) error {
	// As in the real provider: nobody reads these logs.
	for _, name := range []string{"TF_LOG_SDK", "TF_LOG_SDK_FRAMEWORK", "TF_LOG_SDK_PROTO"} {
		if err := os.Setenv(name, "off"); err != nil {
			return err
		}
	}
	world, err := hostingfake.Open(path, hostingfake.Options{
		Now:       time.Now, //nolint:forbidigo // The clock enters the program here.
		Behaviors: map[string]hostingfake.Behavior{"crowd": {}},
	})
	if err != nil {
		return err
	}
	err = providerserver.Serve(context.Background(), func() provider.Provider {
		return muster.New("test", muster.WithHosting(func(hosting.Service) hosting.Service { return world.Connect() }))
	}, providerserver.ServeOpts{Address: muster.Address})
	if err != nil {
		return err
	}
	return keepPeak(path + acctest.PeakSuffix)
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

// Command mortal is the provider with a hosting service that fails on purpose. What
// goes wrong is in its environment; see the package fault.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/fault"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/local"
	muster "github.com/musterhq/terraform-provider-muster/internal/provider"
)

func main() {
	local.RunSupervisor()
	// Caught and not ignored, because a child would inherit that.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGTERM)
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve() error {
	plan, err := fault.FromEnvironment()
	if err != nil {
		return err
	}
	return providerserver.Serve(context.Background(), func() provider.Provider {
		return muster.New("test", muster.WithHosting(plan.Decorate))
	}, providerserver.ServeOpts{Address: muster.Address})
}

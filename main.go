// Command terraform-provider-muster is the Terraform provider Muster.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/musterhq/terraform-provider-muster/internal/hosting/local"
	muster "github.com/musterhq/terraform-provider-muster/internal/provider"
	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// version is set by the release build.
var version = "dev"

func main() {
	// The local hosting service executes this program again, as the supervisor of
	// each server; in such a process this call doesn't return.
	local.RunSupervisor()

	terraform := os.Getppid()
	quietLogs()
	debug := flag.Bool("debug", false, "serve for a debugger, and print how Terraform attaches to it")
	flag.Parse()
	surviveTermination()
	if !*debug {
		go endWithTerraform(terraform)
	}
	err := providerserver.Serve(context.Background(), func() provider.Provider { return muster.New(version) },
		providerserver.ServeOpts{Address: muster.Address, Debug: *debug})
	if err != nil {
		log.Fatal(err)
	}
}

// quietLogs turns the libraries' trace logs off unless somebody asks for logs:
// Terraform throws them away then, but writing them takes a fifth of a plan's time.
func quietLogs() {
	for _, variable := range os.Environ() {
		if strings.HasPrefix(variable, "TF_LOG") {
			return
		}
	}
	for _, name := range []string{"TF_LOG_SDK", "TF_LOG_SDK_FRAMEWORK", "TF_LOG_SDK_PROTO"} {
		if err := os.Setenv(name, "off"); err != nil {
			log.Print(err)
		}
	}
}

// surviveTermination keeps SIGTERM from ending the provider. CI systems and init
// systems send it to the whole process group; Terraform then stops its providers
// in good order, and needs their answers to save what exists. It is caught and not
// ignored, because a child would inherit that.
func surviveTermination() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	go func() {
		for range signals {
		}
	}()
}

// endWithTerraform ends this process soon after Terraform has been killed. Nobody
// would take its answers any more, and what it went on doing would come in the way of
// the next run. Killed like this, it leaves what a crash leaves, and that is made good.
func endWithTerraform(terraform int) {
	_ = wait.Until(context.Background(), time.Second, func(context.Context) (bool, error) {
		if os.Getppid() != terraform {
			os.Exit(1)
		}
		return false, nil
	})
}

package acctest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/leftover"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/local"
)

const (
	// sharedVariable holds the directory of what all tests of the process share.
	sharedVariable = "MUSTER_ACC_SHARED"

	// leftoverPatience is longer than a supervisor takes to notice that its
	// directory is gone and to end its server.
	leftoverPatience = 10 * time.Second
	// testsPerProcessor is how many tests keep a processor busy: most of the time they wait for
	// servers.
	testsPerProcessor = 4
)

// Main is the TestMain of a package whose tests launch servers: the test binary is
// executed again as the supervisor of each local one, and as process 1 of each
// instance. It runs more tests at a time than there are processors, because they wait for
// servers most of the time, and fails the package when they leave a process running.
func Main(m *testing.M) {
	local.RunSupervisor()
	runInstance()
	if runtime.GOOS != "linux" && os.Getenv(requireAll) != "1" {
		fmt.Println("skipped: local servers need Linux")
		return
	}
	shared, err := prepare()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := runParallel(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(shared)
	os.Exit(max(code, reportLeftovers()))
}

// runParallel raises the number of tests that run at a time, unless the user has set it.
func runParallel() error {
	flag.Parse()
	parallel := flag.Lookup("test.parallel")
	if parallel.Value.String() != parallel.DefValue {
		return nil
	}
	if err := parallel.Value.Set(strconv.Itoa(testsPerProcessor * runtime.GOMAXPROCS(0))); err != nil {
		return fmt.Errorf("setting -parallel: %w", err)
	}
	return nil
}

// prepare sets up what the tests share, and returns its directory.
func prepare() (shared string, err error) {
	if err := leftover.Adopt(); err != nil {
		return "", err
	}
	if shared, err = os.MkdirTemp("", "muster-acctest"); err != nil {
		return "", err
	}
	environment := map[string]string{
		sharedVariable: shared,
		// The suite needs no account and costs nothing, so it always runs.
		"TF_ACC": "1",
		// A CLI configuration of the user's must not decide what is tested.
		"TF_CLI_CONFIG_FILE": os.DevNull,
		"CHECKPOINT_DISABLE": "1",
	}
	if strings.HasPrefix(filepath.Base(os.Getenv("TF_ACC_TERRAFORM_PATH")), "tofu") {
		// OpenTofu refuses the test framework's default, the legacy namespace "-".
		environment["TF_ACC_PROVIDER_HOST"] = "registry.opentofu.org"
		environment["TF_ACC_PROVIDER_NAMESPACE"] = "hashicorp"
	}
	// Nor must an account of the user's.
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			if err := os.Unsetenv(name); err != nil {
				return "", err
			}
		}
	}
	for name, value := range environment {
		if err := os.Setenv(name, value); err != nil {
			return "", err
		}
	}
	return shared, nil
}

// reportLeftovers prints and ends what the tests have left; it returns the exit
// code.
func reportLeftovers() int {
	ctx, cancel := context.WithTimeout(context.Background(), leftoverPatience)
	defer cancel()
	left := leftover.Await(ctx)
	for _, process := range left {
		fmt.Fprintln(os.Stderr, process)
		if found, err := os.FindProcess(process.PID); err == nil {
			_ = found.Signal(syscall.SIGKILL)
		}
	}
	return min(len(left), 1)
}

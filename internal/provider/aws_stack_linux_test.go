package provider_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// What runs on the local hosting service runs on EC2, with another provider block and
// image, and with launch settings; nothing else is changed.
func TestAccAWS_stacks(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		stack stack
		check statecheck.StateCheck
	}{
		"two that need each other": {mutual(), checkOutputs(checkMutual)},
		"one that needs itself":    {cluster(), checkState(expectOwnAddresses)},
		"couples":                  {couples(2, "hello"), expectCouples(2, "hello")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := acctest.NewCloud(t, acctest.CloudSpec{})
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(),
				Steps: []resource.TestStep{{
					Config:            cloud.ProviderBlock("") + cloud.Adapt(test.stack.String()),
					ConfigStateChecks: []statecheck.StateCheck{test.check},
				}},
			})
			expectNothingLeft(t, cloud)
		})
	}
}

func TestAccAWS_contractAcrossModules(t *testing.T) {
	t.Parallel()
	cloud := acctest.NewCloud(t, acctest.CloudSpec{})
	w := cloud.NewWorkspace(t)
	expectPromises(t, w, cloud.Adapt, func() int { return len(cloud.Live()) })
	w.MustRun("destroy", "-auto-approve")
	expectNothingLeft(t, cloud)
}

func TestAccAWS_examples(t *testing.T) {
	t.Parallel()
	t.Run("mutual", func(t *testing.T) {
		t.Parallel()
		cloud := acctest.NewCloud(t, acctest.CloudSpec{})
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Factories(),
			Steps: []resource.TestStep{{
				Config: cloud.ProviderBlock("") + cloud.Adapt(exampleConfig(t, filepath.Join(examplesDirectory, "mutual"))),
				Check:  resource.TestCheckResourceAttr("muster_server_readiness.stack", "outputs.%", "4"),
			}},
		})
		expectNothingLeft(t, cloud)
	})
	t.Run("quickstart", func(t *testing.T) {
		t.Parallel()
		example := filepath.Join(examplesDirectory, "quickstart")
		cloud := acctest.NewCloud(t, acctest.CloudSpec{Image: imageWithApp(t, example)})
		w := cloud.NewWorkspace(t)
		config := besideModule.ReplaceAllLiteralString(exampleConfig(t, example), strconv.Quote(imageApp))
		w.Write(providerBlock.ReplaceAllString(config, ""))
		for _, step := range []struct{ jobs, instances int }{{0, 3}, {20, 5}, {0, 3}} {
			jobs := fmt.Sprintf("-var=queue_depth=%d", step.jobs)
			w.MustRun("apply", "-auto-approve", jobs)
			w.ExpectNothingToDo(jobs)
			if got := len(cloud.Live()); got != step.instances {
				t.Errorf("with %d jobs there are %d instances, want %d", step.jobs, got, step.instances)
			}
		}
		w.MustRun("destroy", "-auto-approve")
		expectNothingLeft(t, cloud)
	})
}

// besideModule is how the example finds its program on the machine on which it runs, and
// imageApp is where its servers' image has it.
var besideModule = regexp.MustCompile(`abspath\("[^"]*/terraform\.d/app"\)`)

const imageApp = "/opt/quickstart/app"

// imageWithApp returns what an image of the example's servers has.
func imageWithApp(t *testing.T, example string) string {
	t.Helper()
	image := t.TempDir()
	program := filepath.Join(image, imageApp)
	command := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./app")
	command.Dir = example
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("building the example's program: %v\n%s", err, output)
	}
	return image
}

// expectNothingLeft wants the account to be as it was before, and to have been asked for
// nothing that the guide doesn't list.
func expectNothingLeft(t *testing.T, cloud *acctest.Cloud) {
	t.Helper()
	for _, instance := range cloud.Live() {
		t.Errorf("instance %s is left", instance.ID)
	}
	for _, parameter := range cloud.Parameters() {
		t.Errorf("parameter %s is left", parameter.Name)
	}
	for _, template := range cloud.LaunchTemplates() {
		t.Errorf("launch template %s is left", template.Name)
	}
	for _, operation := range cloud.Unlisted() {
		t.Errorf("%s was called", operation)
	}
}

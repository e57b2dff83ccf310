package provider_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	tfprovider "github.com/hashicorp/terraform-plugin-framework/provider"
	tfresource "github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
	"github.com/musterhq/terraform-provider-muster/internal/provider"
)

const examplesDirectory = "../../examples"

// settings matches what an example needs to find the provider, and a test doesn't.
var settings = regexp.MustCompile(`(?ms)^terraform \{$.*?^\}$`)

// providerBlock matches the provider block of an example.
var providerBlock = regexp.MustCompile(`(?ms)^provider "muster" \{$.*?^\}$`)

// exampleConfig returns the configuration in an example's directory, as it is when
// it is used from elsewhere.
func exampleConfig(t *testing.T, directory string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(directory, "*.tf"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s has no example: %v", directory, err)
	}
	absolute, err := filepath.Abs(directory)
	if err != nil {
		t.Fatal(err)
	}
	var config strings.Builder
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		config.Write(content)
	}
	text := settings.ReplaceAllString(config.String(), "")
	return strings.ReplaceAll(text, "${path.module}", absolute)
}

func TestAccExamples_plan(t *testing.T) {
	t.Parallel()
	directories := []string{filepath.Join(examplesDirectory, "provider"), filepath.Join(examplesDirectory, "quickstart")}
	for _, kind := range []string{"resources", "data-sources", "ephemeral-resources"} {
		found, err := filepath.Glob(filepath.Join(examplesDirectory, kind, "*"))
		if err != nil || len(found) == 0 {
			t.Fatalf("there are no examples of %s: %v", kind, err)
		}
		directories = append(directories, found...)
	}
	for _, directory := range directories {
		t.Run(filepath.Base(directory), func(t *testing.T) {
			t.Parallel()
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(),
				Steps: []resource.TestStep{{
					Config:             exampleConfig(t, directory),
					PlanOnly:           true,
					ExpectNonEmptyPlan: filepath.Base(directory) != "provider",
				}},
			})
		})
	}
}

func TestAccExamples_mutual(t *testing.T) {
	t.Parallel()
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{{
			Config: acctest.ProviderBlock(acctest.Directory(t), "") + exampleConfig(t, filepath.Join(examplesDirectory, "mutual")),
			Check:  resource.TestCheckResourceAttr("muster_server_readiness.stack", "outputs.%", "4"),
		}},
	})
}

func TestExamples_everyTypeHasOne(t *testing.T) {
	t.Parallel()
	p, ok := provider.New("test").(tfprovider.ProviderWithEphemeralResources)
	if !ok {
		t.Fatal("the provider has no ephemeral resources")
	}
	for _, create := range p.Resources(t.Context()) {
		var named tfresource.MetadataResponse
		create().Metadata(t.Context(), tfresource.MetadataRequest{ProviderTypeName: "muster"}, &named)
		exampleConfig(t, filepath.Join(examplesDirectory, "resources", named.TypeName))
	}
	for _, create := range p.DataSources(t.Context()) {
		var named datasource.MetadataResponse
		create().Metadata(t.Context(), datasource.MetadataRequest{ProviderTypeName: "muster"}, &named)
		exampleConfig(t, filepath.Join(examplesDirectory, "data-sources", named.TypeName))
	}
	for _, create := range p.EphemeralResources(t.Context()) {
		var named ephemeral.MetadataResponse
		create().Metadata(t.Context(), ephemeral.MetadataRequest{ProviderTypeName: "muster"}, &named)
		exampleConfig(t, filepath.Join(examplesDirectory, "ephemeral-resources", named.TypeName))
	}
}

func TestREADME_showsTheExample(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile(filepath.Join(examplesDirectory, "mutual", "main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "```terraform\n"+string(example)+"```\n") {
		t.Error("README.md doesn't show examples/mutual/main.tf as it is")
	}
}

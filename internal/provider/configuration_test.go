package provider_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// What is wrong with a configuration is said at plan, at the argument.
func TestAccServerConfiguration_refusedAtPlan(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		name, image, parameters string
		want                    *regexp.Regexp
	}{
		"an image that the hosting service doesn't know": {"web", "ami-0123", "{}", message(`knows one image, "host", which is this machine, and not "ami-0123"`)},
		"a malformed name":          {"Web!", "host", "{}", message(`"Web!" is not a valid name`)},
		"a reserved parameter":      {"web", "host", "{ PATH = {} }", message(`"PATH" is reserved`)},
		"a default of another type": {"web", "host", `{ port = { type = "number", default = "http" } }`, message("is not a number")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(),
				Steps: []resource.TestStep{{
					Config: acctest.ProviderBlock(acctest.Directory(t), "") + fmt.Sprintf(
						"resource \"muster_server_configuration\" \"web\" {\n  name = %q\n  image = %q\n  boot_script = \"true\"\n  parameters = %s\n}\n",
						test.name, test.image, test.parameters),
					PlanOnly:    true,
					ExpectError: test.want,
				}},
			})
		})
	}
}

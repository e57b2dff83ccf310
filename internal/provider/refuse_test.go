package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// wired is a stack of two configurations that declare different outputs, with the
// injections.
func wired(injections ...injection) stack {
	return stack{
		configurations: []configuration{
			{
				name: "db", boot: "true",
				parameters: `web_url = { deferred = true }, locale = { default = "C" }`,
				outputs:    `token = { sensitive = true }, schema = {}`,
			},
			{
				name: "web", boot: "true",
				parameters: `schema = { deferred = true }, size = { deferred = true, type = "number" }`,
				outputs:    `url = {}`,
			},
		},
		groups:     []group{{name: "db", size: 1}, {name: "web", size: 1}},
		injections: injections,
	}
}

// What else is refused is in the table of invalid_injection_test.go.
func TestAccInjection_loopIsRefusedOnTheFirstPlan(t *testing.T) {
	t.Parallel()
	loop := wired(injection{into: "web.schema", from: []string{"db.schema"}}, injection{into: "db.web_url", from: []string{"web.url"}})
	resource.Test(t, loop.test(acctest.Directory(t),
		resource.TestStep{PlanOnly: true, ExpectError: message(`These servers wait for each other and none can boot:`)}))
}

func TestAccInjection_refusedInTheApply(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		injections []injection
		want       string
	}{
		"two injections into one parameter": {
			injections: []injection{
				{into: "web.schema", from: []string{"db.schema"}},
				{into: "web.schema", arguments: `value = "public"`, label: "second"},
			},
			want: `another injection delivers parameter "schema" of server group "web" already: a parameter has one source;`,
		},
		"a loop that the readiness isn't told of": {
			injections: []injection{
				{into: "web.schema", from: []string{"db.schema"}, aside: true},
				{into: "db.web_url", from: []string{"web.url"}, aside: true},
			},
			want: `These servers wait for each other and none can boot:`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused := wired(test.injections...)
			// The servers would wait for ever: this is about the injections.
			refused.unready = true
			resource.Test(t, refused.test(acctest.Directory(t), resource.TestStep{ExpectError: message(test.want)}))
		})
	}
}

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

func TestAccInjection_refusedOnTheFirstPlan(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		injections []injection
		want       string
	}{
		"a misspelt output": {
			injections: []injection{{into: "web.schema", from: []string{"db.shema"}}},
			want:       `Server configuration of server group "db" declares no output "shema"; there are: schema, token, id, private_ip, public_ip, private_dns, zone.`,
		},
		"an output that only the other configuration declares": {
			injections: []injection{{into: "web.schema", from: []string{"db.url"}}},
			want:       `Server configuration of server group "db" declares no output "url"; there are: schema, token, id,`,
		},
		"a misspelt parameter": {
			injections: []injection{{into: "web.shema", from: []string{"db.schema"}}},
			want:       `Server configuration of server group "web" declares no parameter "shema"; there are: schema, size.`,
		},
		"a type that doesn't fit": {
			injections: []injection{{into: "web.size", from: []string{"db.schema"}}},
			want:       `Output "schema" of server group "db" is a string and the parameter takes a number.`,
		},
		"a value that doesn't fit": {
			injections: []injection{{into: "web.size", arguments: `value = "many"`}},
			want:       `Invalid Parameter Value`,
		},
		"a sensitive output for a plain parameter": {
			injections: []injection{{into: "web.schema", from: []string{"db.token"}}},
			want:       `Output "token" of server group "db" is sensitive and the parameter isn't. Declare the parameter with sensitive = true.`,
		},
		"a parameter that isn't deferred": {
			injections: []injection{{into: "db.locale", from: []string{"web.url"}}},
			want:       `Parameter "locale" of server group "db" gets its value at launch. Declare it with deferred = true,`,
		},
		"a loop in which nobody can boot": {
			injections: []injection{{into: "web.schema", from: []string{"db.schema"}}, {into: "db.web_url", from: []string{"web.url"}}},
			want:       `These servers wait for each other and none can boot:`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resource.Test(t, wired(test.injections...).test(acctest.Directory(t),
				resource.TestStep{PlanOnly: true, ExpectError: message(test.want)}))
		})
	}
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

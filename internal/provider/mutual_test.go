package provider_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// mutual is a stack of two kinds of servers that need each other. The producer is made
// to wait until the consumer's boot script has begun: servers that were launched one
// after the other could never finish.
func mutual() stack {
	consumer := configuration{
		name: "web", outputs: `began = {}, seen = {}`,
		parameters: `db_token = { deferred = true, required_for = "ready" }, db_address = { deferred = true }`,
		boot: `
date +%s%N | muster output set began
muster param get db_token | muster output set seen
`,
	}
	producer := configuration{
		name: "db", outputs: `token = {}, published = {}`,
		parameters: `web_began = { deferred = true, required_for = "ready" }`,
		boot: `
muster param get web_began
date +%s%N | muster output set published
muster output set token "token-of-$MUSTER_MEMBER"
`,
	}
	return stack{
		configurations: []configuration{consumer, producer},
		groups:         []group{{name: "web", size: 2}, {name: "db", size: 1}},
		injections: []injection{
			{into: "web.db_token", from: []string{"db.token"}},
			{into: "web.db_address", from: []string{"db.private_ip"}},
			{into: "db.web_began", from: []string{"web.began"}, arguments: `select = "all"`},
		},
	}
}

// checkMutual wants both to have booted at once, and to have what they need.
func checkMutual(got outputs) error {
	for _, key := range []string{"web-0", "web-1"} {
		if got[key]["seen"] != "token-of-db-0" {
			return fmt.Errorf("%s has seen %v", key, got[key]["seen"])
		}
		began, published := nanoseconds(got[key]["began"]), nanoseconds(got["db-0"]["published"])
		if began == 0 || began >= published {
			return fmt.Errorf("the boot script of %s began at %d, the output was published at %d", key, began, published)
		}
	}
	return nil
}

func TestAccInjection_mutual(t *testing.T) {
	t.Parallel()
	resource.Test(t, mutual().test(acctest.Directory(t), resource.TestStep{
		ConfigStateChecks: []statecheck.StateCheck{checkOutputs(checkMutual)},
	}))
}

func nanoseconds(output any) (stamp int64) {
	_, _ = fmt.Sscan(fmt.Sprint(output), &stamp)
	return stamp
}

func TestAccInjection_loop(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		// of a: how it needs c.
		parameter, output string
		boot              string
		want              string
	}{
		"closed by a fact": {
			parameter: `from_c = { deferred = true }`, output: "zone",
			boot: `muster output set out "a($from_c)"`,
			want: "c(b(a(local)))",
		},
		"closed by a parameter that is read after the own output": {
			parameter: `from_c = { deferred = true, required_for = "ready" }`, output: "out",
			boot: "muster output set out a\nmuster param get from_c",
			want: "c(b(a))",
		},
		"closed by a parameter with a placeholder": {
			parameter: `from_c = { deferred = true, timeout = "1s", on_timeout = "proceed", placeholder = "nobody" }`, output: "out",
			boot: `muster output set out "a($from_c)"`,
			want: "c(b(a(nobody)))",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			loop := stack{
				configurations: []configuration{
					{name: "a", parameters: test.parameter, outputs: `out = {}`, boot: test.boot},
					{name: "b", parameters: `from_a = { deferred = true }`, outputs: `out = {}`, boot: `muster output set out "b($from_a)"`},
					{name: "c", parameters: `from_b = { deferred = true }`, outputs: `out = {}`, boot: `muster output set out "c($from_b)"`},
				},
				groups: []group{{name: "a", size: 1}, {name: "b", size: 1}, {name: "c", size: 1}},
				injections: []injection{
					{into: "a.from_c", from: []string{"c." + test.output}},
					{into: "b.from_a", from: []string{"a.out"}},
					{into: "c.from_b", from: []string{"b.out"}},
				},
			}
			resource.Test(t, loop.test(acctest.Directory(t), resource.TestStep{
				ConfigStateChecks: []statecheck.StateCheck{checkOutputs(func(got outputs) error {
					if got["c-0"]["out"] != test.want {
						return fmt.Errorf("c publishes %v, want %s", got["c-0"]["out"], test.want)
					}
					return nil
				})},
			}))
		})
	}
}

// cluster is a group whose members need each other's addresses.
func cluster() stack {
	return stack{
		configurations: []configuration{{
			name: "node", parameters: `peers = { deferred = true, required_for = "ready" }`, outputs: `seen = {}`,
			boot: `muster param get peers | muster output set seen`,
		}},
		groups:     []group{{name: "node", size: 3}},
		injections: []injection{{into: "node.peers", from: []string{"node.private_ip"}, arguments: "select = \"all\"\n  separator = \" \""}},
	}
}

func TestAccInjection_self(t *testing.T) {
	t.Parallel()
	resource.Test(t, cluster().test(acctest.Directory(t), resource.TestStep{
		ConfigStateChecks: []statecheck.StateCheck{checkState(expectOwnAddresses)},
	}))
}

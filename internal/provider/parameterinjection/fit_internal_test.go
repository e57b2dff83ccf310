package parameterinjection

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
)

func TestCheckFit(t *testing.T) {
	t.Parallel()
	const remedy = " Give the output a pattern that allows less, or the parameter one that allows more."
	version := boot.Output{Type: boot.TypeString, Pattern: `^v[0-9]+$`}
	accepts := func(pattern string) boot.Parameter { return boot.Parameter{Type: boot.TypeString, Pattern: pattern} }
	tests := map[string]struct {
		name      string
		output    boot.Output
		parameter boot.Parameter
		selected  string
		want      []string
	}{
		"a pattern within the parameter's":         {"version", version, accepts(`^v`), "first", nil},
		"the same pattern":                         {"version", version, accepts(`^v[0-9]+$`), "each", nil},
		"a parameter without a pattern":            {"version", version, accepts(``), "first", nil},
		"a pattern that allows more":               {"version", boot.Output{Type: boot.TypeString, Pattern: `^v?[0-9]+$`}, accepts(`^v`), "first", []string{`Output "version" of server group "db" may be "0", which the parameter's pattern "^v" refuses.` + remedy}},
		"the same for each member":                 {"version", boot.Output{Type: boot.TypeString, Pattern: `^v?[0-9]+$`}, accepts(`^v`), "each", []string{`Output "version" of server group "db" may be "0", which the parameter's pattern "^v" refuses.` + remedy}},
		"the same for a member's own":              {"version", boot.Output{Type: boot.TypeString, Pattern: `^v?[0-9]+$`}, accepts(`^v`), "own", []string{`Output "version" of server group "db" may be "0", which the parameter's pattern "^v" refuses.` + remedy}},
		"joined values are looked at on delivery":  {"version", version, accepts(`,`), "all", nil},
		"an end of a line that a dot refuses":      {"version", boot.Output{Type: boot.TypeString, Pattern: `^v`}, accepts(`^v.*$`), "first", []string{`Output "version" of server group "db" may be "v\n", which the parameter's pattern "^v.*$" refuses.` + remedy}},
		"no value holds a NUL byte":                {"version", boot.Output{Type: boot.TypeString, Pattern: `^v`}, accepts(`(?s)^v[^\x00]*$`), "first", nil},
		"a text of which nothing is known":         {"version", boot.Output{Type: boot.TypeString}, accepts(`^v`), "first", nil},
		"a secret's example is made up":            {"token", boot.Output{Type: boot.TypeString, Sensitive: true, Pattern: `^.{3}$`}, boot.Parameter{Type: boot.TypeString, Sensitive: true, Pattern: `^[a-z]+$`}, "first", []string{`Output "token" of server group "db" may be "000", which the parameter's pattern "^[a-z]+$" refuses.` + remedy}},
		"a long example is cut":                    {"key", boot.Output{Type: boot.TypeString, Pattern: `^[0-9a-f]{64}$`}, accepts(`^k`), "first", []string{`Output "key" of server group "db" may be a text of 64 characters that begins with "` + strings.Repeat("0", 40) + `", which the parameter's pattern "^k" refuses.` + remedy}},
		"a bool that is either":                    {"up", boot.Output{Type: boot.TypeBool}, accepts(`^(true|false)$`), "first", nil},
		"a bool of which one is refused":           {"up", boot.Output{Type: boot.TypeBool}, boot.Parameter{Type: boot.TypeBool, Pattern: `^true$`}, "first", []string{`Output "up" of server group "db" may be "false", which the parameter's pattern "^true$" refuses.` + remedy}},
		"a bool that is said to be only one":       {"up", boot.Output{Type: boot.TypeBool, Pattern: `^true$`}, boot.Parameter{Type: boot.TypeBool, Pattern: `^true$`}, "first", nil},
		"some numbers fit":                         {"port", boot.Output{Type: boot.TypeNumber}, boot.Parameter{Type: boot.TypeNumber, Pattern: `^[0-9]{4}$`}, "first", nil},
		"no number fits":                           {"port", boot.Output{Type: boot.TypeNumber}, accepts(`^v`), "first", []string{`Output "port" of server group "db" is a number, and the parameter's pattern "^v" refuses every number. Take another output, or correct the pattern.`}},
		"numbers of a pattern":                     {"port", boot.Output{Type: boot.TypeNumber, Pattern: `^[0-9]+$`}, boot.Parameter{Type: boot.TypeNumber, Pattern: `^[0-9]{1,5}$`}, "first", []string{`Output "port" of server group "db" may be "000000", which the parameter's pattern "^[0-9]{1,5}$" refuses.` + remedy}},
		"a pattern's texts that are no numbers":    {"port", boot.Output{Type: boot.TypeNumber, Pattern: `^[0-9a-z]{1,5}$`}, boot.Parameter{Type: boot.TypeNumber, Pattern: `^[0-9e]{1,5}$`}, "first", nil},
		"only numbers that are too large differ":   {"port", boot.Output{Type: boot.TypeNumber, Pattern: `^1e(1|999)$`}, boot.Parameter{Type: boot.TypeNumber, Pattern: `^1e1$`}, "first", nil},
		"some addresses fit":                       {"private_ip", boot.Output{Type: boot.TypeString, Pattern: hosting.FactPattern("private_ip")}, accepts(`^10\.`), "first", nil},
		"no address fits":                          {"public_ip", boot.Output{Type: boot.TypeString, Pattern: hosting.FactPattern("public_ip")}, accepts(`^[a-z]`), "first", []string{`Output "public_ip" of server group "db" is an IPv4 address, and the parameter's pattern "^[a-z]" refuses every address. Take another output, or correct the pattern.`}},
		"of other facts nothing is known":          {"zone", boot.Output{Type: boot.TypeString, Pattern: hosting.FactPattern("zone")}, accepts(`^eu-`), "first", nil},
		"patterns too large to compare":            {"word", boot.Output{Type: boot.TypeString, Pattern: `^(a|b)*a(a|b){40}$`}, accepts(`^(a|b)*b(a|b){40}$`), "first", nil},
		"a pattern that is none is told elsewhere": {"word", boot.Output{Type: boot.TypeString, Pattern: `(`}, accepts(`)`), "first", nil},
		"of a wrong type no more is said":          {"word", version, boot.Parameter{Type: boot.TypeNumber, Pattern: `^x`}, "first", []string{`Output "word" of server group "db" is a string and the parameter takes a number. Give both the same type, or make the parameter a string.`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := end{group: handle.Group{Name: types.StringValue("db")}, name: types.StringValue(test.name)}
			var got []string
			for _, fault := range checkFit(path.Root(fromName), source, test.output, test.parameter, types.StringValue(test.selected)) {
				got = append(got, fault.Detail())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// Where select isn't known yet, the values may be joined.
func TestCheckFit_unknownSelect(t *testing.T) {
	t.Parallel()
	source := end{group: handle.Group{Name: types.StringValue("db")}, name: types.StringValue("version")}
	output, parameter := boot.Output{Type: boot.TypeString, Pattern: "^v"}, boot.Parameter{Type: boot.TypeString, Pattern: "^x"}
	if got := checkFit(path.Root(fromName), source, output, parameter, types.StringUnknown()); len(got) > 0 {
		t.Errorf("got %v", got)
	}
}

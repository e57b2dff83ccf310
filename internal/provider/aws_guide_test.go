package provider_test

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2"
	"github.com/musterhq/terraform-provider-muster/internal/metric/cloudwatch"
)

// policy is an IAM policy in the guide.
type policy struct {
	Statement []struct {
		Sid              string
		Action, Resource oneOrMore
	}
}

// oneOrMore is a text or a list of them.
type oneOrMore []string

func (o *oneOrMore) UnmarshalJSON(encoded []byte) error {
	var one string
	if json.Unmarshal(encoded, &one) == nil {
		*o = oneOrMore{one}
		return nil
	}
	return json.Unmarshal(encoded, (*[]string)(o))
}

// actions returns all actions, sorted and without repetition.
func (p policy) actions() []string {
	var all []string
	for _, statement := range p.Statement {
		all = append(all, statement.Action...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// guidePolicies returns the policies of the guide in their order: that of whoever runs
// Terraform, and that of the servers.
func guidePolicies(t *testing.T) (runner, server policy) {
	t.Helper()
	guide, err := os.ReadFile("../../templates/guides/aws.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(string(guide), -1)
	if len(found) != 2 {
		t.Fatalf("the guide has %d policies, want 2", len(found))
	}
	for i, into := range []*policy{&runner, &server} {
		if err := json.Unmarshal([]byte(found[i][1]), into); err != nil {
			t.Fatal(err)
		}
	}
	return runner, server
}

// The policy for whoever runs Terraform allows every call that is made, and no other.
func TestGuide_allowsTheCalls(t *testing.T) {
	t.Parallel()
	runner, _ := guidePolicies(t)
	// PutParameter with tags asks for it.
	want := []string{"ssm:AddTagsToResource"}
	for prefix, api := range map[string]reflect.Type{
		"ec2:": reflect.TypeFor[ec2.EC2API](), "ssm:": reflect.TypeFor[ec2.SSMAPI](), "cloudwatch:": reflect.TypeFor[cloudwatch.API](),
	} {
		for method := range api.Methods() {
			want = append(want, prefix+method.Name)
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, runner.actions()); diff != "" {
		t.Errorf("the actions (-called +allowed):\n%s", diff)
	}
}

// The servers' policy allows what the agent calls, and no other.
func TestGuide_allowsTheCallsOfServers(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("../hosting/ec2/channel/ssm.sh")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, call := range regexp.MustCompile(`(?m)^\tssm ([A-Z]\w+)`).FindAllStringSubmatch(string(script), -1) {
		want = append(want, "ssm:"+call[1])
	}
	slices.Sort(want)
	_, server := guidePolicies(t)
	if diff := cmp.Diff(slices.Compact(want), server.actions()); diff != "" {
		t.Errorf("the actions (-called +allowed):\n%s", diff)
	}
}

// Whatever changes something is fenced in by the namespace.
func TestGuide_fences(t *testing.T) {
	t.Parallel()
	runner, server := guidePolicies(t)
	// New templates are tagged by the same call; what isn't the namespace's can't be
	// used for anything but a launch of the namespace's own.
	open := map[string]bool{"Look": true, "LaunchFrom": true, "Configure": true, "TagWhatIsMade": true}
	encoded, err := os.ReadFile("../../templates/guides/aws.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range slices.Concat(runner.Statement, server.Statement) {
		if open[statement.Sid] {
			continue
		}
		text := string(encoded)
		begin := strings.Index(text, `"Sid": "`+statement.Sid+`"`)
		text = text[begin : begin+strings.Index(text[begin:], "\n    }")]
		if !strings.Contains(text, "NAMESPACE") {
			t.Errorf("the statement %s isn't limited to the namespace", statement.Sid)
		}
	}
}

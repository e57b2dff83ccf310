package provider_test

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2"
	"github.com/musterhq/terraform-provider-muster/internal/metric/cloudwatch"
)

// The guide lists what an endpoint must offer: no call is missing, and none is there
// that isn't made.
func TestGuide_listsTheCalls(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../templates/guides/ec2-compatible-endpoints.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	listed := make(map[string][]string)
	for _, row := range regexp.MustCompile("(?m)^\\| (\\w+) \\| `(\\w+)` \\|").FindAllStringSubmatch(string(guide), -1) {
		listed[row[1]] = append(listed[row[1]], row[2])
	}
	for service, api := range map[string]reflect.Type{"EC2": reflect.TypeFor[ec2.EC2API](), "SSM": reflect.TypeFor[ec2.SSMAPI](), "CloudWatch": reflect.TypeFor[cloudwatch.API]()} {
		var made []string
		for method := range api.Methods() {
			made = append(made, method.Name)
		}
		slices.Sort(listed[service])
		if diff := cmp.Diff(made, listed[service]); diff != "" {
			t.Errorf("the calls of %s (-made +listed):\n%s", service, diff)
		}
	}
}

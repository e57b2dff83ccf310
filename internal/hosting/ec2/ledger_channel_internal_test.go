package ec2

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
)

func TestPutDelivery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{})
		for want := int64(1); want <= 2; want++ {
			got, err := newProcess(world).putDelivery(t.Context(), testRef(), fmt.Sprintf("delivery %d", want))
			if err != nil || got != want {
				t.Errorf("got version %d and error %v, want %d", got, err, want)
			}
		}
		stored := world.Parameters()
		if len(stored) != 1 || stored[0].Name != "/muster/shop/web/INCARNATION1/delivery" || stored[0].Type != "SecureString" ||
			stored[0].Value != "delivery 2" || stored[0].Tags["muster.ns"] != testNamespace {
			t.Errorf("got %+v", stored)
		}
		_, err := newProcess(world).putDelivery(t.Context(), testRef(), strings.Repeat("SECRET", 2000))
		if err == nil || !strings.Contains(err.Error(), "12000 bytes") || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("got %v, want the size", err)
		}
	})
}

// TestReportParameters has more reports than a page, and a group whose deletion takes them
// along.
func TestReportParameters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{Faults: awsfake.Faults{SplitPages: true}})
		s := newProcess(world)
		if err := s.CreateGroup(t.Context(), fullRecord()); err != nil {
			t.Fatal(err)
		}
		want := make(map[string]string)
		for slot := range 25 {
			key := fmt.Sprintf("1-%d", slot)
			want[key] = "report of " + key
			if _, err := s.options.SSM.PutParameter(t.Context(), &ssm.PutParameterInput{
				Name: aws.String(s.reportPath(testRef()) + "/" + key), Value: aws.String(want[key]), Type: "SecureString",
			}); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.reportParameters(t.Context(), testRef())
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("got error %v and (-want +got):\n%s", err, diff)
		}
		if err := s.DeleteGroup(t.Context(), testRef()); err != nil {
			t.Fatal(err)
		}
		wantNothing(t, world, s)
	})
}

package provider_test

import (
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

func TestAccAlias_aws(t *testing.T) {
	t.Parallel()
	cloud := acctest.NewCloud(t, acctest.CloudSpec{})
	w := cloud.NewWorkspace(t)
	other := otherwise(cloud.ProviderBlock(""))
	whereTo{first: "aws:-:" + cloud.Region + "/acc", other: "aws:-:" + cloud.Region + "/other"}.expectApart(t, w, other)
	if launched := cloud.Instances(); len(launched) > 0 {
		t.Errorf("after the refusals there are %d instances", len(launched))
	}
	w.Apply(other + handedToWeb().String())
	for _, instance := range cloud.Live() {
		if instance.Tags["muster.group"] == "web" {
			expectHandedOver(t, w, cloud.File(t, instance.ID, "got"))
		}
	}
	w.MustRun("destroy", "-auto-approve")
	expectNothingLeft(t, cloud)
}

package serverconfiguration

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

func TestEC2_thereAndBack(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	tests := map[string]*boot.EC2{
		"nothing": nil,
		"the least": {
			InstanceTypes: []string{"t3.small"}, SubnetIDs: []string{"subnet-1"},
		},
		"everything": {
			InstanceTypes: []string{"t3.small", "t3a.small"}, SubnetIDs: []string{"subnet-1", "subnet-2"},
			SecurityGroupIDs: []string{"sg-1"}, KeyName: "admin", InstanceProfile: "web", PublicAddress: &no,
			RootVolume: &boot.RootVolume{DeviceName: "/dev/xvda", SizeGiB: 20, Type: "gp3", Encrypted: &yes, KMSKeyID: "key"},
			Tags:       map[string]string{"Team": "shop", "Stage": "test"}, Monitoring: true, MetadataHopLimit: 2,
			BaseLaunchTemplate: &boot.LaunchTemplate{ID: "lt-1", Version: 3},
			Channel:            boot.ChannelSSM, OrphanDeadline: time.Hour,
		},
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			object, diagnostics := fromEC2(t.Context(), want)
			got, faults := toEC2(t.Context(), object)
			if diagnostics.HasError() || faults.HasError() {
				t.Fatalf("got %v and %v", diagnostics, faults)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the settings (-want +got):\n%s", diff)
			}
		})
	}
	for _, settings := range []reflect.Value{reflect.ValueOf(*tests["everything"]), reflect.ValueOf(*tests["everything"].RootVolume)} {
		for i := range settings.NumField() {
			if settings.Field(i).IsZero() {
				t.Errorf("the settings of the test lack %s", settings.Type().Field(i).Name)
			}
		}
	}
}

package awsfake_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
)

func TestCreateTags_allOrNothing(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		launched := a.launch(t, launchInput("token", 3))
		a.terminate(t, launched[1])
		err := a.tag(t, map[string]string{"a": "b"}, launched[0], launched[1], "i-0000000000000000f", launched[2])
		wantRefusal(t, err, "400 InvalidInstanceID.NotFound")
		want := fmt.Sprintf("The instance IDs '%s, i-0000000000000000f' do not exist", launched[1])
		if err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
		for _, i := range a.Live() {
			if len(i.Tags) != 0 {
				t.Errorf("%s has got the tags %v", i.ID, i.Tags)
			}
		}
		if err := a.tag(t, map[string]string{"a": "b"}, launched[0], launched[2]); err != nil {
			t.Fatal(err)
		}
		for _, i := range a.Live() {
			if diff := cmp.Diff(map[string]string{"a": "b"}, i.Tags); diff != "" {
				t.Errorf("%s: %s", i.ID, diff)
			}
		}
	})
}

func TestCreateTags_limits(t *testing.T) {
	t.Parallel()
	numbered := func(n int) map[string]string {
		tags := map[string]string{}
		for i := range n {
			tags[fmt.Sprint("new", i)] = "x"
		}
		return tags
	}
	ids := func(n int) []string { return make([]string, n) }
	for name, test := range map[string]struct {
		tags  map[string]string
		also  []string
		shown bool
		want  string
	}{
		"as many as there is room for":  {tags: numbered(49)},
		"one more":                      {tags: numbered(50), want: "400 TagLimitExceeded"},
		"longest key and value":         {tags: map[string]string{strings.Repeat("k", 128): strings.Repeat("ä", 256)}},
		"longer key":                    {tags: map[string]string{strings.Repeat("k", 129): ""}, want: "400 InvalidParameterValue"},
		"longer value":                  {tags: map[string]string{"k": strings.Repeat("ä", 257)}, want: "400 InvalidParameterValue"},
		"reserved":                      {tags: map[string]string{"AWS:k": ""}, want: "400 InvalidParameterValue"},
		"space":                         {tags: map[string]string{"Patch Group": ""}},
		"space that metadata can't say": {tags: map[string]string{"Patch Group": ""}, shown: true, want: "400 InvalidParameterValue"},
		"dots that metadata can't say":  {tags: map[string]string{"..": ""}, shown: true, want: "400 InvalidParameterValue"},
		"all that metadata can say":     {tags: map[string]string{"aZ0-_+=,.@:": ""}, shown: true},
		"1001 resources":                {tags: numbered(1), also: ids(1000), want: "400 InvalidParameterValue"},
		"something else":                {tags: numbered(1), also: []string{"web"}, want: "400 InvalidID"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
				in := launchInput("token", 1)
				in.TagSpecifications = instanceTags(map[string]string{"old": "x"})
				if test.shown {
					in.MetadataOptions = &ec2types.InstanceMetadataOptionsRequest{InstanceMetadataTags: "enabled"}
				}
				id := a.launch(t, in)[0]
				err := a.tag(t, test.tags, append([]string{id}, test.also...)...)
				wantRefusal(t, err, test.want)
				want := 1
				if test.want == "" {
					want += len(test.tags)
				}
				if got := a.Instances()[0].Tags; len(got) != want {
					t.Errorf("got %d tags, want %d", len(got), want)
				}
			})
		})
	}
}

func TestCreateTags_lag(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{Faults: awsfake.Faults{TagReadLag: 10 * time.Second}}, func(t *testing.T, a account) {
		id := a.launch(t, launchInput("token", 1))[0]
		if err := a.tag(t, map[string]string{"a": "b"}, id); err != nil {
			t.Fatal(err)
		}
		if took := until(t, func() bool { return len(a.seen(t, id).Tags) > 0 }); took < 5 || took > 10 {
			t.Errorf("the tag is shown after %d s, want 5 to 10", took)
		}
	})
}

func TestMetadata_tags(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		instanceType ec2types.InstanceType
		options      *ec2types.InstanceMetadataOptionsRequest
		enabled      bool
		late         bool // what is tagged after the launch appears
	}{
		"on Nitro":      {"t3.small", &ec2types.InstanceMetadataOptionsRequest{InstanceMetadataTags: "enabled"}, true, true},
		"on Xen":        {"t2.small", &ec2types.InstanceMetadataOptionsRequest{InstanceMetadataTags: "enabled"}, true, false},
		"not asked for": {"t3.small", nil, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			faults := awsfake.Faults{MetadataTagLag: 10 * time.Second}
			inAccount(t, awsfake.Options{Faults: faults}, func(t *testing.T, a account) {
				in := launchInput("token", 1)
				in.InstanceType, in.MetadataOptions = test.instanceType, test.options
				in.TagSpecifications = instanceTags(map[string]string{"old": "x"})
				id := a.launch(t, in)[0]
				tags := func() map[string]string {
					view, _ := a.Metadata(id)
					if view.TagsEnabled != test.enabled {
						t.Errorf("tags enabled: %v", view.TagsEnabled)
					}
					return view.Tags
				}
				if got := tags(); (got["old"] == "x") != test.enabled {
					t.Errorf("got %v at launch", got)
				}
				late := map[string]string{}
				for i := range 20 {
					late[fmt.Sprint("late", i)] = "y"
				}
				if err := a.tag(t, late, id); err != nil {
					t.Fatal(err)
				}
				torn := false
				for range 11 {
					time.Sleep(time.Second)
					torn = torn || len(tags()) > 1 && len(tags()) < 21
				}
				if got := len(tags()) == 21; got != test.late || torn != test.late {
					t.Errorf("late tags shown: %v, one by one: %v, want both %v", got, torn, test.late)
				}
			})
		})
	}
}

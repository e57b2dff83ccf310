package channel_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2/channel"
)

// FuzzReportOfTags: no tags make trouble; and a report that is read from tags is written
// to tags in the same way.
func FuzzReportOfTags(f *testing.F) {
	for _, report := range []boot.Report{
		{Boot: "x", Status: boot.StatusReady},
		{Boot: "x", Status: boot.StatusFailed, Failure: "boot script exited with exit code 7", LogTail: incompressible(500), Received: 3, Outputs: map[string]string{"o": ""}},
	} {
		tags := channel.ReportTags(report, 8)
		f.Add(tags[channel.ReportTag], tags["muster.r.0"], tags["muster.r.1"])
	}
	f.Add("1:plain:99:0:0", "", "")
	f.Fuzz(func(t *testing.T, manifest, first, second string) {
		got, ok := channel.ReportOfTags(map[string]string{channel.ReportTag: manifest, "muster.r.0": first, "muster.r.1": second})
		if !ok {
			return
		}
		again, ok := channel.ReportOfTags(channel.ReportTags(got, 50))
		if diff := cmp.Diff(got, again); !ok || diff != "" {
			t.Errorf("%v\n%s", ok, diff)
		}
	})
}

// FuzzDeliveredRevision: it is the number before the first colon or 0.
func FuzzDeliveredRevision(f *testing.F) {
	for _, value := range []string{"", ":", "7:", "7:plain:1:x:1", "07:ssm:1", "-1:", "+1:", "1e3:", "999999999999999:", "1000000000000000:", "７:"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got := channel.DeliveredRevision(map[string]string{channel.ManifestTag: value})
		digits, _, _ := strings.Cut(value, ":")
		want, err := strconv.Atoi(digits)
		if got != 0 && (err != nil || got != want) || got < 0 {
			t.Errorf("got %d from %q", got, value)
		}
	})
}

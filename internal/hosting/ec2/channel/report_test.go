package channel_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2/channel"
)

func TestReportTags(t *testing.T) {
	t.Parallel()
	full := boot.Report{
		Boot: "6d9c", Status: boot.StatusFailed, Failure: "update script exited with exit code 7", Received: 4, Applied: 3,
		Decommission: boot.DecommissionIdle, LogTail: strings.ReplaceAll(incompressible(3000), "0", "\n") + "\nthe end",
		Outputs: map[string]string{"port": "80", "token": canaryOut}, Sensitive: []string{"token"},
		Events: []boot.Event{{Uptime: 1, What: "booting"}, {Uptime: 2, What: "failed"}},
	}
	public := full
	public.Outputs, public.Sensitive = map[string]string{"port": "80"}, nil
	for name, test := range map[string]struct {
		change func(*boot.Report)
		room   int
		want   func(*boot.Report)
	}{
		"all of it fits":             {func(r *boot.Report) { r.LogTail = "the end" }, 8, func(r *boot.Report) { r.LogTail = "the end" }},
		"the events go first":        {func(r *boot.Report) { r.Events = manyEvents(); r.LogTail = "the end" }, 3, func(r *boot.Report) { r.LogTail, r.Events = "the end", nil }},
		"then the log is cut":        {func(*boot.Report) {}, 8, nil},
		"then the outputs go":        {func(r *boot.Report) { r.Outputs = map[string]string{"o": incompressible(9000)} }, 8, func(r *boot.Report) { r.LogTail, r.Events, r.Outputs = "", nil, nil }},
		"then a part of the failure": {func(r *boot.Report) { r.Failure = "é" + incompressible(900) }, 3, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, want := full, public
			test.change(&report)
			tags := channel.ReportTags(report, test.room)
			if tags == nil || len(tags) > test.room {
				t.Fatalf("got %d tags, want at most %d", len(tags), test.room)
			}
			// Tags of an earlier, longer report are still there.
			if tags["muster.r.7"] == "" {
				tags["muster.r.7"] = "AAAA"
			}
			for key, value := range tags {
				if !tagForm.MatchString(key) || len(value) > 256 {
					t.Errorf("EC2 or its metadata service refuses the tag %q=%q", key, value)
				}
			}
			got, ok := channel.ReportOfTags(tags)
			if !ok {
				t.Fatal("there is no report in the tags")
			}
			if test.want != nil {
				test.want(&want)
			} else {
				if !strings.HasSuffix(full.LogTail, got.LogTail) || !strings.HasPrefix(report.Failure, got.Failure) || got.Failure == "" {
					t.Errorf("got %+v", got)
				}
				if test.room == 8 && !strings.HasSuffix(got.LogTail, "\nthe end") {
					t.Errorf("the log is %q", got.LogTail)
				}
				want.LogTail, want.Failure, want.Events = got.LogTail, got.Failure, nil
				if test.room == 3 {
					want.Outputs = nil
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the report (-want +got):\n%s", diff)
			}
		})
	}
	if full.Outputs["token"] != canaryOut {
		t.Error("the caller's report is changed")
	}
	if tags := channel.ReportTags(full, 1); tags != nil {
		t.Errorf("with no room for anything: %v", tags)
	}
}

// Whatever shows late or not at all, the report is the whole one or none.
func TestReportOfTags_damaged(t *testing.T) {
	t.Parallel()
	whole := channel.ReportTags(boot.Report{Boot: "x", Status: boot.StatusReady, Outputs: map[string]string{"o": incompressible(1000)}}, 8)
	other := channel.ReportTags(boot.Report{Boot: "y", Status: boot.StatusFailed, Outputs: map[string]string{"o": incompressible(1004)}}, 8)
	if len(whole) < 4 {
		t.Fatalf("there are %d tags, too few for this test", len(whole))
	}
	for key := range whole {
		missing, mixed, cut := maps.Clone(whole), maps.Clone(whole), maps.Clone(whole)
		delete(missing, key)
		mixed[key] = other[key]
		cut[key] = cut[key][:len(cut[key])-1]
		for name, tags := range map[string]map[string]string{"missing": missing, "another report's": mixed, "cut": cut} {
			if got, ok := channel.ReportOfTags(tags); ok {
				t.Errorf("with %s %s: got %+v", key, name, got)
			}
		}
	}
	if got, ok := channel.ReportOfTags(nil); ok {
		t.Errorf("of nothing: got %+v", got)
	}
}

func manyEvents() []boot.Event {
	var events []boot.Event
	for uptime := range boot.MaxEvents {
		events = append(events, boot.Event{Uptime: int64(uptime * uptime * 7919), What: "received " + incompressible(60)[uptime%50:]})
	}
	return events
}

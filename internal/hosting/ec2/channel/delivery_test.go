package channel_test

import (
	"errors"
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2/channel"
)

// tagForm is what the metadata service takes as a tag's name; see aws-facts, fact 5.
var tagForm = regexp.MustCompile(`^[0-9a-zA-Z\-_+.@:]{1,128}$`)

func TestDeliveryTags(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		delivery boot.Delivery
		tags     int
	}{
		"of nothing":       {boot.Delivery{}, 2},
		"of a short value": {delivery(3, map[string]string{"p": "1"}), 2},
		"of a long value":  {delivery(3, map[string]string{"p": incompressible(900)}), 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tags, err := channel.DeliveryTags(test.delivery, test.tags)
			if err != nil {
				t.Fatal(err)
			}
			if len(tags) != test.tags {
				t.Errorf("got %d tags, want %d", len(tags), test.tags)
			}
			for key, value := range tags {
				if !tagForm.MatchString(key) || value == "" || len(value) > 256 {
					t.Errorf("EC2 or its metadata service refuses the tag %q=%q", key, value)
				}
			}
			if got := channel.DeliveredRevision(tags); got != test.delivery.Revision {
				t.Errorf("the delivered revision is %d, want %d", got, test.delivery.Revision)
			}
			again, err := channel.DeliveryTags(test.delivery, 50)
			if diff := cmp.Diff(tags, again); err != nil || diff != "" {
				t.Errorf("%v; equal deliveries have different tags:\n%s", err, diff)
			}
		})
	}
}

func TestDeliveryTags_too_large(t *testing.T) {
	t.Parallel()
	d := delivery(3, map[string]string{"p": incompressible(3000)})
	key := &outputKey().PublicKey
	for name, encode := range map[string]func(room int) error{
		"plain":  func(room int) error { _, err := channel.DeliveryTags(d, room); return err },
		"sealed": func(room int) error { _, err := channel.SealedDeliveryTags(d, key, room); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			room := 0
			for ; ; room++ {
				err := encode(room)
				if err == nil {
					break
				}
				tooLarge := (*channel.SizeError)(nil)
				if !errors.As(err, &tooLarge) || tooLarge.Limit != max(0, room-1)*256 || tooLarge.Size <= tooLarge.Limit {
					t.Fatalf("with room for %d tags: %v", room, err)
				}
				if !strings.Contains(err.Error(), `the channel "ssm"`) || strings.Contains(err.Error(), "p") && strings.Contains(err.Error(), incompressible(20)) {
					t.Fatalf("the error is %v", err)
				}
			}
			if room < 8 || room > 15 {
				t.Errorf("it takes %d tags", room)
			}
		})
	}
}

func TestSealedDeliveryTags_refuses_a_key_of_another_size(t *testing.T) {
	t.Parallel()
	if tags, err := channel.SealedDeliveryTags(boot.Delivery{}, smallKey(t), 20); err == nil {
		t.Errorf("got %v, want an error", tags)
	}
}

func TestPointerDeliveryTags(t *testing.T) {
	t.Parallel()
	tags := channel.PointerDeliveryTags(12, 34)
	if diff := cmp.Diff(map[string]string{"muster.m": "12:ssm:34"}, tags); diff != "" {
		t.Error(diff)
	}
	if got := channel.DeliveredRevision(tags); got != 12 {
		t.Errorf("the delivered revision is %d, want 12", got)
	}
}

func TestEncodeSecretDelivery(t *testing.T) {
	t.Parallel()
	if value, err := channel.EncodeSecretDelivery(delivery(3, map[string]string{"p": incompressible(9000)})); err != nil || len(value) > 8192 {
		t.Errorf("got %d bytes, %v", len(value), err)
	}
	_, err := channel.EncodeSecretDelivery(delivery(3, map[string]string{"p": incompressible(14000)}))
	tooLarge := (*channel.SizeError)(nil)
	if !errors.As(err, &tooLarge) || tooLarge.Limit != 8192 || tooLarge.Size < 8192 {
		t.Errorf("got %v", err)
	}
}

func TestDeliveredRevision(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]int{
		"": 0, "7": 0, "7:plain:1:x:1": 7, "-7:plain": 0, "seven:plain": 0, ":plain": 0, "1234567890123456:plain": 0, " 7:plain": 0,
		"999999999999999:sealed:1:x:1": 999999999999999,
	} {
		if got := channel.DeliveredRevision(map[string]string{channel.ManifestTag: value}); got != want {
			t.Errorf("the revision of %q is %d, want %d", value, got, want)
		}
	}
	if got := channel.DeliveredRevision(nil); got != 0 {
		t.Errorf("the revision of no tags is %d", got)
	}
}

func TestReportTags(t *testing.T) {
	t.Parallel()
	full := boot.Report{
		Boot: "6d9c", Status: boot.StatusFailed, Failure: "update script exited with exit code 7", Received: 4, Applied: 3,
		Decommission: boot.DecommissionIdle, LogTail: strings.Repeat(incompressible(120)+"\n", 20) + "the end",
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
			tags["muster.r.7"] = cmp.Or(tags["muster.r.7"], "AAAA")
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

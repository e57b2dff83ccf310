package channel_test

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
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
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	if tags, err := channel.SealedDeliveryTags(boot.Delivery{}, &key.PublicKey, 20); err == nil {
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
		"": 0, "7": 0, "7:plain:1:x:1": 7, "-7:plain": 0, "seven:plain": 0, ":plain": 0, "1234567890123456:plain": 0, "7 :plain": 0,
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

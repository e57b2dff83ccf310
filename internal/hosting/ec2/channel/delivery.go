package channel

import (
	"crypto/rsa"
	"fmt"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// MaxParameterBytes is the largest value of an SSM parameter in the advanced tier.
const MaxParameterBytes = 8192

// DeliveryTags returns the delivery as at most room tags, which everybody may read who
// may describe instances: the caller guarantees that nothing in it is sensitive. They
// must be written in one call. It returns a *[SizeError] where room isn't enough.
func DeliveryTags(d boot.Delivery, room int) (map[string]string, error) {
	tags, size, limit := chunkTags(ManifestTag, deliveryChunk, manifest{revision: d.Revision, kind: kindPlain}, pack(d.Encode()), room)
	if tags == nil {
		return nil, deliveryTooLarge(size, limit)
	}
	return tags, nil
}

// SealedDeliveryTags is [DeliveryTags] for one server: the whole delivery is sealed to
// the key that the server has made. Every call returns other tags.
func SealedDeliveryTags(d boot.Delivery, key *rsa.PublicKey, room int) (map[string]string, error) {
	wrapped, sealed, err := seal(key, compress(d.Encode()))
	if err != nil {
		return nil, fmt.Errorf("sealing the delivery: %w", err)
	}
	text := encode(append(wrapped, sealed...))
	tags, size, limit := chunkTags(ManifestTag, deliveryChunk, manifest{revision: d.Revision, kind: kindSealed}, text, room)
	if tags == nil {
		return nil, deliveryTooLarge(size, limit)
	}
	return tags, nil
}

func deliveryTooLarge(size, limit int) error {
	return &SizeError{
		What: "the delivery", Size: size, Limit: limit,
		Advice: "deliver shorter values, use fewer tags of your own, or give the servers an instance_profile and the channel \"ssm\"",
	}
}

// PointerDeliveryTags returns the tags of a delivery that lies in the group's SSM
// parameter "delivery" at that version; see [EncodeSecretDelivery].
func PointerDeliveryTags(revision int, version int64) map[string]string {
	return map[string]string{ManifestTag: fmt.Sprintf("%d:%s:%d", revision, kindPointer, version)}
}

// EncodeSecretDelivery returns the delivery as the value of that parameter, which must
// be a SecureString. It returns a *[SizeError] above [MaxParameterBytes].
func EncodeSecretDelivery(d boot.Delivery) (string, error) {
	value := pack(d.Encode())
	if len(value) > MaxParameterBytes {
		return "", &SizeError{
			What: "the delivery", Size: len(value), Limit: MaxParameterBytes,
			Advice: "deliver shorter values, or store what is large elsewhere and deliver its address",
		}
	}
	return value, nil
}

// DeliveredRevision returns the revision that the tags of an instance deliver; 0 where
// there is none.
func DeliveredRevision(tags map[string]string) int {
	value, _, found := strings.Cut(tags[ManifestTag], ":")
	revision, ok := parseNumber(value)
	if !found || !ok {
		return 0
	}
	return revision
}

package ec2

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"math/big"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2/channel"
)

// What a plan measures with: names and numbers as long as they come.
const (
	anyNumber      = 99_999
	maxGroupName   = "abcdefghijklmnopqrstuvwxyz123456"
	maxIncarnation = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" // As crypto/rand.Text makes them.
)

// userData refuses a configuration that doesn't fit into user data. The values that a
// group gives are not known yet; a launch counts them too.
func (f *faults) userData(s *Service, configuration boot.Configuration) {
	data := channel.UserData{
		Namespace: s.options.Namespace,
		Group:     hosting.GroupRef{Name: maxGroupName, Incarnation: maxIncarnation},
		Attempt:   anyNumber, Base: anyNumber,
		Payload: boot.Payload{Group: maxGroupName, Configuration: configuration},
	}
	if settings := configuration.EC2; settings != nil {
		if settings.Channel != boot.ChannelConsole && settings.Channel != boot.ChannelSSM {
			return // That is told elsewhere.
		}
		data.Channel, data.OrphanDeadline = settings.Channel, settings.OrphanDeadline
		if settings.Channel == boot.ChannelSSM {
			data.SSMPath = s.incarnationPath(data.Group)
			data.SSMEndpoint, data.KMSKeyID = s.options.SSMEndpoint, s.options.KMSKeyID
		}
	}
	if hasSensitiveOutput(configuration) {
		data.OutputKey = sizingKey()
	}
	_, err := data.Encode()
	if size := (*channel.SizeError)(nil); errors.As(err, &size) {
		size.What = "the servers' user data" // Which group it will be isn't known.
	}
	if err != nil {
		f.add(err.Error(), "boot_script")
	}
}

// sizingKey is no key but as large as one: its number has no pattern that could be
// compressed.
func sizingKey() *rsa.PublicKey {
	var number []byte
	for i := byte(0); len(number) < keyBits/8; i++ {
		sum := sha256.Sum256([]byte{i})
		number = append(number, sum[:]...)
	}
	number[0] |= 0x80
	number[len(number)-1] |= 1
	const exponent = 65537
	return &rsa.PublicKey{N: new(big.Int).SetBytes(number), E: exponent}
}

// checkDelivery refuses values that don't fit into the tags of an instance without
// tags of its user.
func (s *Service) checkDelivery(ctx context.Context, r record) error {
	err := fitsTags(r.Delivery())
	if size := (*channel.SizeError)(nil); !errors.As(err, &size) {
		return err
	}
	stored, findErr := s.findContent(ctx, r.Configuration)
	if findErr != nil {
		return err
	}
	configuration, findErr := decodeConfiguration(stored.id, stored.userData)
	if findErr == nil && configuration.EC2 != nil && configuration.EC2.Channel == boot.ChannelSSM {
		return nil // It travels as a parameter, as large as the one in the ledger.
	}
	return err
}

func fitsTags(delivery boot.Delivery) error {
	if hasSecrets(delivery) {
		_, err := channel.SealedDeliveryTags(delivery, sizingKey(), roomBeside(nil))
		return err
	}
	_, err := channel.DeliveryTags(delivery, roomBeside(nil))
	return err
}

package ec2

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// keyBits is the size of the incarnation's RSA key: large enough for decades by NIST SP
// 800-57, and its public half is small enough for user data.
const keyBits = 2048

// outputKey returns the incarnation's private key, to whose public half agents seal
// sensitive outputs. It is made once, when it is first asked for.
func (s *Service) outputKey(ctx context.Context, ref hosting.GroupRef) (*rsa.PrivateKey, error) {
	key, err := s.findOrMakeKey(ctx, ref)
	if err != nil {
		return nil, fmt.Errorf("making the key of group %q: %w", ref.Name, err)
	}
	return key, nil
}

// knownOutputKey is outputKey that makes none: nil where there is none.
func (s *Service) knownOutputKey(ctx context.Context, ref hosting.GroupRef) (*rsa.PrivateKey, error) {
	key, err := s.readKey(ctx, ref)
	if err != nil {
		return nil, fmt.Errorf("reading the key of group %q: %w", ref.Name, err)
	}
	return key, nil
}

func (s *Service) findOrMakeKey(ctx context.Context, ref hosting.GroupRef) (*rsa.PrivateKey, error) {
	if !valid(ref) {
		return nil, hosting.ErrNotFound
	}
	name := s.partParameter(ref, partKey)
	unlock, err := s.ledger.lock(ctx, name)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if key, err := s.readKey(ctx, ref); key != nil || err != nil {
		return key, err
	}
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, err
	}
	value, err := encodeKey(key)
	if err != nil {
		return nil, err
	}
	_, err = s.putParameter(ctx, put{name: name, value: value, secret: true, create: true})
	if errors.Is(err, errTaken) {
		// Somebody else was faster, or the answer to this very put was lost.
		return s.awaitKey(ctx, ref)
	}
	if err != nil {
		return nil, err
	}
	s.ledger.setKey(ref.Incarnation, key)
	return key, nil
}

// readKey returns nil where there is none.
func (s *Service) readKey(ctx context.Context, ref hosting.GroupRef) (*rsa.PrivateKey, error) {
	if key := s.ledger.key(ref.Incarnation); key != nil || !valid(ref) {
		return key, nil
	}
	name := s.partParameter(ref, partKey)
	found, err := s.getParameters(ctx, []string{name})
	if err != nil || found[name].version == 0 {
		return nil, err
	}
	key, err := decodeKey(name, found[name].value)
	if err != nil {
		return nil, err
	}
	s.ledger.setKey(ref.Incarnation, key)
	return key, nil
}

func (s *Service) awaitKey(ctx context.Context, ref hosting.GroupRef) (*rsa.PrivateKey, error) {
	var key *rsa.PrivateKey
	shown, err := settles(ctx, func(ctx context.Context) (bool, error) {
		var err error
		key, err = s.readKey(ctx, ref)
		return key != nil, err
	})
	if err == nil && !shown {
		err = errTaken
	}
	return key, err
}

func encodeKey(key *rsa.PrivateKey) (string, error) {
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(encoded), nil
}

func decodeKey(name, value string) (*rsa.PrivateKey, error) {
	encoded, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return nil, damaged(name)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(encoded)
	if err != nil {
		return nil, damaged(name)
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, damaged(name)
	}
	return key, nil
}

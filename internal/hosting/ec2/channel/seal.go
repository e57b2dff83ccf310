package channel

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
)

const (
	// keyBytes is the length of the RSA keys' modulus.
	keyBytes = 256

	// What "openssl enc -aes-256-cbc -pbkdf2" does, as its manual page says: the file
	// begins with this word and a salt, and key and initialization vector
	// come from so many rounds of PBKDF2 with SHA-256.
	saltMark  = "Salted__"
	saltBytes = 8
	rounds    = 10_000
	secretKey = 32
)

var errSealed = errors.New("it is not sealed to this key, or damaged")

// seal encrypts a new passphrase to the key, and content with the passphrase.
func seal(key *rsa.PublicKey, content []byte) (wrapped, sealed []byte, err error) {
	if key.Size() != keyBytes {
		return nil, nil, fmt.Errorf("the key has %d bits, not %d", key.Size()*8, keyBytes*8)
	}
	passphrase := rand.Text()
	if wrapped, err = rsa.EncryptOAEP(sha256.New(), rand.Reader, key, []byte(passphrase), nil); err != nil {
		return nil, nil, err
	}
	sealed, err = encrypt(passphrase, content)
	return wrapped, sealed, err
}

// unseal opens what seal, or the agent, has sealed. Its error is errSealed.
func unseal(key *rsa.PrivateKey, wrapped, sealed []byte) ([]byte, error) {
	passphrase, err := rsa.DecryptOAEP(sha256.New(), nil, key, wrapped, nil)
	if err != nil {
		return nil, errSealed
	}
	return decrypt(string(passphrase), sealed)
}

func encrypt(passphrase string, content []byte) ([]byte, error) {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // Never fails.
	block, vector, err := secretCipher(passphrase, salt)
	if err != nil {
		return nil, err
	}
	padding := aes.BlockSize - len(content)%aes.BlockSize
	padded := append(bytes.Clone(content), bytes.Repeat([]byte{byte(padding)}, padding)...)
	cipher.NewCBCEncrypter(block, vector).CryptBlocks(padded, padded)
	return slices.Concat([]byte(saltMark), salt, padded), nil
}

func decrypt(passphrase string, sealed []byte) ([]byte, error) {
	rest, marked := bytes.CutPrefix(sealed, []byte(saltMark))
	if !marked || len(rest) < saltBytes+aes.BlockSize || (len(rest)-saltBytes)%aes.BlockSize != 0 {
		return nil, errSealed
	}
	block, vector, err := secretCipher(passphrase, rest[:saltBytes])
	if err != nil {
		return nil, err
	}
	content := bytes.Clone(rest[saltBytes:])
	cipher.NewCBCDecrypter(block, vector).CryptBlocks(content, content)
	padding := int(content[len(content)-1])
	text, padded := bytes.CutSuffix(content, bytes.Repeat([]byte{byte(padding)}, padding))
	if padding == 0 || padding > aes.BlockSize || !padded {
		return nil, errSealed
	}
	return text, nil
}

func secretCipher(passphrase string, salt []byte) (cipher.Block, []byte, error) {
	key, err := pbkdf2.Key(sha256.New, passphrase, salt, rounds, secretKey+aes.BlockSize)
	if err != nil {
		return nil, nil, err
	}
	block, err := aes.NewCipher(key[:secretKey])
	return block, key[secretKey:], err
}

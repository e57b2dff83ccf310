package channel

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestSeal(t *testing.T) {
	t.Parallel()
	key := testKeys()[0]
	for _, size := range []int{0, 1, 15, 16, 17, 4096} {
		content := bytes.Repeat([]byte{0, 1, 0xff}, size)[:size]
		wrapped, sealed, err := seal(&key.PublicKey, content)
		if err != nil {
			t.Fatal(err)
		}
		got, err := unseal(key, wrapped, sealed)
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes: got %d, %v", size, len(got), err)
		}
		if _, again, err := seal(&key.PublicKey, content); err != nil || bytes.Equal(again, sealed) {
			t.Errorf("%d bytes are sealed in the same way twice, %v", size, err)
		}
	}
}

// TestSeal_openssl lets the program open what seal has made, and the other way round.
func TestSeal_openssl(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("MUSTER_REQUIRE_ALL") == "1" {
			t.Fatal(err)
		}
		t.Skip("openssl is missing")
	}
	directory, key := t.TempDir(), testKeys()[0]
	const passphrase, secret = "a passphrase", "a secret\nof two lines"
	write := func(name, content string) string {
		path := filepath.Join(directory, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cipher := func(arguments ...string) string {
		arguments = append([]string{"enc", "-aes-256-cbc", "-pbkdf2", "-pass", "file:" + write("pass", passphrase)}, arguments...)
		out, err := exec.CommandContext(t.Context(), "openssl", arguments...).Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	sealed := cipher("-in", write("secret", secret))
	wrapped, _, err := seal(&key.PublicKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := unseal(key, wrapped, []byte(sealed)); err == nil && string(got) == secret {
		t.Error("a passphrase opens what another one has sealed")
	}
	got, err := decrypt(passphrase, []byte(sealed))
	if err != nil || string(got) != secret {
		t.Errorf("got %q, %v, want %q", got, err, secret)
	}
	mine, err := encrypt(passphrase, []byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	if got := cipher("-d", "-in", write("mine", string(mine))); got != secret {
		t.Errorf("openssl opens %q, want %q", got, secret)
	}
}

func TestUnseal_refuses(t *testing.T) {
	t.Parallel()
	key, other := testKeys()[0], testKeys()[1]
	wrapped, sealed, err := seal(&key.PublicKey, []byte("a secret"))
	if err != nil {
		t.Fatal(err)
	}
	flip := func(text []byte, at int) []byte {
		text = bytes.Clone(text)
		text[at] ^= 1
		return text
	}
	for name, test := range map[string]struct{ wrapped, sealed []byte }{
		"a passphrase that is cut":      {wrapped[:255], sealed},
		"a passphrase that is damaged":  {flip(wrapped, 0), sealed},
		"no passphrase":                 {nil, sealed},
		"a text that is cut":            {wrapped, sealed[:len(sealed)-1]},
		"a text without its last block": {wrapped, sealed[:16]},
		"another mark":                  {wrapped, flip(sealed, 0)},
		"no text":                       {wrapped, nil},
		"a padding that is damaged":     {wrapped, flip(sealed, 8)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := unseal(key, test.wrapped, test.sealed)
			if !errors.Is(err, errSealed) || strings.Contains(string(got), "secret") {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	if got, err := unseal(other, wrapped, sealed); !errors.Is(err, errSealed) {
		t.Errorf("with another key: got %q, %v", got, err)
	}
}

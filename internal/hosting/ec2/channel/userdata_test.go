package channel_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2/channel"
)

// expand returns the script in user data.
func expand(t *testing.T, encoded []byte) string {
	t.Helper()
	reader, err := gzip.NewReader(bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	script, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(script)
}

func encodeUserData(t *testing.T, u channel.UserData) []byte {
	t.Helper()
	encoded, err := u.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func ssmUserData(p boot.Payload) channel.UserData {
	u := userData(p)
	u.Channel, u.SSMPath, u.OutputKey = boot.ChannelSSM, "/muster/shop/web/abc", nil
	return u
}

func TestUserData_Encode(t *testing.T) {
	t.Parallel()
	plain := payload("mime-version: 1.0", parameters{"q": deferred(boot.RequiredForBoot)}, "open")
	secret := payload("mime-version: 1.0", secretParameters(), "open")
	for name, test := range map[string]struct {
		userData channel.UserData
		// has and lacks are texts of the script.
		has, lacks string
	}{
		"without secrets there is no openssl": {userData(plain), "ec2_group='web'", "openssl enc"},
		"with secrets there is":               {userData(secret), "openssl genpkey", "aws-sigv4"},
		"over SSM there is no openssl":        {ssmUserData(secret), "aws-sigv4", "openssl genpkey"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			encoded := encodeUserData(t, test.userData)
			if !bytes.Equal(encoded, encodeUserData(t, test.userData)) {
				t.Error("equal user data is encoded differently")
			}
			script := expand(t, encoded)
			if !strings.HasPrefix(script, "#!/bin/sh\n") || !strings.Contains(script, test.has) || strings.Contains(script, test.lacks) {
				t.Errorf("%q is missing, or %q is there", test.has, test.lacks)
			}
			// cloud-init takes it for something else where that is among the first bytes.
			if at := strings.Index(strings.ToLower(script), "mime-version:"); at < 4096 && at >= 0 {
				t.Errorf("what the user wrote begins after %d bytes", at)
			}
			if strings.Contains(script, "\n\n") || strings.Contains(script, "\n# ") {
				t.Error("there are comments or empty lines in it")
			}
		})
	}
}

func TestUserData_settings(t *testing.T) {
	t.Parallel()
	u := ssmUserData(payload("true", nil))
	u.SSMEndpoint, u.KMSKeyID, u.OrphanDeadline = "https://ssm.example.com/", "alias/it's", 90*time.Second+1
	want := `ec2_group='web' ec2_base=4 ec2_attempt=3 ec2_orphan=91 ec2_key='' ec2_ssm='/muster/shop/web/abc' ec2_endpoint='https://ssm.example.com' ec2_kms='alias/it'\''s'` + "\n"
	if script := expand(t, encodeUserData(t, u)); !strings.Contains(script, want) {
		t.Errorf("there is no line\n%s", want)
	}
}

func TestUserData_Encode_refuses(t *testing.T) {
	t.Parallel()
	sensitive := payload("true", nil, "secret")
	for name, test := range map[string]struct {
		change func(*channel.UserData)
		want   string
	}{
		"an unknown channel":          {func(u *channel.UserData) { u.Channel = "s3" }, `unknown channel "s3"`},
		"SSM without a path":          {func(u *channel.UserData) { u.Channel = boot.ChannelSSM }, "the path of the SSM parameters is missing"},
		"a secret output, but no key": {func(u *channel.UserData) { u.OutputKey = nil }, "the RSA-2048 key for sensitive outputs is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := userData(sensitive)
			test.change(&u)
			_, err := u.Encode()
			if want := `encoding the user data of server group "web" in namespace "shop": ` + test.want; err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
}

func TestUserData_Encode_too_large(t *testing.T) {
	t.Parallel()
	value := incompressible(3000)
	p := payload(incompressible(30000), parameters{
		"given": {Type: boot.TypeString, RequiredFor: boot.RequiredForBoot}, "default": {Type: boot.TypeString, RequiredFor: boot.RequiredForBoot, Default: &value},
	})
	p.Configuration.UpdateScript = "update\n"
	p.Parameters = map[string]string{"given": "four"}
	_, err := userData(p).Encode()
	tooLarge := (*channel.SizeError)(nil)
	if !errors.As(err, &tooLarge) || tooLarge.Limit != channel.MaxUserDataBytes || tooLarge.Size < tooLarge.Limit {
		t.Fatalf("got %v", err)
	}
	agent := 0
	want := fmt.Sprintf(`the user data of server group "web" has %d bytes compressed, %d more than the 16384 that fit: the agent takes `, tooLarge.Size, tooLarge.Size-16384)
	rest, ok := strings.CutPrefix(err.Error(), want)
	if _, scanErr := fmt.Sscanf(rest, "%d of them", &agent); !ok || scanErr != nil || agent < 8000 || agent > 11000 {
		t.Errorf("got %v", err)
	}
	if list := "boot_script 30000, values of parameters 3004, update_script 7. Let the boot script fetch"; !strings.Contains(rest, list) {
		t.Errorf("got %v, want it to say %s", err, list)
	}
}

// TestUserData_room keeps an eye on what is left for users: of their scripts, about
// three times as much.
func TestUserData_room(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		userData channel.UserData
		room     int
	}{
		"on the console":               {userData(payload("true", parameters{"q": deferred(boot.RequiredForBoot)}, "open")), 6700},
		"on the console, with secrets": {userData(payload("true", secretParameters(), "secret")), 5900},
		"over SSM":                     {ssmUserData(payload("true", secretParameters(), "secret")), 5850},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := channel.MaxUserDataBytes - len(encodeUserData(t, test.userData)); got < test.room {
				t.Errorf("%d bytes are left, want at least %d", got, test.room)
			}
		})
	}
}

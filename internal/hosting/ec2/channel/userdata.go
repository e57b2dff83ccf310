package channel

import (
	"cmp"
	"crypto/rsa"
	"crypto/x509"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// MaxUserDataBytes is the most that EC2 takes as user data, before base64. It is
// compressed, and cloud-init expands it: about three times as much shell text fits.
const MaxUserDataBytes = 16384

// The parts of the user data that run on an instance.
var (
	//go:embed install.sh
	installer string
	//go:embed transport.sh
	transport string
	//go:embed seal.sh
	sealing string
	//go:embed ssm.sh
	overSSM string
)

// UserData is what one launch gives to its instances. It is the same for all of them:
// an instance adds its launch index to Base and has its slot. Every process on the
// instance can read it, so that it holds no secret.
type UserData struct {
	Namespace string
	Group     hosting.GroupRef
	// Attempt is that of the launch; Base is the slot of its first instance.
	Attempt, Base int
	Payload       boot.Payload
	// OutputKey is the key to which sensitive outputs are sealed. It must not be nil
	// where there are some and the channel is the console; its size is 2048 bits.
	OutputKey *rsa.PublicKey
	Channel   boot.Channel
	// SSMPath is the path of the incarnation's parameters, without a slash at its end:
	// deliveries are in SSMPath/delivery, reports in SSMPath/o/ATTEMPT-SLOT. SSMEndpoint is
	// the base URL of SSM; empty: that of the instance's region. KMSKeyID encrypts
	// reports with sensitive outputs; empty: the account's key for SSM. All three are of
	// no account on the console.
	SSMPath, SSMEndpoint, KMSKeyID string
	// OrphanDeadline is after how long without any delivery an instance powers off, in
	// whole seconds; 0: never.
	OrphanDeadline time.Duration
}

// Encode returns the user data: gzip of a shell script. Equal user data is encoded
// equally. It returns a *[SizeError] above [MaxUserDataBytes]. The caller guarantees a
// configuration that [boot.Configuration.Check] accepts.
func (u UserData) Encode() ([]byte, error) {
	program, err := u.program()
	if err != nil {
		return nil, fmt.Errorf("encoding the user data of server group %q in namespace %q: %w", u.Group.Name, u.Namespace, err)
	}
	payload, texts := rawTexts(u.Payload.Encode())
	encoded := compress(install(program, payload, texts))
	if len(encoded) > MaxUserDataBytes {
		return nil, u.tooLarge(len(encoded), len(compress(install(program, "", nil))))
	}
	return encoded, nil
}

// install returns the script. What a user wrote comes last: cloud-init takes user data
// for something else where "mime-version:" is among its first 4096 bytes.
func install(program, payload string, texts []file) []byte {
	before, after, _ := strings.Cut(installer, "\t# ---- files\n")
	files := append([]file{{"agent", program}, {"payload", payload}}, texts...)
	return []byte(strip(before) + hereDocuments(files) + strip(after))
}

// program returns the agent with the parts of the transport that this launch needs.
func (u UserData) program() (string, error) {
	settings, err := u.settings()
	if err != nil {
		return "", err
	}
	parts := settings + transport
	switch {
	case u.Channel == boot.ChannelSSM:
		parts += overSSM
	case u.hasSecrets():
		parts += sealing
	}
	return strip(boot.AgentFor(u.Payload.Configuration, parts+starting)), nil
}

// starting ends the transport: the agent's first run isn't the agent yet.
const starting = `case ${1-} in start) start "$2" ;; esac`

func (u UserData) settings() (string, error) {
	var key, path, endpoint, kms string
	switch u.Channel {
	case boot.ChannelSSM:
		if u.SSMPath == "" {
			return "", errors.New("the path of the SSM parameters is missing")
		}
		path, endpoint, kms = u.SSMPath, strings.TrimSuffix(u.SSMEndpoint, "/"), u.KMSKeyID
	case boot.ChannelConsole:
		if !u.hasSensitiveOutput() {
			break
		}
		if u.OutputKey == nil || u.OutputKey.Size() != keyBytes {
			return "", errors.New("the RSA-2048 key for sensitive outputs is missing")
		}
		der, err := x509.MarshalPKIXPublicKey(u.OutputKey)
		if err != nil {
			return "", fmt.Errorf("encoding the key for sensitive outputs: %w", err)
		}
		key = encode(der)
	default:
		return "", fmt.Errorf("unknown channel %q", u.Channel)
	}
	return strings.Join([]string{
		"ec2_group=" + quote(u.Group.Name), "ec2_base=" + strconv.Itoa(u.Base), "ec2_attempt=" + strconv.Itoa(u.Attempt),
		"ec2_orphan=" + strconv.Itoa(int(math.Ceil(u.OrphanDeadline.Seconds()))), "ec2_key=" + quote(key),
		"ec2_ssm=" + quote(path), "ec2_endpoint=" + quote(endpoint), "ec2_kms=" + quote(kms),
	}, " ") + "\n", nil
}

// hasSecrets reports whether sensitive values travel in either direction.
func (u UserData) hasSecrets() bool {
	for _, parameter := range u.Payload.Configuration.Parameters {
		if parameter.Sensitive {
			return true
		}
	}
	return u.hasSensitiveOutput()
}

func (u UserData) hasSensitiveOutput() bool {
	for _, output := range u.Payload.Configuration.Outputs {
		if output.Sensitive {
			return true
		}
	}
	return false
}

// tooLarge names what takes the room, the largest first.
func (u UserData) tooLarge(size, agent int) error {
	type text struct {
		what  string
		bytes int
	}
	c := u.Payload.Configuration
	texts := []text{{"boot_script", len(c.BootScript)}, {"update_script", len(c.UpdateScript)}, {"decommission_script", len(c.DecommissionScript)}}
	values := 0
	for name, p := range c.Parameters {
		value, given := u.Payload.Parameters[name]
		if p.Placeholder != nil {
			values += len(*p.Placeholder)
		}
		switch {
		case p.Delivered():
		case given:
			values += len(value)
		case p.Default != nil:
			values += len(*p.Default)
		}
	}
	texts = append(texts, text{"values of parameters", values})
	slices.SortStableFunc(texts, func(a, b text) int { return cmp.Compare(b.bytes, a.bytes) })
	var list []string
	for _, t := range texts {
		if t.bytes > 0 {
			list = append(list, fmt.Sprintf("%s %d", t.what, t.bytes))
		}
	}
	return &SizeError{
		What: fmt.Sprintf("the user data of server group %q", u.Group.Name), Size: size, Limit: MaxUserDataBytes,
		Advice: fmt.Sprintf("the agent takes %d of them, the rest are (bytes before compression): %s. "+
			"Let the boot script fetch what is large, bake it into the image, or pass large values as deferred parameters", agent, strings.Join(list, ", ")),
	}
}

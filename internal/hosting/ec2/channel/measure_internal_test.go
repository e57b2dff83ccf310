package channel

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

func TestMeasure(t *testing.T) {
	key, _ := rsa.GenerateKey(rand.Reader, 2048)
	script := transport[:10240]
	for _, ch := range []boot.Channel{boot.ChannelConsole, boot.ChannelSSM} {
		for _, sens := range []bool{false, true} {
			u := UserData{Namespace: "shop-prod", Group: hosting.GroupRef{Name: "web", Incarnation: "abcdefghijklmnop"}, OutputKey: &key.PublicKey, Channel: ch, SSMPath: "/muster/shop-prod/web/abcdefghijklmnop", OrphanDeadline: time.Hour}
			u.Payload = boot.Payload{Group: "web", Configuration: boot.Configuration{Name: "web", BootScript: "true", Parameters: map[string]boot.Parameter{"a": {Type: "string", Deferred: true, RequiredFor: "boot", Sensitive: sens}}, Outputs: map[string]boot.Output{"o": {Type: "string", Sensitive: sens}}}}
			b, err := u.Encode()
			p, _ := u.program()
			fmt.Println(ch, sens, "empty:", len(b), err, "left", MaxUserDataBytes-len(b), "program stripped", len(p), "gz", len(compress([]byte(p))))
			u.Payload.Configuration.BootScript = script
			c, _ := u.Encode()
			raw, _ := rawTexts(u.Payload.Encode())
			_ = raw
			prog, _ := u.program()
			d := compress(install(prog, string(u.Payload.Encode()), nil))
			fmt.Println("10K script raw", len(c)-len(b), "base64", len(d)-len(b))
			_ = strings.ToUpper
		}
	}
	fmt.Println(len(compress([]byte(strip(boot.Agent(""))))), len(strip(boot.Agent(""))))
}

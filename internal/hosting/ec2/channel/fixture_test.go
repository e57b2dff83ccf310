package channel_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2/channel"
)

// outputKey is the incarnation's key in all tests.
var outputKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// userData returns the user data of a launch of one server.
func userData(payload boot.Payload) channel.UserData {
	return channel.UserData{
		Namespace: "shop", Group: hosting.GroupRef{Name: "web", Incarnation: "abc"}, Attempt: 3, Base: 4,
		Payload: payload, OutputKey: &outputKey().PublicKey,
	}
}

// payload returns the payload of a configuration with this boot script.
func payload(bootScript string, parameters map[string]boot.Parameter, outputs ...string) boot.Payload {
	configuration := boot.Configuration{Name: "web", BootScript: bootScript, Parameters: parameters, Outputs: map[string]boot.Output{}}
	for _, name := range outputs {
		configuration.Outputs[name] = boot.Output{Type: boot.TypeString, Sensitive: strings.HasPrefix(name, "secret")}
	}
	return boot.Payload{Group: "web", Configuration: configuration}
}

type parameters = map[string]boot.Parameter

func deferred(requirement boot.Requirement) boot.Parameter {
	return boot.Parameter{Type: boot.TypeString, Deferred: true, RequiredFor: requirement}
}

func delivery(revision int, values map[string]string) boot.Delivery {
	d := boot.Delivery{Revision: revision, Values: map[string]boot.Value{}}
	for name, text := range values {
		d.Values[name] = boot.Value{Text: text, Since: revision}
	}
	return d
}

// incompressible returns so many bytes of text that gzip halves at most.
func incompressible(n int) string {
	var b strings.Builder
	for state := uint64(1); b.Len() < n; {
		// The linear congruential generator of Knuth's MMIX.
		state = state*6364136223846793005 + 1442695040888963407
		fmt.Fprintf(&b, "%08x", state>>32)
	}
	return b.String()[:n]
}

// The canaries: one goes to the server, one comes from it.
const (
	canaryIn  = "canary-in-4c8e1f"
	canaryOut = "canary-out-9b27d0"
)

// base64Cores returns what is the same in base64 wherever the text begins.
func base64Cores(text string) []string {
	var cores []string
	for skip := range 3 {
		whole := text[skip:]
		cores = append(cores, base64.StdEncoding.EncodeToString([]byte(whole[:len(whole)/3*3])))
	}
	return cores
}

func secretParameters() parameters {
	p := deferred(boot.RequiredForNothing)
	p.Sensitive = true
	return parameters{"p": p, "q": deferred(boot.RequiredForNothing)}
}

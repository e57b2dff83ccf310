package channel_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine"
	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2/channel"
)

// spyOnArguments puts a program in front of every one that the agent runs, which notes
// the arguments and the environment that others on the instance could see.
func (i *instance) spyOnArguments() {
	i.t.Helper()
	for _, name := range append(coreutils(), "curl", "openssl") {
		if name == "sh" || name == "env" || name == "setsid" {
			continue
		}
		i.write("/usr/local/sbin/"+name, "#!/run/host/bin/dash\n"+
			`printf '%s\n' `+name+` "$@" >>/opt/arguments; exec /bin/`+name+` "$@"`+"\n")
	}
}

// visible returns what others can see: by name of the place.
func (i *instance) visible() map[string]string {
	tags := slices.Collect(maps.Values(i.metadata.View().Tags))
	return map[string]string{
		"the console": string(i.Console()), "the tags": strings.Join(tags, "\n"), "the user data": i.script(),
		"the log": i.read("/var/log/muster.log"), "an argument": i.read("/opt/arguments"),
		"cloud-init's log": i.read("/var/log/cloud-init-output.log"),
	}
}

func (i *instance) checkHidden() {
	i.t.Helper()
	secrets := append([]string{
		canaryIn, canaryOut, roleSecret, roleToken, strings.TrimSpace(i.read("/var/lib/muster/in.pass")), strings.TrimSpace(i.read("/var/lib/muster/out.pass")),
		// What follows is a token of the metadata service's.
		"X-aws-ec2-metadata-token: ",
	}, append(base64Cores(canaryIn), base64Cores(canaryOut)...)...)
	for place, content := range i.visible() {
		if content == "" && place != "the log" && place != "the tags" {
			i.t.Errorf("%s is empty: the test sees nothing", place)
		}
		for _, secret := range secrets {
			if secret != "" && strings.Contains(content, secret) && (place != "the user data" || secret != "X-aws-ec2-metadata-token: ") {
				i.t.Errorf("%q is in %s", secret, place)
			}
		}
	}
}

func secretDelivery(revision int) boot.Delivery {
	return boot.Delivery{Revision: revision, Values: map[string]boot.Value{
		"p": {Text: canaryIn, Sensitive: true, Since: revision}, "q": {Text: "plain", Since: revision},
	}}
}

// secretScript takes a secret and publishes another one, which isn't in its text.
const secretScript = `muster param get p >/dev/null && muster param get q | muster output set open
printf %s%s canary-out- 9b27d0 | muster output set secret`

func TestInstance_secrets(t *testing.T) {
	t.Parallel()
	inEveryShell(t, map[string]func(*testing.T, machine.Shell){
		"secrets travel sealed, in both directions": func(t *testing.T, sh machine.Shell) {
			i := newInstance(t, sh, userData(payload(secretScript, secretParameters(), "open", "secret")))
			i.spyOnArguments()
			i.start()
			i.untilWaiting("p")
			i.deliverSealed(secretDelivery(1))
			got := i.untilStatus(boot.StatusReady)
			if diff := cmp.Diff(map[string]string{"open": "plain", "secret": canaryOut}, got.Outputs); diff != "" {
				t.Errorf("the outputs (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{"secret"}, got.Sensitive); diff != "" {
				t.Errorf("the sensitive outputs (-want +got):\n%s", diff)
			}
			for _, name := range []string{"in.pass", "out.pass"} {
				if len(i.read("/var/lib/muster/"+name)) < 16 {
					t.Errorf("the passphrase %s isn't where the test looks for it", name)
				}
			}
			i.checkHidden()
			if got := channel.ParseConsole(i.Console(), i.token, nil).Report; got == nil || got.Outputs["open"] != "plain" || got.Outputs["secret"] != "" {
				t.Errorf("without a key the report is %+v", got)
			}
		},
		"what was sealed can be opened after a reboot": func(t *testing.T, sh machine.Shell) {
			i := launch(t, sh, userData(payload("muster param get p | wc -c", secretParameters())))
			i.untilWaiting("p")
			i.deliverSealed(secretDelivery(1))
			first, key := i.untilStatus(boot.StatusReady), i.sight().ServerKey
			if err := i.Reboot(); err != nil {
				t.Fatal(err)
			}
			i.untilReport("it is ready again", func(r boot.Report) bool { return r.Boot != first.Boot && r.Status == boot.StatusReady })
			if !i.sight().ServerKey.Equal(key) {
				t.Error("it has another key")
			}
		},
		"a secret is hidden in the log of a script that fails": func(t *testing.T, sh machine.Shell) {
			i := launch(t, sh, userData(payload(`set -x; v=$(muster param get p); echo "$v"; exit 3`, secretParameters())))
			i.untilWaiting("p")
			i.deliverSealed(secretDelivery(1))
			got := i.untilStatus(boot.StatusFailed)
			if !strings.Contains(got.LogTail, "\n(sensitive)") || strings.Contains(got.LogTail, canaryIn) {
				t.Errorf("the log is %q", got.LogTail)
			}
		},
		"without secrets openssl isn't needed, and no key is shown": func(t *testing.T, sh machine.Shell) {
			i := newInstance(t, sh, userData(payload("muster param get q", parameters{"q": deferred(boot.RequiredForNothing)}, "open")))
			i.only(programs(append(coreutils(), "curl")...))
			i.start()
			i.deliver(delivery(1, map[string]string{"q": "1"}))
			i.untilStatus(boot.StatusReady)
			if i.sight().ServerKey != nil {
				t.Error("it has a key")
			}
		},
		"openssl is named where it is missing": func(t *testing.T, sh machine.Shell) {
			for name, p := range map[string]boot.Payload{
				"for a parameter": payload("touch ran", secretParameters()),
				"for an output":   payload("touch ran", nil, "secret"),
			} {
				i := newInstance(t, sh, userData(p))
				i.only(programs(append(coreutils(), "curl")...))
				i.start()
				got := i.untilStatus(boot.StatusFailed)
				if want := "the server lacks the program openssl, 1.1.1 or newer, which secrets need"; got.Failure != want || i.exists("/var/lib/muster/home/ran") {
					t.Errorf("%s: got the failure %q, want %q", name, got.Failure, want)
				}
			}
		},
	})
}

// deliverSealed seals the delivery to the key that the server has shown.
func (i *instance) deliverSealed(d boot.Delivery) {
	i.t.Helper()
	key := i.sight().ServerKey
	if key == nil {
		i.t.Fatal("the server has shown no key")
	}
	tags, err := channel.SealedDeliveryTags(d, key, 20)
	if err != nil {
		i.t.Fatal(err)
	}
	i.tag(tags)
}

package awsfake_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
)

func TestEndInstance(t *testing.T) {
	t.Parallel()
	for behavior, want := range map[ec2types.ShutdownBehavior]ec2types.InstanceStateName{"": "stopped", "stop": "stopped", "terminate": "terminated"} {
		t.Run("on shutdown "+string(behavior), func(t *testing.T) {
			t.Parallel()
			inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
				in := launchInput("token", 1)
				in.InstanceInitiatedShutdownBehavior = behavior
				id := a.launch(t, in)[0]
				if err := a.EndInstance(id); err != nil {
					t.Fatal(err)
				}
				got := a.seen(t, id)
				if got.State.Name != want || *got.StateReason.Code != "Client.InstanceInitiatedShutdown" {
					t.Errorf("got %s for %s, want %s by itself", got.State.Name, *got.StateReason.Code, want)
				}
				_, err := a.ec2.RebootInstances(t.Context(), &ec2.RebootInstancesInput{InstanceIds: []string{id}})
				wantRefusal(t, err, "400 IncorrectInstanceState")
				a.terminate(t, id)
				a.terminate(t, id) // Once more is no error.
				if got := a.seen(t, id); got.State.Name != "terminated" {
					t.Errorf("got %s, want terminated", got.State.Name)
				}
			})
		})
	}
}

func TestTerminateInstances_oneUnknown(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		launched := a.launch(t, launchInput("token", 2))
		_, err := a.ec2.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: append(launched, "i-0000000000000000f")})
		wantRefusal(t, err, "400 InvalidInstanceID.NotFound")
		if n := len(a.Live()); n != 2 {
			t.Errorf("%d are left, want both: one bad ID fails all", n)
		}
	})
}

// One protected instance keeps those of its zone, and no others.
func TestTerminateInstances_oneProtected(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		protected := launchInput("protected", 1)
		protected.DisableApiTermination = aws.Bool(true)
		elsewhere := launchInput("elsewhere", 1)
		elsewhere.SubnetId = aws.String(awsfake.SubnetB)
		all := slices.Concat(a.launch(t, protected), a.launch(t, launchInput("same zone", 1)), a.launch(t, elsewhere))
		_, err := a.ec2.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: all})
		wantRefusal(t, err, "400 OperationNotPermitted")
		if got := a.Live(); len(got) != 2 || got[0].ID != all[0] || got[1].ID != all[1] {
			t.Errorf("got %+v, want the two of the protected one's zone", got)
		}
	})
}

func TestForge(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		in := fromTemplate(a.template(t, "web", templateData("")), "1")
		in.TagSpecifications = instanceTags(map[string]string{"muster.group": "web"})
		original := a.launch(t, in)[0]
		for name, forgery := range map[string]awsfake.Forgery{
			"tags": {}, "tags and token": {SameToken: true}, "tags and template": {SameTemplate: true},
		} {
			id, err := a.Forge(original, forgery)
			if err != nil {
				t.Fatal(err)
			}
			got, ours := a.seen(t, id), a.seen(t, original)
			tags := map[string]string{}
			for _, tag := range got.Tags {
				tags[*tag.Key] = *tag.Value
			}
			if tags["muster.group"] != "web" || (tags["aws:ec2launchtemplate:id"] != "") != forgery.SameTemplate || (*got.ClientToken == *ours.ClientToken) != forgery.SameToken {
				t.Errorf("%s: got %v and token %s", name, tags, *got.ClientToken)
			}
		}
	})
}

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

func TestReadable(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		id := a.launch(t, launchInput("token", 1))[0]
		if err := a.WriteConsole(id, "on the console"); err != nil {
			t.Fatal(err)
		}
		for _, value := range []string{"once in a tag", "now in a tag"} {
			if err := a.tag(t, map[string]string{"a": value}, id); err != nil {
				t.Fatal(err)
			}
			a.mustPut(t, "/web", value[:len(value)-3]+"parameter")
		}
		a.delete(t, "/web")
		template := a.template(t, "web", templateData(gzipped(t, "in compressed user data")))
		if _, err := a.ec2.DeleteLaunchTemplate(t.Context(), &ec2.DeleteLaunchTemplateInput{LaunchTemplateId: &template}); err != nil {
			t.Fatal(err)
		}

		var found []string
		for _, what := range a.Readable() {
			found = append(found, what)
		}
		for _, want := range []string{"on the console", "once in a tag", "now in a tag", "once in a parameter", "now in a parameter", "in compressed user data"} {
			if !slices.Contains(found, want) {
				t.Errorf("%q isn't found", want)
			}
		}
	})
}

package awsfake_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
)

// console returns what the API says, and whether it says anything.
func (a account) console(t *testing.T, id string, latest bool) (text string, ok bool) {
	t.Helper()
	out, err := a.ec2.GetConsoleOutput(t.Context(), &ec2.GetConsoleOutputInput{InstanceId: &id, Latest: &latest})
	if err != nil {
		t.Fatal(err)
	}
	if out.Output == nil {
		return "", false
	}
	decoded, err := base64.StdEncoding.DecodeString(*out.Output)
	if err != nil {
		t.Fatal(err)
	}
	return string(decoded), true
}

func TestGetConsoleOutput(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{Faults: awsfake.Faults{ConsoleLag: 10 * time.Second}}, func(t *testing.T, a account) {
		id := a.launch(t, launchInput("token", 1))[0]
		if err := a.WriteConsole(id, "hello"); err != nil {
			t.Fatal(err)
		}
		if got, ok := a.console(t, id, true); ok {
			t.Errorf("got %q at once, want none", got)
		}
		time.Sleep(10 * time.Second)
		if got, _ := a.console(t, id, true); got != "hello" {
			t.Errorf("got %q, want hello", got)
		}
		if got, ok := a.console(t, id, false); ok {
			t.Errorf("got %q without asking for the latest, want none before its state changes", got)
		}
		if _, err := a.ec2.RebootInstances(t.Context(), &ec2.RebootInstancesInput{InstanceIds: []string{id}}); err != nil {
			t.Fatal(err)
		}
		if err := a.WriteConsole(id, strings.Repeat("x", 64<<10-3)); err != nil {
			t.Fatal(err)
		}
		if got, _ := a.console(t, id, false); got != "hello" {
			t.Errorf("got %q, want what was there at the reboot, hello", got)
		}
		if got, _ := a.console(t, id, true); len(got) != 64<<10 || !strings.HasPrefix(got, "llox") {
			t.Errorf("got %d bytes from %.8q on, want the last 64 KB", len(got), got)
		}
		a.terminate(t, id)
		if _, ok := a.console(t, id, false); !ok {
			t.Error("there is no output after the end")
		}
	})
}

func TestGetConsoleOutput_refused(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		xen := launchInput("token", 1)
		xen.InstanceType = "t2.small"
		id := a.launch(t, xen)[0]
		_, err := a.ec2.GetConsoleOutput(t.Context(), &ec2.GetConsoleOutputInput{InstanceId: &id, Latest: aws.Bool(true)})
		wantRefusal(t, err, "400 UnsupportedOperation")
		_, err = a.ec2.GetConsoleOutput(t.Context(), &ec2.GetConsoleOutputInput{InstanceId: aws.String("i-0000000000000000f")})
		wantRefusal(t, err, "400 InvalidInstanceID.NotFound")
	})
}

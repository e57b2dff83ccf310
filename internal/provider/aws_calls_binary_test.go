package provider_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The binary has no calls of EC2 that aren't made: all of them together are larger than
// the rest of it.
func TestBinary_hasOnlyTheCallsThatAreMade(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "terraform-provider-muster")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../..")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the provider: %v: %s", err, output)
	}
	content, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	// The names of functions are in every binary, for panics.
	const method = "github.com/aws/aws-sdk-go-v2/service/ec2.(*Client)."
	if !bytes.Contains(content, []byte(method+"RunInstances")) {
		t.Error("the binary has no RunInstances: the test looks for the wrong thing")
	}
	if bytes.Contains(content, []byte(method+"CreateVpc")) {
		t.Error("the binary has calls that aren't made: a client is put into an interface somewhere; see aws_calls.go")
	}
}

package main_test

import (
	"bufio"
	"context"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/leftover"
	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// A killed Terraform can't end its provider, and a provider without Terraform would
// live for ever.
func TestMain_endsWithTerraform(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "terraform-provider-muster")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the provider: %v: %s", err, output)
	}
	// The shell stands for Terraform.
	terraform := exec.CommandContext(t.Context(), "sh", "-c", `"$0" 2>/dev/null & echo $!; read -r _`, binary)
	terraform.Env = append(terraform.Environ(), handshake()...)
	if _, err := terraform.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	output, err := terraform.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := terraform.Start(); err != nil {
		t.Fatal(err)
	}
	provider := awaitHandshake(t, output)
	if !leftover.Running(provider) {
		t.Fatal("the provider doesn't run")
	}
	if err := terraform.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = terraform.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err = wait.Until(ctx, 10*time.Millisecond, func(context.Context) (bool, error) { return !leftover.Running(provider), nil })
	if err != nil {
		t.Errorf("the provider still runs: %v", err)
	}
}

// awaitHandshake reads the provider's process ID, which the shell prints, and its
// handshake, in whichever order they come.
func awaitHandshake(t *testing.T, output io.Reader) (provider int) {
	t.Helper()
	lines := bufio.NewScanner(output)
	for shaken := false; provider == 0 || !shaken; {
		if !lines.Scan() {
			t.Fatalf("the provider ends before its handshake: %v", lines.Err())
		}
		if strings.Contains(lines.Text(), "|") {
			shaken = true
			continue
		}
		number, err := strconv.Atoi(lines.Text())
		if err != nil {
			t.Fatal(err)
		}
		provider = number
	}
	return provider
}

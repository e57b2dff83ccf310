package acctest

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/fleet"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine"
)

func runInstance() { machine.RunInit() }

// Cloud is a fake AWS account of a test's own, whose instances run on this machine.
type Cloud struct {
	*awsfake.World
	awsfake.Endpoint

	// machines is where each instance has its directory.
	machines string
}

// CloudSpec is what an account is made of.
type CloudSpec struct {
	// Account describes the account; its Machines are NewCloud's to set.
	Account awsfake.Options
	// Image is a directory with what the instances have in their root directory besides
	// this machine's programs; empty: nothing.
	Image string
	// Idle lets the instances exist and run nothing, as a crowd of them must.
	Idle bool
	// Latency is how long the account takes for every call.
	Latency time.Duration
}

// NewCloud returns an account, which ends with the test and takes everything that runs
// in it along.
func NewCloud(t testing.TB, spec CloudSpec) *Cloud {
	t.Helper()
	c := &Cloud{machines: t.TempDir()}
	if !spec.Idle {
		spec.Account.Machines = fleet.Fleet{Directory: c.machines, Machine: machine.Spec{Image: spec.Image}}
	}
	c.World = awsfake.NewWorld(spec.Account)
	t.Cleanup(c.Close)
	c.Endpoint = c.Serve(t)
	if spec.Latency > 0 {
		c.URL = distant(t, c.World, spec.Latency)
	}
	return c
}

// distant returns the URL under which everything takes that much longer.
func distant(t testing.TB, handler http.Handler, latency time.Duration) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), latency)
		defer cancel()
		<-ctx.Done()
		handler.ServeHTTP(rw, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// File returns what a script has written into a file in its working directory on an
// instance.
func (c *Cloud) File(t testing.TB, instanceID, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(c.machines, instanceID, "root", "var", "lib", "muster", "home", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// Console returns what anybody reads on the console of an instance who may.
func (c *Cloud) Console(instanceID string) ([]byte, error) {
	answer, err := ec2.NewFromConfig(c.Config()).GetConsoleOutput(context.Background(), &ec2.GetConsoleOutputInput{
		InstanceId: &instanceID, Latest: aws.Bool(true),
	})
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(aws.ToString(answer.Output))
}

// ProviderBlock returns the provider block for the account; extra goes into the block.
func (c *Cloud) ProviderBlock(extra string) string {
	return c.blockWith(fmt.Sprintf("access_key = %q\n    secret_key = %q", c.AccessKey, c.SecretKey), extra)
}

// blockWith returns the provider block with other credentials; without any, they come
// from the environment.
func (c *Cloud) blockWith(credentials, extra string) string {
	return fmt.Sprintf(`provider "muster" {
  namespace = "acc"
  aws = {
    region    = %q
    endpoints = { ec2 = %[2]q, ssm = %[2]q, sts = %[2]q, cloudwatch = %[2]q }
    %s
  }
%s
}
`, c.Region, c.URL, credentials, extra)
}

// NewWorkspace is [NewWorkspace] for configurations whose servers run in the account.
// They are written as for the local hosting service; see [Cloud.Adapt].
func (c *Cloud) NewWorkspace(t testing.TB) *Workspace {
	t.Helper()
	w := NewWorkspace(t)
	w.place = func(config string) string { return c.ProviderBlock("") + c.Adapt(config) }
	return w
}

// NewKeylessWorkspace is NewWorkspace with no credentials in the provider's block: they
// come from the commands' environment.
func (c *Cloud) NewKeylessWorkspace(t testing.TB) *Workspace {
	t.Helper()
	w := NewWorkspace(t)
	w.place = func(config string) string { return c.blockWith("", "") + c.Adapt(config) }
	return w
}

var hostImage = regexp.MustCompile(`(?m)^(\s*)image(\s*)= "host"$`)

// Adapt returns a configuration for the local hosting service as one for this account:
// the image is another one, and there are launch settings. The provider block isn't
// its business.
func (c *Cloud) Adapt(config string) string {
	return hostImage.ReplaceAllString(config, fmt.Sprintf(`${1}image${2}= %q
${1}ec2 = { instance_types = ["t3.small", "t3a.small"], subnet_ids = [%q, %q], security_group_ids = [%q] }`,
		awsfake.ImageID, awsfake.SubnetA, awsfake.SubnetB, awsfake.SecurityGroupID))
}

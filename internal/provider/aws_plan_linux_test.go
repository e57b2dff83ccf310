package provider_test

import (
	"os"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
)

// A plan that was saved in one place is applied in another one, as Terraform Cloud does
// it: there is the same configuration, another home, and no other file of the first.
// Both have their credentials from a web identity token.
func TestAccAWS_planIsAppliedElsewhere(t *testing.T) {
	t.Parallel()
	const role, token = "arn:aws:iam::123456789012:role/terraform", "web-identity-token"
	cloud := acctest.NewCloud(t, acctest.CloudSpec{
		Account: awsfake.Options{Roles: []awsfake.Role{{ARN: role, WebIdentityTokens: []string{token}}}},
	})
	backend := acctest.NewBackend(t)
	runner := func() *acctest.Workspace {
		w := cloud.NewKeylessWorkspace(t)
		w.Setenv("HOME", t.TempDir())
		w.Setenv("AWS_ROLE_ARN", role)
		w.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", w.Path("../token"))
		w.Setenv("AWS_EC2_METADATA_DISABLED", "true")
		return w
	}
	here, there := runner(), runner()
	for _, w := range []*acctest.Workspace{here, there} {
		writeFile(t, w.Path("../token"), token)
		w.Write(backend.Block() + mutual().String())
		w.Init()
	}
	here.MustRun("plan", "-out=plan")
	plan, err := os.ReadFile(here.Path("plan"))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, there.Path("plan"), string(plan))
	there.MustRun("apply", "plan")
	if got := len(cloud.Live()); got != 3 {
		t.Errorf("%d instances run, want 3", got)
	}
	here.ExpectNothingToDo()
	here.MustRun("destroy", "-auto-approve")
	expectNothingLeft(t, cloud)
	for _, session := range cloud.Sessions() {
		if session.RoleARN != role {
			t.Errorf("the role %s was assumed", session.RoleARN)
		}
	}
	if len(cloud.Sessions()) == 0 {
		t.Error("no role was assumed")
	}
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

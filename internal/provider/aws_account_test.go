package provider_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
)

// onAWS is a configuration that the fake account can run.
const onAWS = `
resource "muster_server_configuration" "web" {
  name        = "web"
  image       = "` + awsfake.ImageID + `"
  boot_script = "true"
  ec2         = { instance_types = ["t3.small"], subnet_ids = ["` + awsfake.SubnetA + `"] }
}
`

func awsProvider(arguments string) string { return "provider \"muster\" {\n" + arguments + "\n}\n" }

// What isn't known in a plan is no mistake: the resources are planned without a look,
// and the apply knows it.
func TestAccAWS_nothingIsKnownYet(t *testing.T) {
	t.Parallel()
	world := awsfake.NewWorld(awsfake.Options{})
	endpoint := world.Serve(t)
	late := func(name string) string { return "terraform_data.late.output." + name }
	config := fmt.Sprintf(`
resource "terraform_data" "late" {
  input = { namespace = "test", region = %q, key = %q, secret = %q, url = %q, account = %q, tag = "shop", yes = false, retries = 3 }
}
`, endpoint.Region, endpoint.AccessKey, endpoint.SecretKey, endpoint.URL, awsfake.Account) + awsProvider(`
  namespace = `+late("namespace")+`
  aws = {
    region = `+late("region")+`, access_key = `+late("key")+`, secret_key = `+late("secret")+`
    endpoints = { ec2 = `+late("url")+`, ssm = `+late("url")+`, sts = `+late("url")+`, cloudwatch = `+late("url")+` }
    allowed_account_ids = [`+late("account")+`], skip_credentials_validation = `+late("yes")+`, max_retries = `+late("retries")+`
    assume_role = [{ role_arn = "arn:aws:iam::${`+late("account")+`}:role/hub" }]
    default_tags = { product = `+late("tag")+` }
  }`) + onAWS
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Factories(), Steps: []resource.TestStep{{
		Config:           config,
		ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
	}}})
}

// The log tells of every call, and holds no secret, whatever else is in it.
func TestAccAWS_log(t *testing.T) {
	t.Parallel()
	endpoint := awsfake.NewWorld(awsfake.Options{SecretKey: canary}).Serve(t)
	w := acctest.NewWorkspace(t)
	w.Setenv("TF_LOG", "TRACE")
	w.Setenv("TF_LOG_PATH", w.Path("log"))
	root := writeModule(t, w, "web", onAWS, awsArguments(endpoint, `default_tags = { product = "shop" }`))
	w.Write(root)
	w.MustRun("get")
	w.MustRun("apply", "-auto-approve")
	content, err := os.ReadFile(w.Path("log"))
	if err != nil {
		t.Fatal(err)
	}
	log := string(content)
	for _, operation := range []string{"GetCallerIdentity", "CreateLaunchTemplate"} {
		if !strings.Contains(log, "operation="+operation) {
			t.Errorf("the log doesn't tell of %s", operation)
		}
	}
	if strings.Contains(log, canary) {
		t.Error("the log has the secret key")
	}
}

package provider

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/awsclient"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2"
	"github.com/musterhq/terraform-provider-muster/internal/tfdiag"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

const invalidAWS = "Invalid AWS Configuration"

var _ provider.ProviderWithValidateConfig = (*Provider)(nil)

// ValidateConfig says what is wrong with the metric sources and the aws block, as far as
// it is known.
func (p *Provider) ValidateConfig(ctx context.Context, req provider.ValidateConfigRequest, resp *provider.ValidateConfigResponse) {
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	config.checkSources(&resp.Diagnostics)
	if config.AWS.IsNull() || config.AWS.IsUnknown() {
		return
	}
	if !config.Local.IsNull() && !config.Local.IsUnknown() {
		resp.Diagnostics.AddAttributeError(path.Root("aws"), "Two Hosting Services",
			"aws and local exclude each other: the servers of a provider run in one place. Remove one of them, or give each a provider block of its own with an alias.")
	}
	if config.Namespace.IsNull() {
		resp.Diagnostics.AddAttributeError(path.Root("namespace"), "Missing Namespace",
			"With aws, a namespace is required: it is the fence around what this Terraform state sees and touches in the account. "+
				"Two states without one would take each other's servers for their own. Choose a name for this state alone, for example namespace = \"shop-prod\".")
	}
	if !tfvalue.Known(ctx, config.AWS) {
		return
	}
	if found := nulls("aws", config.AWS); len(found) > 0 {
		for _, at := range found {
			resp.Diagnostics.AddAttributeError(path.Root("aws"), invalidAWS, at+" is null; leave out what isn't there.")
		}
		return
	}
	block, diagnostics := toAWS(ctx, config.AWS)
	resp.Diagnostics.Append(diagnostics...)
	resp.Diagnostics.Append(block.check(ctx)...)
}

// nulls returns the places of null elements in lists and maps, at any depth.
func nulls(at string, value attr.Value) []string {
	var found []string
	element := func(key string, element attr.Value) {
		if element.IsNull() {
			found = append(found, at+"."+key)
			return
		}
		found = append(found, nulls(at+"."+key, element)...)
	}
	switch value := value.(type) {
	case types.Object:
		for _, name := range slices.Sorted(maps.Keys(value.Attributes())) {
			found = append(found, nulls(at+"."+name, value.Attributes()[name])...)
		}
	case types.List:
		for i, one := range value.Elements() {
			element(strconv.Itoa(i), one)
		}
	case types.Map:
		for _, key := range slices.Sorted(maps.Keys(value.Elements())) {
			element(key, value.Elements()[key])
		}
	}
	return found
}

// check reports what is wrong whatever the environment says.
func (m awsModel) check(ctx context.Context) diag.Diagnostics {
	options, diagnostics := m.toOptions(ctx)
	if err := options.Check(); err != nil {
		diagnostics.Append(toAWSDiagnostics(err)...)
	}
	for _, message := range ec2.CheckDefaultTags(tfvalue.TextMap(m.DefaultTags.Elements())) {
		diagnostics.AddAttributeError(path.Root("aws"), invalidAWS, fmt.Sprintf("aws.default_tags: %s.", message))
	}
	return diagnostics
}

// toAWSDiagnostics points to the block: Terraform finds no line for anything deeper, so
// the text names the argument.
func toAWSDiagnostics(err error) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	var faults *awsclient.ConfigError
	if !errors.As(err, &faults) {
		diagnostics.AddAttributeError(path.Root("aws"), "Unable to Use AWS Account", tfdiag.Sentence(err.Error()))
		return diagnostics
	}
	for _, fault := range faults.Faults {
		at := strings.Join(append([]string{"aws"}, fault.Path...), ".")
		diagnostics.AddAttributeError(path.Root("aws"), invalidAWS, fmt.Sprintf("%s %s.", at, fault.Message))
	}
	return diagnostics
}

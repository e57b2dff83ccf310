package provider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/musterhq/terraform-provider-muster/internal/awsclient"
	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2"
	"github.com/musterhq/terraform-provider-muster/internal/metric"
	"github.com/musterhq/terraform-provider-muster/internal/tfdiag"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

// place is where servers run, and what belongs to it.
type place struct {
	service hosting.Service
	// cloudwatch is the metric source of the same account; nil where there is none.
	cloudwatch metric.Source
}

// place returns where servers run; known is false where that isn't known yet.
func (m model) place(ctx context.Context, version string, diagnostics *diag.Diagnostics) (found place, known bool) {
	if m.AWS.IsNull() {
		service, known := m.service(diagnostics)
		return place{service: service}, known
	}
	if !tfvalue.Known(ctx, m.AWS, m.Namespace) || m.Local.IsUnknown() {
		return place{}, false
	}
	namespace := m.Namespace.ValueString()
	if err := boot.CheckResourceName(namespace); err != nil {
		diagnostics.AddAttributeError(path.Root("namespace"), "Invalid Namespace", tfdiag.Sentence(err.Error()))
		return place{}, false
	}
	return openAWS(ctx, m.AWS, namespace, version, diagnostics)
}

// openAWS opens the account that the aws block leads to.
func openAWS(ctx context.Context, value types.Object, namespace, version string, diagnostics *diag.Diagnostics) (found place, ok bool) {
	block, faults := toAWS(ctx, value)
	diagnostics.Append(faults...)
	options, faults := block.toOptions(ctx)
	diagnostics.Append(faults...)
	if diagnostics.HasError() {
		return place{}, false
	}
	options.Version = version
	options.Log = logCall
	account, err := awsclient.Open(ctx, options)
	if err != nil {
		diagnostics.Append(toAWSDiagnostics(err)...)
		return place{}, false
	}
	service := ec2.New(ec2.Options{
		EC2: toEC2Calls(account.EC2()), SSM: toSSMCalls(account.SSM()),
		Namespace: namespace, Region: account.Region(), Account: account.Account(),
		DefaultTags: tfvalue.TextMap(block.DefaultTags.Elements()),
		KMSKeyID:    block.KMSKeyID.ValueString(),
		SSMEndpoint: account.SSMEndpoint(),
		Now:         time.Now, //nolint:forbidigo // The clock enters the project here.
	})
	return place{service: service, cloudwatch: cloudWatchSource(toCloudWatchCalls(account.CloudWatch()))}, true
}

// logCall writes an attempt of a call to Terraform's log, with TF_LOG=DEBUG.
func logCall(ctx context.Context, call awsclient.Call) {
	tflog.Debug(ctx, "AWS call", map[string]any{
		"service":    call.Service,
		"operation":  call.Operation,
		"status":     call.Status,
		"request_id": call.RequestID,
		"error_code": call.ErrorCode,
		"took_ms":    call.Took.Milliseconds(),
	})
}

package provider

import (
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
	"github.com/musterhq/terraform-provider-muster/internal/metric/cloudwatch"
)

// reservedName is what is wrong with a metric source of the name of CloudWatch.
const reservedName = "metric_sources.cloudwatch: this name is reserved for Amazon CloudWatch, which signals ask with cloudwatch = { … }; give the source another name."

// cloudWatchSource returns the metric source on the account and region of a client. Its
// place among the sources is [metric.CloudWatchSource]; where the account isn't known
// yet, nil belongs there, and where there is none, nothing.
func cloudWatchSource(client cloudwatch.API) metric.Source {
	return cloudwatch.New(cloudwatch.Options{
		Client: client,
		Now:    time.Now, //nolint:forbidigo // The clock enters the project here.
	})
}

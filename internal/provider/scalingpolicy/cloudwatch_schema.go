package scalingpolicy

import (
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

const metricMath = "[metric math](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html)"

func cloudWatchAttribute() schema.SingleNestedAttribute {
	attributes := seriesAttributes("The metric's namespace, for example `AWS/EC2`.",
		"An expression of "+metricMath+" on `queries`, a search, or one query of Metrics Insights, in place of a metric. It must give a single series, and can't call `METRICS()`.")
	maps.Copy(attributes, map[string]schema.Attribute{
		"queries": schema.MapNestedAttribute{
			Optional:            true,
			MarkdownDescription: "What `expression` refers to, by name: metrics or further expressions. A name begins with a small letter.",
			NestedObject: schema.NestedAttributeObject{
				Attributes: seriesAttributes("The metric's namespace.", "An expression on other `queries`, in place of a metric."),
			},
		},
		"period": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "The length of the periods for which there is a sample each, as a duration: `1s`, `5s`, `10s`, `20s`, `30s`, or whole minutes that divide a day evenly. " +
				"The period that is still open never counts. Default: `1m`.",
		},
		"window": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "How far back to look, as a duration. Default: `15m`, or three periods where that is longer.",
		},
		"offset": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "How far in the past the window ends, as a duration, because samples come late, and newest values are still being completed. Default: `2m`.",
		},
		"per_server": schema.SingleNestedAttribute{
			Optional: true,
			MarkdownDescription: "Asks for the metric of every server that is in service, and makes one number of them. A server without a sample in the newest period counts, in a `target`, " +
				"as one at the target before servers are removed and as an idle one before some are added; other rules remove no server while there is one.",
			Attributes: map[string]schema.Attribute{
				"dimension": schema.StringAttribute{
					Required:            true,
					MarkdownDescription: "The dimension that holds a server's ID. For the metrics of EC2 it is `InstanceId`. It is added to the `dimensions` of every metric.",
				},
				"aggregation": schema.StringAttribute{
					Optional:            true,
					MarkdownDescription: "What becomes of the servers' samples: " + oneOf(policy.Aggregations()) + ". Default: `average`.",
				},
			},
		},
	})
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "The signal comes from Amazon CloudWatch, in the account and region of the provider's `aws` block. " +
			"All signals of a policy share one call of `GetMetricData` for every 500 metrics. A sample is as old as the end of its period.",
		Attributes: attributes,
	}
}

// seriesAttributes returns the arguments that say which series is meant.
func seriesAttributes(namespace, expression string) map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"namespace": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: namespace,
		},
		"metric_name": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The metric's name, for example `CPUUtilization`.",
		},
		"dimensions": schema.MapAttribute{
			Optional:            true,
			ElementType:         types.StringType,
			MarkdownDescription: "The metric's dimensions. CloudWatch finds only the metric that has exactly these.",
		},
		"statistic": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "What becomes of the values within a period: `Average`, `Sum`, `Minimum`, `Maximum`, `SampleCount`, or an extended statistic such as `p99`. Default: `Average`.",
		},
		"expression": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: expression,
		},
	}
}

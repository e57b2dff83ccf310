package scalingpolicy

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

func ruleAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"target": targetAttribute(),
		"step":   stepAttribute(),
		"value":  valueAttribute(),
		"active_during": schema.ListAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "Names of `schedules`. While none of them is in force, the rule has no opinion. Default: the rule is always active.",
		},
	}
}

func targetAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Keeps a signal near a value.",
		Attributes: map[string]schema.Attribute{
			"signal": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The name of the signal.",
			},
			"target_value": schema.Float64Attribute{
				Required:            true,
				MarkdownDescription: "The value to keep the signal near, above 0.",
			},
			"target_type": optionalText("What is compared: with `average`, the signal is the load of the whole group, of which each server is to carry `target_value` (of a signal with `per_server`, the average of the servers is compared); " +
				"with `value`, the signal itself is to be near `target_value`; with `utilization`, the signal is the average utilization of the servers in percent. " +
				"The number of servers is always rounded up. Default: `average`."),
			"tolerance": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "How far the signal may be from its target before anything is done.",
				Attributes: map[string]schema.Attribute{
					"out": toleranceAttribute("above", "adds"),
					"in":  toleranceAttribute("below", "removes"),
				},
			},
		},
	}
}

func toleranceAttribute(side, effect string) schema.Float64Attribute {
	return optionalNumber("The part of the target by which the signal may be " + side + " it before the rule " + effect + " servers. Default: 0.1.")
}

func stepAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Changes the number of servers while a signal breaches a threshold, as an alarm with step adjustments does on AWS. Otherwise the rule has no opinion.",
		Attributes: map[string]schema.Attribute{
			"signal": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The name of the signal.",
			},
			"threshold": schema.Float64Attribute{
				Required:            true,
				MarkdownDescription: "The value that the signal is compared with.",
			},
			"comparison": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "When the signal breaches the threshold: " + oneOf(policy.Comparisons()) + ".",
			},
			"evaluation_periods":  optionalNumber("How many periods with a sample are looked at, the newest ones. Default: 1."),
			"datapoints_to_alarm": optionalNumber("How many of them must breach the threshold. Default: all."),
			"treat_missing_data": optionalText("What to make of periods without a sample where there are fewer samples than `evaluation_periods`, as of CloudWatch's alarms: " +
				oneOf(policy.TreatMissingDataValues()) + ". Default: `missing`."),
			"adjustment_type":          optionalText("What the adjustments are: `change` adds servers, `percent` adds a part of the current ones, rounded towards 0 but not to 0, `exact` asks for a number. Default: `change`."),
			"min_adjustment_magnitude": optionalNumber("The least number of servers that `percent` adds or removes."),
			"steps": schema.ListNestedAttribute{
				Required: true,
				MarkdownDescription: "What is done, by the difference of the newest value to the threshold. The steps follow each other without a gap, from the threshold on; " +
					"the outermost has no bound. Where a threshold is breached from above, differences are negative.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"lower":      optionalNumber("The lower bound of the difference. It is included, except where the threshold is breached from above."),
					"upper":      optionalNumber("The upper bound of the difference. It isn't included, except where the threshold is breached from above."),
					"adjustment": schema.Float64Attribute{Required: true, MarkdownDescription: "The adjustment: servers, or percent. A negative one removes servers."},
				}},
			},
		},
	}
}

func valueAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Asks for a number of servers, rounded up: that of a signal or a fixed one.",
		Attributes: map[string]schema.Attribute{
			"signal": optionalText("The name of the signal whose value is the number of servers."),
			"number": optionalNumber("The number of servers."),
		},
	}
}

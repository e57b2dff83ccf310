package scalingpolicy

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

// optionalText is an optional attribute for a text.
func optionalText(description string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: description}
}

// optionalNumber is an optional attribute for a number. It serves for whole numbers
// too: of an Int64Attribute, the framework reports a fraction as its own error.
func optionalNumber(description string) schema.Float64Attribute {
	return schema.Float64Attribute{Optional: true, MarkdownDescription: description}
}

// oneOf lists the values that an argument may have.
func oneOf(values []string) string {
	return "`" + strings.Join(values[:len(values)-1], "`, `") + "` or `" + values[len(values)-1] + "`"
}

func signalAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"literal": optionalNumber("The signal's value, computed by the configuration itself. It can't be combined with the other arguments."),
		"expression": optionalText("A formula that computes the signal from others by their names, for example `(jobs ?? 0) + queue / 2`. " +
			"It has the operators of [expr](https://expr-lang.org/docs/language-definition) on numbers, and functions such as `min`, `max`, `ceil`, `sum`, `mean`, `count` and `filter`. " +
			"A signal with `per_server` is a list in it, of one number per server: `count(cpu, # > 80)`. `current` and `in_service` are numbers of servers. " +
			"A signal without a value makes the expression one without a value too, unless `??` right after its name gives it another. Then its `on_missing` doesn't count, but for `fail`."),
		"source": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The name of the signal's source in the provider's `metric_sources`.",
			Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
		},
		"query": optionalText("What a `prometheus` source is asked, in PromQL. It must give a single series, unless `per_server` is set."),
		"path":  optionalText("Where an `http` source finds the document, relative to its `base_url`."),
		"value": optionalText("Where the number is in the document, as a [gjson path](https://github.com/tidwall/gjson/blob/master/SYNTAX.md), or a list of `[time, value]` pairs. Default: the whole document is the number."),
		"time": optionalText("Where the times are in the document, as a gjson path to a list, if `value` leads to a list of numbers. " +
			"Times are RFC 3339, or seconds or milliseconds since 1970."),
		"cloudwatch": cloudWatchAttribute(),
		"per_server": schema.SingleNestedAttribute{
			Optional: true,
			MarkdownDescription: "Asks a `prometheus` source for the series of every server in service. A server without a sample counts, in a `target`, as one at the target before servers are removed and as an idle one before some are added; " +
				"other rules remove no server while there is one, unless the signal's `on_missing` is `ignore`.",
			Attributes: map[string]schema.Attribute{
				"label": schema.StringAttribute{
					Required:            true,
					MarkdownDescription: "The label that holds the server: its ID, key, private or public address, or DNS name, with or without a port.",
				},
				"aggregation": optionalText("What becomes of the servers' values: " + oneOf(policy.Aggregations()) + ". Default: `average`."),
			},
		},
		"window": optionalText("How far back a `query` looks, as a duration. Default: `15m`."),
		"period": optionalText("The length of the periods that samples are put into, as a duration. Step rules and stabilization windows look at periods. " +
			"Default: `1m` with `query`; otherwise the newest sample stands for itself."),
		"statistic": optionalText("What becomes of several samples in one period: " + oneOf(policy.Statistics()) + ". Default: `average`."),
		"offset":    optionalText("How far back the newest period ends, as a duration, for values that take as long to be complete. Default: it ends now."),
		"max_age": optionalText("The age above which the newest sample counts as missing, as a duration such as `5m`. Default: any age counts; but a signal with periods " +
			"that has no sample in the newest one may add servers and takes none away, unless its `on_missing` is `ignore`."),
		"on_missing": optionalText("What rules do while the signal can't be read: `hold_scale_in` lets other rules add servers but none remove any; `ignore` leaves the decision to the other rules; " +
			"`fail` fails the plan; `fallback` asks for `fallback` servers. Default: `hold_scale_in`."),
		"fallback":       optionalNumber("The number of servers to ask for with `on_missing = \"fallback\"`."),
		"fallback_after": optionalText("How long the signal must have had no value before `fallback` is used, as a duration. Until then servers are added but not removed. A signal that has never had a value has its fallback at once. Default: at once."),
		"fallback_mode": optionalText("How `fallback` is held against the current number of servers: `static` asks for it; `at_least` asks for the current number if that is higher; " +
			"`at_most` if that is lower. Default: `static`."),
	}
}

package scalingpolicy

import (
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
)

func scheduleAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"start": schema.StringAttribute{
			Required: true,
			MarkdownDescription: "When the schedule comes into force, as a cron expression of five fields, for example `0 8 * * MON-FRI`. " +
				"A start that the clocks skip in spring takes place right after the skipped time; of one that there is twice in autumn, the first counts.",
		},
		"duration": optionalText("How long it stays in force, as a duration, for example `10h`: time that passes, whatever the clocks show."),
		"end": optionalText("When it ends, as a cron expression, in place of `duration`. Of an end that there is twice in autumn, the second counts. " +
			"With neither, it is in force until any other schedule of the policy starts, however short that is."),
		"time_zone": optionalText("The time zone of `start` and `end`, for example `Europe/Berlin`. Default: `UTC`."),
		"min":       optionalNumber("Takes the place of `min_servers`. Of several schedules in force, the greatest counts."),
		"max":       optionalNumber("Takes the place of `max_servers`. Of several schedules in force, the smallest counts, but never less than the minimum."),
		"exact":     optionalNumber("Takes the place of both. Of several schedules in force, that of the one that started last counts, and of several that started at once the last by name. A greater `min` of another one is above it."),
	}
}

func behaviorAttribute() schema.SingleNestedAttribute {
	in := limitAttributes("removed", "removed only down to what was needed at some time within it", "5m")
	in["anchor"] = optionalText("What `max_change` is relative to: `current`, the number of servers at the period's beginning, or `peak`, the greatest number that was needed within the period, which of a signal without periods is known only by the policy's own changes. Default: `current`.")
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "How fast the number of servers follows the rules. Bounds are kept at once, whatever it says.",
		Attributes: map[string]schema.Attribute{
			"scale_out": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "Limits for adding servers.",
				Attributes:          limitAttributes("added", "added only up to what was needed all the time within it", "0s"),
			},
			"scale_in": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "Limits for removing servers.",
				Attributes:          in,
			},
			"warmup": optionalText("How long a server counts as warming up after its launch, as a duration; it does anyway until it is ready. Default: `0s`."),
			"scale_in_during_warmup": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Whether servers are removed while others are warming up. Default: `false`.",
			},
			"project_scale_in": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether fewer servers are removed where, with as few left, a `step` rule would add some at once. " +
					"Default: for rules on the average of a signal with `per_server`.",
			},
		},
	}
}

func limitAttributes(done, window, initially string) map[string]schema.Attribute {
	attributes := map[string]schema.Attribute{
		"stabilization_window": optionalText("A duration: servers are " + window + ". The past is that of the signals, so it counts from the first plan on; of a signal without periods it is the policy's own changes. Default: `" + initially + "`."),
		"cooldown":             optionalText("How long after the last change of the number of servers none are " + done + ", as a duration. The launch of the newest server is a change too, also where it has replaced another. Default: `0s`."),
		"select":               optionalText("Which of several `max_change` counts: `max`, the one that allows most, or `min`. Default: `max`."),
		"disabled":             schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether no servers are " + done + " at all. Default: `false`."},
	}
	maps.Copy(attributes, map[string]schema.Attribute{
		"max_change": schema.ListNestedAttribute{
			Optional: true,
			MarkdownDescription: "How many servers are " + done + " within a period at most. What a period doesn't use isn't carried over: " +
				"choose a period about as long as the time between two applies, or a percentage.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"count":   optionalNumber("A number of servers."),
				"percent": optionalNumber("A part of the servers at the period's beginning, in percent, in place of `count`. Of none it is none: a policy that scales from 0 needs a `count` too."),
				"period":  schema.StringAttribute{Required: true, MarkdownDescription: "The period, as a duration, at most `24h`."},
			}},
		},
	})
	return attributes
}

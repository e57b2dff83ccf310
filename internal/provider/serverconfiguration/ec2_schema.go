package serverconfiguration

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

const (
	channelConsole = "console"
	channelSSM     = "ssm"

	maxHopLimit = 64
)

func ec2Attribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "How the servers are launched on Amazon EC2. The local hosting service ignores it. " +
			"IMDSv2 is always required, and the instances' tags are always in their metadata: that is how values reach them.",
		Attributes: map[string]schema.Attribute{
			"instance_types": listAttribute("The instance types to launch, in the order of preference: where the first has no capacity in any of the subnets, the second is tried, and so on. " +
				"They must be of the Nitro generation. Required unless `base_launch_template` has one."),
			"subnet_ids":         listAttribute("The subnets to launch into, in the order of preference."),
			"security_group_ids": listAttribute("The security groups of the servers. Without any, they have the default one of their VPC."),
			"key_name": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "The name of an SSH key pair. Muster needs none.",
			},
			"instance_profile": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "The name or the ARN of an instance profile. Muster needs none, unless `channel` is `ssm`.",
			},
			"public_address": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Whether the servers get a public IPv4 address. Without it, the subnet decides.",
			},
			"root_volume": rootVolumeAttribute(),
			"tags": schema.MapAttribute{
				Optional:    true,
				ElementType: types.StringType,
				Validators:  []validator.Map{mapvalidator.NoNullValues()},
				MarkdownDescription: "Tags of the instances and their volumes, besides the provider's `default_tags`. " +
					"Their keys must be such as the instances' metadata can hold: letters, digits and `+ - = . , _ : @`.",
			},
			"monitoring": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Whether CloudWatch monitors the servers in detail, with a point per minute, which AWS charges for.",
			},
			"metadata_hop_limit": schema.Int64Attribute{
				Optional:            true,
				Validators:          []validator.Int64{int64validator.Between(1, maxHopLimit)},
				MarkdownDescription: "How many network hops an answer of the instance metadata service may take. Without it 1; containers on the server need 2.",
			},
			"base_launch_template": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "A launch template of your own whose data is taken over. What is set here goes before it.",
				Attributes: map[string]schema.Attribute{
					"id": schema.StringAttribute{
						Required:            true,
						MarkdownDescription: "The template's ID, `lt-…`.",
					},
					"version": schema.Int64Attribute{
						Required:            true,
						Validators:          []validator.Int64{int64validator.AtLeast(1)},
						MarkdownDescription: "The number of the version, not `$Latest`: another number is another configuration.",
					},
				},
			},
			"channel": schema.StringAttribute{
				Optional:   true,
				Validators: []validator.String{stringvalidator.OneOf(channelConsole, channelSSM)},
				MarkdownDescription: "How the servers report and are given secrets. `console` (the default) needs no role and no way out of the network. " +
					"`ssm` needs an `instance_profile` whose role may use the group's SSM parameters, and a way to the SSM endpoint; it reports at once, and what scripts publish later is seen by every refresh.",
			},
			"orphan_deadline": schema.StringAttribute{
				Optional:   true,
				Validators: []validator.String{tfvalue.DurationAtLeast(boot.MinOrphanDeadline)},
				MarkdownDescription: "After how long without any delivery a server terminates itself, as a duration such as `1h`: " +
					"what an apply has launched that died and is never repeated doesn't run for ever. Without it, never.",
			},
		},
	}
}

func listAttribute(description string) schema.ListAttribute {
	return schema.ListAttribute{
		Optional:            true,
		ElementType:         types.StringType,
		Validators:          []validator.List{listvalidator.SizeAtLeast(1), listvalidator.NoNullValues(), listvalidator.UniqueValues()},
		MarkdownDescription: description,
	}
}

func rootVolumeAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "The volume from which the servers boot. What isn't set is as in the image.",
		Attributes: map[string]schema.Attribute{
			"device_name": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The name of the image's root device, for example `/dev/xvda`. Without it the image is asked, with `ec2:DescribeImages`.",
			},
			"size_gib": schema.Int64Attribute{
				Optional:            true,
				Validators:          []validator.Int64{int64validator.AtLeast(1)},
				MarkdownDescription: "The size in GiB, at least that of the image's snapshot.",
			},
			"type": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The type, for example `gp3`.",
			},
			"encrypted": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Whether the volume is encrypted.",
			},
			"kms_key_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The KMS key that encrypts it. Without it, the account's default key.",
			},
		},
	}
}

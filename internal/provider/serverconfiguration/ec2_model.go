package serverconfiguration

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

type ec2Model struct {
	InstanceTypes      types.List   `tfsdk:"instance_types"`
	SubnetIDs          types.List   `tfsdk:"subnet_ids"`
	SecurityGroupIDs   types.List   `tfsdk:"security_group_ids"`
	KeyName            types.String `tfsdk:"key_name"`
	InstanceProfile    types.String `tfsdk:"instance_profile"`
	PublicAddress      types.Bool   `tfsdk:"public_address"`
	RootVolume         types.Object `tfsdk:"root_volume"`
	Tags               types.Map    `tfsdk:"tags"`
	Monitoring         types.Bool   `tfsdk:"monitoring"`
	MetadataHopLimit   types.Int64  `tfsdk:"metadata_hop_limit"`
	BaseLaunchTemplate types.Object `tfsdk:"base_launch_template"`
	Channel            types.String `tfsdk:"channel"`
	OrphanDeadline     types.String `tfsdk:"orphan_deadline"`
}

type rootVolumeModel struct {
	DeviceName types.String `tfsdk:"device_name"`
	SizeGiB    types.Int64  `tfsdk:"size_gib"`
	Type       types.String `tfsdk:"type"`
	Encrypted  types.Bool   `tfsdk:"encrypted"`
	KMSKeyID   types.String `tfsdk:"kms_key_id"`
}

type launchTemplateModel struct {
	ID      types.String `tfsdk:"id"`
	Version types.Int64  `tfsdk:"version"`
}

// toEC2 returns nil where there are no settings.
func toEC2(ctx context.Context, value types.Object) (*boot.EC2, diag.Diagnostics) {
	if value.IsNull() {
		return nil, nil
	}
	var m ec2Model
	diagnostics := value.As(ctx, &m, basetypes.ObjectAsOptions{})
	// A text that is no duration is the validators' to refuse.
	deadline, err := tfvalue.Duration(m.OrphanDeadline, 0)
	if err != nil {
		deadline = 0
	}
	settings := &boot.EC2{
		InstanceTypes:    tfvalue.Texts(m.InstanceTypes),
		SubnetIDs:        tfvalue.Texts(m.SubnetIDs),
		SecurityGroupIDs: tfvalue.Texts(m.SecurityGroupIDs),
		KeyName:          m.KeyName.ValueString(),
		InstanceProfile:  m.InstanceProfile.ValueString(),
		PublicAddress:    m.PublicAddress.ValueBoolPointer(),
		Tags:             tfvalue.TextMap(m.Tags.Elements()),
		Monitoring:       m.Monitoring.ValueBool(),
		MetadataHopLimit: int(m.MetadataHopLimit.ValueInt64()),
		OrphanDeadline:   deadline,
	}
	if m.Channel.ValueString() == channelSSM {
		settings.Channel = boot.ChannelSSM
	}
	if !m.RootVolume.IsNull() {
		var volume rootVolumeModel
		diagnostics.Append(m.RootVolume.As(ctx, &volume, basetypes.ObjectAsOptions{})...)
		settings.RootVolume = &boot.RootVolume{
			DeviceName: volume.DeviceName.ValueString(), SizeGiB: int(volume.SizeGiB.ValueInt64()), Type: volume.Type.ValueString(),
			Encrypted: volume.Encrypted.ValueBoolPointer(), KMSKeyID: volume.KMSKeyID.ValueString(),
		}
	}
	if !m.BaseLaunchTemplate.IsNull() {
		var template launchTemplateModel
		diagnostics.Append(m.BaseLaunchTemplate.As(ctx, &template, basetypes.ObjectAsOptions{})...)
		settings.BaseLaunchTemplate = &boot.LaunchTemplate{ID: template.ID.ValueString(), Version: int(template.Version.ValueInt64())}
	}
	return settings, diagnostics
}

// fromEC2 returns the arguments that have led to the settings, null where there are
// none. What is the default is left out, as most configurations do.
func fromEC2(ctx context.Context, settings *boot.EC2) (types.Object, diag.Diagnostics) {
	attributes := attributeTypes(ec2Attribute())
	if settings == nil {
		return types.ObjectNull(attributes), nil
	}
	base, _ := attributes["base_launch_template"].(types.ObjectType)
	m := ec2Model{
		InstanceTypes:      fromTexts(settings.InstanceTypes),
		SubnetIDs:          fromTexts(settings.SubnetIDs),
		SecurityGroupIDs:   fromTexts(settings.SecurityGroupIDs),
		KeyName:            optional(settings.KeyName),
		InstanceProfile:    optional(settings.InstanceProfile),
		PublicAddress:      types.BoolPointerValue(settings.PublicAddress),
		RootVolume:         types.ObjectNull(attributeTypes(rootVolumeAttribute())),
		Tags:               fromTags(settings.Tags),
		BaseLaunchTemplate: types.ObjectNull(base.AttrTypes),
		Channel:            optional(string(settings.Channel)),
	}
	if settings.Monitoring {
		m.Monitoring = types.BoolValue(true)
	}
	if settings.MetadataHopLimit > 0 {
		m.MetadataHopLimit = types.Int64Value(int64(settings.MetadataHopLimit))
	}
	if settings.OrphanDeadline > 0 {
		m.OrphanDeadline = types.StringValue(settings.OrphanDeadline.String())
	}
	var diagnostics diag.Diagnostics
	if settings.RootVolume != nil {
		volume, faults := types.ObjectValueFrom(ctx, m.RootVolume.AttributeTypes(ctx), fromRootVolume(*settings.RootVolume))
		m.RootVolume = volume
		diagnostics.Append(faults...)
	}
	if given := settings.BaseLaunchTemplate; given != nil {
		template, faults := types.ObjectValueFrom(ctx, m.BaseLaunchTemplate.AttributeTypes(ctx),
			launchTemplateModel{ID: types.StringValue(given.ID), Version: types.Int64Value(int64(given.Version))})
		m.BaseLaunchTemplate = template
		diagnostics.Append(faults...)
	}
	object, faults := types.ObjectValueFrom(ctx, attributes, m)
	diagnostics.Append(faults...)
	return object, diagnostics
}

func fromRootVolume(volume boot.RootVolume) rootVolumeModel {
	m := rootVolumeModel{
		DeviceName: optional(volume.DeviceName), Type: optional(volume.Type),
		Encrypted: types.BoolPointerValue(volume.Encrypted), KMSKeyID: optional(volume.KMSKeyID),
	}
	if volume.SizeGiB > 0 {
		m.SizeGiB = types.Int64Value(int64(volume.SizeGiB))
	}
	return m
}

func fromTexts(texts []string) types.List {
	if len(texts) == 0 {
		return types.ListNull(types.StringType)
	}
	elements := make([]attr.Value, 0, len(texts))
	for _, text := range texts {
		elements = append(elements, types.StringValue(text))
	}
	return types.ListValueMust(types.StringType, elements)
}

func fromTags(tags map[string]string) types.Map {
	if len(tags) == 0 {
		return types.MapNull(types.StringType)
	}
	elements := make(map[string]attr.Value)
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		elements[key] = types.StringValue(tags[key])
	}
	return types.MapValueMust(types.StringType, elements)
}

func attributeTypes(attribute schema.SingleNestedAttribute) map[string]attr.Type {
	object, _ := attribute.GetType().(types.ObjectType)
	return object.AttrTypes
}

package servergroup

import (
	"context"
	"errors"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/tfdiag"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

var _ datasource.DataSourceWithConfigure = (*DataSource)(nil)

// DataSource implements the data source muster_server_group.
type DataSource struct{ manager *manager.Manager }

// NewDataSource returns the data source.
func NewDataSource() datasource.DataSource { return &DataSource{} }

type dataModel struct {
	Name                types.String `tfsdk:"name"`
	Exists              types.Bool   `tfsdk:"exists"`
	Size                types.Int64  `tfsdk:"size"`
	ServerConfiguration types.String `tfsdk:"server_configuration"`
	Revision            types.Int64  `tfsdk:"revision"`
	Members             types.Map    `tfsdk:"members"`
}

func lookedAtType() types.ObjectType {
	attributes := map[string]attr.Type{
		"status":            types.StringType,
		"waiting_for":       types.ListType{ElemType: types.StringType},
		"received_revision": types.Int64Type,
		"applied_revision":  types.Int64Type,
	}
	maps.Copy(attributes, memberType().AttrTypes)
	return types.ObjectType{AttrTypes: attributes}
}

// Metadata names the data source type.
func (d *DataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_server_group"
}

// Configure takes the manager from the provider.
func (d *DataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	m, diagnostics := tfvalue.ProviderData[*manager.Manager](req.ProviderData)
	resp.Diagnostics.Append(diagnostics...)
	d.manager = m
}

// Schema describes the data source.
func (d *DataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A server group as it is now: its members, their status, and the revision of delivered values that each of them runs. " +
			"A group that doesn't exist is no error: `exists` is false. It is read at every plan; use it for a policy that is put on a running group, as `initial_servers = data.muster_server_group.web.size`.",
		Attributes: map[string]schema.Attribute{
			"name":                 schema.StringAttribute{Required: true, MarkdownDescription: "The name of the group."},
			"exists":               schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether there is such a group."},
			"size":                 schema.Int64Attribute{Computed: true, MarkdownDescription: "The intended number of members; null if there is no such group."},
			"server_configuration": schema.StringAttribute{Computed: true, MarkdownDescription: "The ID of the configuration that new members get; null if there is no such group."},
			"revision":             schema.Int64Attribute{Computed: true, MarkdownDescription: "The newest revision of the delivered values; null if there is no such group."},
			"members": schema.MapNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The members that run, by key.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":                schema.StringAttribute{Computed: true, MarkdownDescription: "The server's ID on its hosting service."},
					"private_ip":        schema.StringAttribute{Computed: true, MarkdownDescription: "The address at which other servers reach it."},
					"public_ip":         schema.StringAttribute{Computed: true, MarkdownDescription: "The public address, if it has one."},
					"private_dns":       schema.StringAttribute{Computed: true, MarkdownDescription: "The private host name, if it has one."},
					"zone":              schema.StringAttribute{Computed: true, MarkdownDescription: "The zone in which it runs."},
					"status":            schema.StringAttribute{Computed: true, MarkdownDescription: "`booting`, `waiting`, `ready`, `failed`, or `unknown` before the first report."},
					"waiting_for":       schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "The parameters that it waits for."},
					"received_revision": schema.Int64Attribute{Computed: true, MarkdownDescription: "The revision of the delivered values that has reached it."},
					"applied_revision":  schema.Int64Attribute{Computed: true, MarkdownDescription: "The revision that its scripts have dealt with."},
				}},
			},
		},
	}
}

// Read looks at the group.
func (d *DataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	defer tfdiag.Recover(&resp.Diagnostics, "Read", noun)
	var config dataModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if d.manager == nil {
		resp.Diagnostics.Append(tfdiag.Unable("Read", noun, errors.New("the provider's configuration is not known yet")))
		return
	}
	observation, err := d.manager.ObserveByName(ctx, config.Name.ValueString())
	switch {
	case errors.Is(err, hosting.ErrNotFound):
		config.Exists = types.BoolValue(false)
		config.Members = types.MapValueMust(lookedAtType(), map[string]attr.Value{})
	case err != nil:
		resp.Diagnostics.Append(tfdiag.Unable("Read", noun, err))
		return
	default:
		config.fromObservation(observation)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, config)...)
}

func (m *dataModel) fromObservation(observation manager.Observation) {
	m.Exists = types.BoolValue(true)
	m.Size = types.Int64Value(int64(observation.Group.Size))
	m.ServerConfiguration = types.StringValue(observation.Group.Configuration)
	m.Revision = types.Int64Value(int64(observation.Group.Revision))
	members := make(map[string]attr.Value, len(observation.Members))
	for _, running := range observation.Members {
		members[running.Key()] = lookedAt(running.Server, running.Report)
	}
	m.Members = types.MapValueMust(lookedAtType(), members)
}

func lookedAt(server hosting.Server, report boot.Report) types.Object {
	waiting := make([]attr.Value, 0, len(report.Waiting))
	for _, name := range report.Waiting {
		waiting = append(waiting, types.StringValue(name))
	}
	attributes := map[string]attr.Value{
		"status":            types.StringValue(report.Status.String()),
		"waiting_for":       types.ListValueMust(types.StringType, waiting),
		"received_revision": types.Int64Value(int64(report.Received)),
		"applied_revision":  types.Int64Value(int64(report.Applied)),
	}
	maps.Copy(attributes, member(server).Attributes())
	return types.ObjectValueMust(lookedAtType().AttrTypes, attributes)
}

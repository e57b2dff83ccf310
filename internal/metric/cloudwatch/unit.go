package cloudwatch

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

// unit is what has to be in one call and gives one series: a metric, or an expression
// with what it refers to, of one server where the inquiry is per server.
type unit struct {
	span

	// of is the inquiry that the unit is a part of.
	of *inquiry
	// id is the Id of the entry that is returned. It begins those of the others.
	id     string
	server string

	queries  []cwtypes.MetricDataQuery
	insights bool

	// samples and err are the answer. Neither: CloudWatch has no data.
	samples []metric.Sample
	err     error
}

// newUnits returns the units of an inquiry. first tells them from those of others.
func newUnits(of *inquiry, first int) []*unit {
	servers := []string{""}
	if of.PerServer != nil {
		servers = of.PerServer.Servers
	}
	units := make([]*unit, 0, len(servers))
	for i, server := range servers {
		u := &unit{of: of, span: of.span, id: fmt.Sprintf("muster%d", first+i), server: server, insights: of.insights()}
		for _, entry := range of.entries() {
			u.queries = append(u.queries, u.toQuery(entry))
		}
		units = append(units, u)
	}
	return units
}

// idOf returns the Id of the query of that name; empty: of the unit's own entry.
func (u *unit) idOf(name string) string {
	if name == "" {
		return u.id
	}
	return u.id + "_" + name
}

func (u *unit) toQuery(e entry) cwtypes.MetricDataQuery {
	id := aws.String(u.idOf(e.name))
	// The label is what it is on every page; CloudWatch lengthens it where an
	// expression gives several series.
	query := cwtypes.MetricDataQuery{Id: id, Label: id, ReturnData: aws.Bool(e.name == "")}
	seconds := aws.Int32(int32(u.period / time.Second))
	if e.Expression != "" {
		query.Expression = aws.String(rename(e.Expression, u.idOf))
		if len(references(e.Expression)) == 0 {
			// What it refers to has a period; a search or a query of Metrics Insights
			// takes this one.
			query.Period = seconds
		}
		return query
	}
	query.MetricStat = &cwtypes.MetricStat{
		Metric: &cwtypes.Metric{
			Namespace:  aws.String(e.Namespace),
			MetricName: aws.String(e.MetricName),
			Dimensions: u.dimensions(e),
		},
		Period: seconds,
		Stat:   aws.String(orAverage(e.Statistic)),
	}
	return query
}

func orAverage(statistic string) string {
	if statistic == "" {
		return string(cwtypes.StatisticAverage)
	}
	return statistic
}

func (u *unit) dimensions(e entry) []cwtypes.Dimension {
	var dimensions []cwtypes.Dimension
	for _, name := range slices.Sorted(maps.Keys(e.Dimensions)) {
		dimensions = append(dimensions, cwtypes.Dimension{Name: aws.String(name), Value: aws.String(e.Dimensions[name])})
	}
	if u.of.PerServer != nil {
		dimensions = append(dimensions, cwtypes.Dimension{Name: aws.String(u.of.PerServer.Dimension), Value: aws.String(u.server)})
	}
	return dimensions
}

package cloudwatch_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

func TestSource_Check_refusals(t *testing.T) {
	t.Parallel()
	subject := func(change func(*metric.CloudWatch)) metric.Query {
		query := named("Jobs")
		change(query.CloudWatch)
		return query
	}
	timed := func(period, window, offset time.Duration) metric.Query {
		query := named("Jobs")
		query.Period, query.Window, query.Offset = period, window, offset
		return query
	}
	perServerOf := func(query metric.Query, dimension string) metric.Query {
		query.PerServer = &metric.PerServer{Dimension: dimension}
		return query
	}
	dimensions := func(n int) map[string]string {
		all := make(map[string]string)
		for i := range n {
			all[fmt.Sprintf("d%d", i)] = "x"
		}
		return all
	}
	within := func(name string, change func(*metric.CloudWatch)) metric.Query {
		query := computed("m1 + 1", "m1")
		entry := query.CloudWatch.Queries["m1"]
		change(&entry)
		delete(query.CloudWatch.Queries, "m1")
		query.CloudWatch.Queries[name] = entry
		query.CloudWatch.Expression = name + " + 1"
		return query
	}
	var names []string
	for i := range 51 {
		names = append(names, fmt.Sprintf("m%d", i))
	}
	tests := map[string]struct {
		query metric.Query
		want  string
	}{
		"no metric":              {subject(func(c *metric.CloudWatch) { c.MetricName = "" }), "metric_name is missing; without it there must be an expression"},
		"nothing at all":         {metric.Query{}, "metric_name is missing"},
		"no namespace":           {subject(func(c *metric.CloudWatch) { c.Namespace = "" }), "namespace is missing; it is for example AWS/EC2"},
		"a long name":            {named(strings.Repeat("x", 256)), "metric_name is longer than 255 bytes"},
		"a long namespace":       {subject(func(c *metric.CloudWatch) { c.Namespace = strings.Repeat("x", 256) }), "namespace is longer than 255 bytes"},
		"a misspelt statistic":   {subject(func(c *metric.CloudWatch) { c.Statistic = "average" }), `statistic "average" is not a statistic of CloudWatch; write for example Average, Sum, Maximum or p99`},
		"a percentile over 100":  {subject(func(c *metric.CloudWatch) { c.Statistic = "p101" }), `statistic "p101" is not a statistic of CloudWatch; write for example Average, Sum, Maximum or p99`},
		"many dimensions":        {subject(func(c *metric.CloudWatch) { c.Dimensions = dimensions(31) }), "dimensions has 31 entries, and may have at most 30"},
		"an empty dimension":     {subject(func(c *metric.CloudWatch) { c.Dimensions = map[string]string{"Queue": ""} }), `dimensions has a name or a value that is empty or too long: "Queue"`},
		"metric and expression":  {subject(func(c *metric.CloudWatch) { c.Expression = "1" }), "namespace can't be combined with expression"},
		"a statistic of nothing": {subject(func(c *metric.CloudWatch) { *c = metric.CloudWatch{Expression: "m", Statistic: "Sum"} }), "statistic can't be combined with expression"},
		"a long expression":      {computed(strings.Repeat("1", 2049)), "expression is longer than 2048 bytes"},
		"queries of a metric":    {subject(func(c *metric.CloudWatch) { c.Queries = map[string]metric.CloudWatch{"m": {}} }), "queries is of use only with an expression"},
		"many queries":           {computed("1", names...), "queries has 51 entries, and may have at most 50"},
		"a name that is no Id":   {within("Errors", func(*metric.CloudWatch) {}), `queries has "Errors", which is not a valid name: use letters, digits and underscores, and begin with a small letter`},
		"a fault in a query":     {within("m1", func(c *metric.CloudWatch) { c.Statistic = "Avg" }), `queries.m1.statistic "Avg" is not a statistic of CloudWatch; write for example Average, Sum, Maximum or p99`},
		"an unknown name":        {computed("errors / total", "errors"), `expression refers to "total", which is not in queries`},
		"an unknown name below":  {within("m1", func(c *metric.CloudWatch) { *c = metric.CloudWatch{Expression: "m2"} }), `queries.m1.expression refers to "m2", which is not in queries`},
		"a query without use":    {computed("errors", "errors", "total"), `queries has "total", which no expression uses; remove it`},
		"METRICS":                {computed("SUM(METRICS())"), "expression must not call METRICS(), which would also return what other signals ask for; list what is meant, for example SUM([m1, m2])"},
		"METRICS with a text":    {computed(`SUM(METRICS ("m")) + m`, "m"), "expression must not call METRICS(), which would also return what other signals ask for; list what is meant, for example SUM([m1, m2])"},
		"two of Metrics Insights": {
			subject(func(c *metric.CloudWatch) {
				*c = metric.CloudWatch{Expression: "a + b", Queries: map[string]metric.CloudWatch{
					"a": {Expression: `SELECT SUM(A) FROM "App"`}, "b": {Expression: `SELECT SUM(B) FROM "App"`},
				}}
			}),
			"expression comes to 2 queries of Metrics Insights (SELECT), and CloudWatch takes one",
		},
		"a short period":          {timed(time.Millisecond, 0, 0), "period must be from 1s to 24h"},
		"a negative period":       {timed(-time.Minute, 0, 0), "period must be from 1s to 24h"},
		"a long period":           {timed(48*time.Hour, 0, 0), "period must be from 1s to 24h"},
		"odd seconds":             {timed(15*time.Second, 0, 0), "period must be 1s, 5s, 10s, 20s or 30s where it is below 1m, which only metrics of high resolution have"},
		"odd minutes":             {timed(90*time.Second, 0, 0), "period must be a multiple of 1m"},
		"minutes that drift":      {timed(7*time.Minute, 0, 0), "period must divide a day evenly, as 5m, 15m and 1h do"},
		"a short window":          {timed(5*time.Minute, time.Minute, 0), "window must not be shorter than the period, 5m"},
		"a negative window":       {timed(0, -time.Hour, 0), "window must not be shorter than the period, 1m"},
		"a long window":           {timed(time.Minute, 25*time.Hour, 0), "window is longer than 1440 periods; take a longer period"},
		"seconds of this morning": {timed(10*time.Second, 4*time.Hour, 0), "window reaches back further than 3h, for which CloudWatch keeps data of this period; take a longer period"},
		"an old window":           {timed(time.Minute, time.Hour, 15*24*time.Hour), "window reaches back further than 15 days, for which CloudWatch keeps data of this period; take a longer period"},
		"a window in the future":  {timed(time.Minute, time.Hour, -time.Second), "offset must not be negative"},
		"no dimension":            {perServerOf(named("Jobs"), ""), "per_server.dimension is empty or too long; for the metrics of EC2 it is InstanceId"},
		"a dimension that is taken": {
			perServerOf(subject(func(c *metric.CloudWatch) { c.Dimensions = map[string]string{"InstanceId": "i-1"} }), "InstanceId"),
			`dimensions must not have "InstanceId", whose values are the servers' IDs`,
		},
		"a dimension too many":      {perServerOf(subject(func(c *metric.CloudWatch) { c.Dimensions = dimensions(30) }), "InstanceId"), "dimensions has no room for that of per_server: there may be 30"},
		"a dimension of nothing":    {perServerOf(computed("TIME_SERIES(1)"), "InstanceId"), "per_server needs a metric, which gets the dimension, and the expression has none in queries"},
		"a path":                    {metric.Query{Path: "/x", CloudWatch: named("Jobs").CloudWatch}, "path can't be asked of CloudWatch; it is for HTTP services"},
		"a search for every server": {perServerOf(computed(`SUM(SEARCH('x', 'Sum'))`), "InstanceId"), "per_server needs a metric, which gets the dimension, and the expression has none in queries"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := newSource(nil).Check(test.query)
			if err == nil || err.Error() != test.want || !errors.Is(err, metric.ErrQuery) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestSource_Check_acceptable(t *testing.T) {
	t.Parallel()
	for _, statistic := range []string{
		"", "SampleCount", "Average", "Sum", "Minimum", "Maximum", "IQM", "p99", "p99.9", "p100", "p0.1", "tm90", "wm98", "tc90", "ts90",
		"TM(2%:98%)", "TM(150:1000)", "WM(10%:90%)", "PR(:300)", "PR(100:2000)", "TC(0.005:0.030)", "TS(80%:)",
	} {
		query := named("Jobs")
		query.CloudWatch.Statistic = statistic
		if err := newSource(nil).Check(query); err != nil {
			t.Errorf("statistic %q: %v", statistic, err)
		}
	}
	tests := map[string]metric.Query{
		"functions and operators": computed("IF(m1 > 1e3 AND m2 <= .5, FILL(m1, REPEAT), m2 / PERIOD(m2))", "m1", "m2"),
		"names in quotes":         computed(`SUM(SEARCH('{AWS/EC2,InstanceId} MetricName="CPUUtilization" m9', 'Average', 300)) + m1`, "m1"),
		"small letters in calls":  computed("sum([m1, m2])", "m1", "m2"),
		"Metrics Insights":        computed(`SELECT AVG(CPUUtilization) FROM SCHEMA("AWS/EC2", InstanceId) WHERE tier = 'web'`),
		"a service's quota":       computed("m1 / SERVICE_QUOTA(m1) * 100", "m1"),
		"a rule of insights":      computed(`INSIGHT_RULE_METRIC("my-rule", "Sum")`),
		"what looks like METRICS": computed("metrics + m1", "metrics", "m1"),
		"all periods of a day":    {CloudWatch: named("Jobs").CloudWatch, Period: 24 * time.Hour, Window: 455 * 24 * time.Hour},
	}
	for name, query := range tests {
		if err := newSource(nil).Check(query); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

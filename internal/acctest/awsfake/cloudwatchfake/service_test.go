package cloudwatchfake_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/cloudwatchfake"
)

func now() time.Time { return time.Date(2026, 3, 8, 12, 0, 30, 0, time.UTC) }

// clock returns a time of today.
func clock(text string) time.Time {
	at, err := time.Parse(time.TimeOnly, text)
	if err != nil {
		panic(err)
	}
	return time.Date(2026, 3, 8, at.Hour(), at.Minute(), at.Second(), 0, time.UTC)
}

func point(at string, value float64) cloudwatchfake.Point {
	return cloudwatchfake.Point{At: clock(at), Value: value}
}

func jobs() cloudwatchfake.Metric {
	return cloudwatchfake.Metric{Namespace: "App", Name: "Jobs"}
}

func of(server string) cloudwatchfake.Metric {
	return cloudwatchfake.Metric{Namespace: "App", Name: "CPU", Dimensions: map[string]string{"Server": server}}
}

// newService returns a service with two values a minute of one metric, and a value of
// each of two servers.
func newService(t *testing.T) *cloudwatchfake.Service {
	t.Helper()
	service := cloudwatchfake.New(cloudwatchfake.Options{Now: now})
	for minute := range 5 {
		at := fmt.Sprintf("11:5%d:", minute)
		service.Put(jobs(), point(at+"10", float64(minute)), point(at+"40", float64(minute)+1))
	}
	service.Put(of("a"), point("11:50:00", 10))
	service.Put(of("b"), point("11:50:00", 30))
	return service
}

func stat(id string, metric cloudwatchfake.Metric, statistic string, period int32) cwtypes.MetricDataQuery {
	query := cwtypes.MetricDataQuery{Id: aws.String(id), MetricStat: &cwtypes.MetricStat{
		Metric: &cwtypes.Metric{Namespace: aws.String(metric.Namespace), MetricName: aws.String(metric.Name)},
		Period: aws.Int32(period), Stat: aws.String(statistic),
	}}
	for name, value := range metric.Dimensions {
		query.MetricStat.Metric.Dimensions = append(query.MetricStat.Metric.Dimensions, cwtypes.Dimension{Name: aws.String(name), Value: aws.String(value)})
	}
	return query
}

func expression(id, text string) cwtypes.MetricDataQuery {
	return cwtypes.MetricDataQuery{Id: aws.String(id), Expression: aws.String(text), Period: aws.Int32(60)}
}

func hidden(query cwtypes.MetricDataQuery) cwtypes.MetricDataQuery {
	query.ReturnData = aws.Bool(false)
	return query
}

func input(start, end string, queries ...cwtypes.MetricDataQuery) *cloudwatch.GetMetricDataInput {
	return &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(clock(start)), EndTime: aws.Time(clock(end)), MetricDataQueries: queries, ScanBy: cwtypes.ScanByTimestampAscending,
	}
}

// lines returns the results of a call in short: "id status 11:50=1 11:51=2".
func lines(t *testing.T, service *cloudwatchfake.Service, call *cloudwatch.GetMetricDataInput) []string {
	t.Helper()
	output, err := service.Client().GetMetricData(t.Context(), call)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, result := range output.MetricDataResults {
		line := aws.ToString(result.Id) + " " + string(result.StatusCode)
		for i, at := range result.Timestamps {
			line += fmt.Sprintf(" %s=%v", at.UTC().Format("15:04"), result.Values[i])
		}
		lines = append(lines, line)
	}
	if output.NextToken != nil {
		lines = append(lines, "more")
	}
	return lines
}

func TestService_values(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		call *cloudwatch.GetMetricDataInput
		want string
	}{
		"statistics by the minute": {
			input("11:50:00", "11:52:00", stat("a", jobs(), "Average", 60), stat("b", jobs(), "Sum", 60), stat("c", jobs(), "SampleCount", 60)),
			"a Complete 11:50=0.5 11:51=1.5\nb Complete 11:50=1 11:51=3\nc Complete 11:50=2 11:51=2",
		},
		"extremes over all": {
			input("11:50:00", "11:55:00", stat("a", jobs(), "Minimum", 300), stat("b", jobs(), "Maximum", 300), stat("c", jobs(), "p50", 300)),
			"a Complete 11:50=0\nb Complete 11:50=5\nc Complete 11:50=2",
		},
		"periods are counted from the start":          {input("11:51:00", "11:55:00", stat("a", jobs(), "Sum", 120)), "a Complete 11:51=8 11:53=16"},
		"the start is rounded down":                   {input("11:51:45", "11:53:00", stat("a", jobs(), "Sum", 60)), "a Complete 11:51=3 11:52=5"},
		"the end is exclusive, and cuts off":          {input("11:50:00", "11:51:40", stat("a", jobs(), "Sum", 60)), "a Complete 11:50=1 11:51=1"},
		"a sparse metric has no zeros":                {input("11:48:00", "11:54:00", stat("a", of("a"), "Sum", 60)), "a Complete 11:50=10"},
		"no data":                                     {input("11:50:00", "11:52:00", stat("a", of("z"), "Sum", 60)), "a Complete"},
		"seconds of up to three hours ago":            {input("11:50:00", "11:51:00", stat("a", jobs(), "Sum", 30)), "a Complete 11:50=0 11:50=1"},
		"a range that begins too long ago is empty":   {input("08:59:00", "11:51:00", stat("a", jobs(), "Sum", 30)), "a Complete"},
		"arithmetic":                                  {input("11:50:00", "11:52:00", hidden(stat("m", jobs(), "Sum", 60)), expression("e", "(m + 1) * 100 / -2e0")), "e Complete 11:50=-100 11:51=-200"},
		"only times that both have":                   {input("11:50:00", "11:52:00", hidden(stat("m", jobs(), "Sum", 60)), hidden(stat("n", of("a"), "Sum", 60)), expression("e", "m + n")), "e Complete 11:50=11"},
		"a division by zero has no datapoint":         {input("11:50:00", "11:52:00", hidden(stat("m", jobs(), "Sum", 60)), expression("e", "1 / (m - 1)")), "e Complete 11:51=0.5"},
		"a list is reduced at every time":             {input("11:50:00", "11:52:00", hidden(stat("m", jobs(), "Sum", 60)), hidden(stat("n", of("a"), "Sum", 60)), expression("e", "SUM([m, n])")), "e Complete 11:50=11 11:51=3"},
		"a series is reduced to a number":             {input("11:50:00", "11:52:00", hidden(stat("m", jobs(), "Sum", 60)), expression("e", "m / MAX(m)")), "e Complete 11:50=0.3333333333333333 11:51=1"},
		"a list on the right of an operator":          {input("11:50:00", "11:51:00", hidden(stat("m", of("a"), "Sum", 60)), hidden(stat("n", of("b"), "Sum", 60)), expression("e", "MAX(m + [m, n])")), "e Complete 11:50=40"},
		"what is missing is filled":                   {input("11:49:00", "11:51:00", hidden(stat("m", of("a"), "Sum", 60)), expression("e", "FILL(m, 0)")), "e Complete 11:49=0 11:50=10"},
		"an expression of expressions":                {input("11:50:00", "11:51:00", hidden(stat("m", of("a"), "Sum", 60)), hidden(expression("d", "m * 2")), expression("e", "d + m")), "e Complete 11:50=30"},
		"a search gives a series for each":            {input("11:50:00", "11:51:00", expression("e", `SEARCH('{App,Server} MetricName="CPU"', 'Sum', 60)`)), "e Complete 11:50=10\ne Complete 11:50=30"},
		"of which there may be none":                  {input("11:50:00", "11:51:00", expression("e", `SEARCH('{App,Host} MetricName="CPU"', 'Sum')`)), ""},
		"a query of Metrics Insights":                 {input("11:50:00", "11:51:00", expression("e", `SELECT AVG(CPU) FROM "App"`)), "e Complete 11:50=20"},
		"a query of Metrics Insights that has groups": {input("11:50:00", "11:51:00", expression("e", `SELECT AVG(CPU) FROM "App" GROUP BY Server`)), "e Complete 11:50=10\ne Complete 11:50=30"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, strings.Join(lines(t, newService(t), test.call), "\n")); diff != "" {
				t.Errorf("results (-want +got):\n%s", diff)
			}
		})
	}
}

func TestService_openPeriodChanges(t *testing.T) {
	t.Parallel()
	service := newService(t)
	call := input("12:00:00", "12:01:00", stat("a", jobs(), "Sum", 60))
	for i, want := range []string{"a Complete 12:00=7", "a Complete 12:00=12"} {
		service.Put(jobs(), point(fmt.Sprintf("12:00:0%d", i), float64(7-2*i)))
		if diff := cmp.Diff([]string{want}, lines(t, service, call)); diff != "" {
			t.Errorf("results (-want +got):\n%s", diff)
		}
	}
}

func TestService_newestFirst(t *testing.T) {
	t.Parallel()
	call := input("11:50:00", "11:52:00", stat("a", jobs(), "Sum", 60))
	call.ScanBy = ""
	if diff := cmp.Diff([]string{"a Complete 11:51=3 11:50=1"}, lines(t, newService(t), call)); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
}

func TestService_pages(t *testing.T) {
	t.Parallel()
	service := newService(t)
	service.SetFaults(cloudwatchfake.Faults{PageSize: 3})
	call := input("11:50:00", "11:55:00", stat("a", of("a"), "Sum", 60), stat("b", jobs(), "Sum", 60), stat("c", of("b"), "Sum", 60))
	want := [][]string{
		{"a Complete 11:50=10", "b PartialData 11:50=1 11:51=3", "c PartialData", "more"},
		{"b Complete 11:52=5 11:53=7 11:54=9", "c PartialData", "more"},
		{"c Complete 11:50=30"},
	}
	for i, page := range want {
		if diff := cmp.Diff(page, lines(t, service, call)); diff != "" {
			t.Fatalf("page %d (-want +got):\n%s", i, diff)
		}
		call.NextToken = aws.String(fmt.Sprintf("token-%d", i+1))
	}
	call.NextToken, call.ScanBy = aws.String("token-1"), ""
	if _, err := service.Client().GetMetricData(t.Context(), call); codeOf(err) != "InvalidNextToken" {
		t.Errorf("a token for another call: %v", err)
	}
}

func codeOf(err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return ""
	}
	return api.ErrorCode()
}

func TestService_refusals(t *testing.T) {
	t.Parallel()
	many := make([]cwtypes.MetricDataQuery, 501)
	for i := range many {
		many[i] = stat(fmt.Sprintf("m%d", i), jobs(), "Sum", 60)
	}
	tests := map[string]struct {
		call *cloudwatch.GetMetricDataInput
		want string
	}{
		"too many queries": {input("11:50:00", "11:51:00", many...), "The collection MetricDataQueries must not have a size greater than 500."},
		"a range of nothing": {
			input("11:50:00", "11:50:00", stat("a", jobs(), "Sum", 60)), "The parameter StartTime must be less than the parameter EndTime.",
		},
		"every mistake has a line": {
			input("11:50:00", "11:51:00", stat("A", jobs(), "Sum", 60), stat("b", jobs(), "Mean", 60), stat("b", jobs(), "Sum", 61)),
			"The value A for parameter MetricDataQueries.member.1.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.\n" +
				"The value for parameter MetricDataQueries.member.2.MetricStat.Stat is not a valid statistic.\n" +
				"The value 61 for parameter MetricDataQueries.member.3.MetricStat.Period is not a valid period.\n" +
				"The values for parameter id in MetricDataQueries are not unique: b.",
		},
		"two queries of Metrics Insights": {
			input("11:50:00", "11:51:00", expression("a", `SELECT AVG(CPU) FROM "App"`), expression("b", `SELECT MAX(CPU) FROM "App"`)),
			"Maximum number of queries (1) exceeded",
		},
		"an unknown variable": {input("11:50:00", "11:51:00", expression("e", "m + 1")), "Error in expression 'e': undefined variable m"},
		"a circle":            {input("11:50:00", "11:51:00", expression("e", "f"), expression("f", "e + 1")), "Error in expression 'e': e refers to itself"},
		"a number":            {input("11:50:00", "11:51:00", expression("e", "1 + 1")), "Error in expression 'e': the result is not a time series"},
		"an unknown function": {
			input("11:50:00", "11:51:00", stat("m", jobs(), "Sum", 60), expression("e", "MEDIAN(m)")), "Error in expression 'e': unsupported function MEDIAN",
		},
		"nonsense": {input("11:50:00", "11:51:00", stat("m", jobs(), "Sum", 60), expression("e", "m + ")), "Error in expression 'e': the expression is not understood"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := newService(t).Client().GetMetricData(t.Context(), test.call)
			var api smithy.APIError
			if !errors.As(err, &api) || api.ErrorCode() != "ValidationError" {
				t.Fatalf("got %v, want a ValidationError", err)
			}
			if diff := cmp.Diff(test.want, api.ErrorMessage()); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
		})
	}
}

func TestService_faults(t *testing.T) {
	t.Parallel()
	service := newService(t)
	service.SetFaults(cloudwatchfake.Faults{Throttled: 1, Failing: 1, Denied: 1})
	call := input("11:50:00", "11:51:00", stat("a", jobs(), "Sum", 60))
	for _, want := range []string{"Throttling", "InternalFailure", "AccessDenied", ""} {
		if _, err := service.Client().GetMetricData(t.Context(), call); codeOf(err) != want || (err == nil) != (want == "") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if service.Calls() != 4 {
		t.Errorf("%d calls were counted, want 4", service.Calls())
	}
}

func TestService_troubles(t *testing.T) {
	t.Parallel()
	service := newService(t)
	service.SetTrouble(of("a"), cloudwatchfake.Broken)
	service.SetTrouble(of("b"), cloudwatchfake.CutOff)
	call := input("11:50:00", "11:51:00", stat("a", of("a"), "Sum", 60), stat("b", of("b"), "Sum", 60), stat("c", jobs(), "Sum", 60))
	if diff := cmp.Diff([]string{"a InternalError", "b PartialData", "c Complete 11:50=1"}, lines(t, service, call)); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	service.SetTrouble(of("b"), cloudwatchfake.Silent)
	if diff := cmp.Diff([]string{"a InternalError", "b PartialData", "c Complete 11:50=1", "more"}, lines(t, service, call)); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	service.SetFaults(cloudwatchfake.Faults{Message: "Maximum number of allowed metrics exceeded"})
	output, err := service.Client().GetMetricData(t.Context(), call)
	if err != nil || len(output.Messages) != 1 || len(output.MetricDataResults) != 2 {
		t.Errorf("got %+v, %v; want a message and no last result", output, err)
	}
}

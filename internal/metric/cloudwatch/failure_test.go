package cloudwatch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/smithy-go"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/cloudwatchfake"
	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

func TestSource_Fetch_failures(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		faults  cloudwatchfake.Faults
		trouble cloudwatchfake.Trouble
		want    string
		kind    error
	}{
		"throttled":                     {cloudwatchfake.Faults{Throttled: 1}, 0, "throttled by CloudWatch", metric.ErrUnavailable},
		"out of order":                  {cloudwatchfake.Faults{Failing: 1}, 0, "CloudWatch answers with the error InternalFailure", metric.ErrUnavailable},
		"not allowed":                   {cloudwatchfake.Faults{Denied: 1}, 0, "access denied: the credentials need the permission cloudwatch:GetMetricData", metric.ErrUnavailable},
		"a message about the whole":     {cloudwatchfake.Faults{Message: "Maximum number of allowed metrics exceeded"}, 0, "CloudWatch has answered only a part of the query", metric.ErrUnavailable},
		"an internal error of a metric": {cloudwatchfake.Faults{}, cloudwatchfake.Broken, "CloudWatch had an internal error", metric.ErrUnavailable},
		"data that are cut off":         {cloudwatchfake.Faults{}, cloudwatchfake.CutOff, "CloudWatch has answered only a part of the query", metric.ErrUnavailable},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := newFake()
			fake.Put(app("Jobs"), ago(time.Minute, 1))
			fake.SetTrouble(app("Jobs"), test.trouble)
			fake.SetFaults(test.faults)
			result := newSource(fake.Client()).Fetch(t.Context(), []metric.Query{named("Jobs")})[0]
			if values(result) != test.want || !errors.Is(result.Err, test.kind) {
				t.Errorf("got %s, want %s", values(result), test.want)
			}
		})
	}
}

// One call of several that fails takes nothing with it but its own queries.
func TestSource_Fetch_oneCallFails(t *testing.T) {
	t.Parallel()
	fake := newFake()
	queries := many(fake, 1001)
	fake.SetFaults(cloudwatchfake.Faults{Throttled: 1})
	failed := 0
	for i, result := range newSource(fake.Client()).Fetch(t.Context(), queries) {
		switch values(result) {
		case "throttled by CloudWatch":
			failed++
		case fmt.Sprintf("12:00:00=%d", i):
		default:
			t.Errorf("query %d: got %s", i, values(result))
		}
	}
	if failed != 500 && failed != 1 {
		t.Errorf("%d queries failed, want those of one call", failed)
	}
}

// A part of the servers is no answer where the others could not be asked for.
func TestSource_Fetch_aPartOfTheServersFails(t *testing.T) {
	t.Parallel()
	fake := newFake()
	var servers []string
	for i := range 501 {
		servers = append(servers, fmt.Sprintf("i-%d", i))
		fake.Put(of("Load", servers[i]), ago(time.Minute, 1))
	}
	fake.SetFaults(cloudwatchfake.Faults{Throttled: 1})
	if got := fetchOne(t.Context(), fake.Client(), perServer("Load", servers...)); got != "throttled by CloudWatch" {
		t.Errorf("got %s", got)
	}
}

// What is complete on the first page stays, although the second never comes.
func TestSource_Fetch_deadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := newFake()
		fake.Put(app("Jobs"), ago(time.Minute, 3))
		fake.SetTrouble(app("Slow"), cloudwatchfake.Silent)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		begun := time.Now()
		results := newSource(fake.Client()).Fetch(ctx, []metric.Query{named("Slow"), named("Jobs")})
		if got := values(results[0]) + "; " + values(results[1]); got != "no answer in time; 12:00:00=3" {
			t.Errorf("got %s", got)
		}
		if took := time.Since(begun); took != 30*time.Second {
			t.Errorf("took %s, want the time that there was", took)
		}
	})
}

// retrying returns a client of the fake that retries as the SDK does.
func retrying(fake *cloudwatchfake.Service) *sdk.Client {
	options := fake.Client().Options()
	options.Retryer = retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.RateLimiter = 25, noLimit{}
	})
	return sdk.New(options)
}

// noLimit lets every retry through.
type noLimit struct{}

func (noLimit) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}

func (noLimit) AddTokens(uint) error { return nil }

func TestSource_Fetch_throttling(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		throttled int
		want      string
	}{
		"passes":            {3, "12:00:00=3"},
		"outlasts the time": {1000, "no answer in time"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fake := newFake()
				fake.Put(app("Jobs"), ago(time.Minute, 3))
				fake.SetFaults(cloudwatchfake.Faults{Throttled: test.throttled})
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				if got := fetchOne(ctx, retrying(fake), named("Jobs")); got != test.want {
					t.Errorf("got %s, want %s", got, test.want)
				}
			})
		})
	}
}

func TestSource_Fetch_refusals(t *testing.T) {
	t.Parallel()
	misspelt := func(statistic string) metric.Query {
		query := named("Jobs")
		query.CloudWatch.Statistic = statistic // A statistic that the fake doesn't have.
		return query
	}
	const notValid = "CloudWatch refuses the query: The value for parameter MetricStat.Stat is not a valid statistic"
	const unknown = "CloudWatch refuses the query: Error in expression 'expression': unsupported function MEDIAN"
	tests := map[string]struct {
		queries []metric.Query
		want    []string
		// calls is how many it takes at most.
		calls int
	}{
		"alone":             {[]metric.Query{misspelt("IQM")}, []string{notValid}, 1},
		"named by position": {[]metric.Query{named("Jobs"), misspelt("IQM"), named("Jobs2")}, []string{"12:00:00=3", notValid, "12:00:00=4"}, 3},
		"several":           {[]metric.Query{misspelt("tm90"), named("Jobs"), misspelt("IQM")}, []string{notValid, "12:00:00=3", notValid}, 3},
		"named by Id":       {[]metric.Query{named("Jobs"), computed("MEDIAN(jobs)", "jobs"), named("Jobs2")}, []string{"12:00:00=3", unknown, "12:00:00=4"}, 3},
		"none but these":    {[]metric.Query{misspelt("tm90"), misspelt("IQM")}, []string{notValid, notValid}, 1},
		"one after the other": {
			[]metric.Query{computed("MEDIAN(a)", "a"), computed("MEDIAN(b)", "b"), named("Jobs")},
			[]string{unknown, unknown, "12:00:00=3"},
			5,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := newFake()
			fake.Put(app("Jobs"), ago(time.Minute, 3))
			fake.Put(app("Jobs2"), ago(time.Minute, 4))
			for i, result := range newSource(fake.Client()).Fetch(t.Context(), test.queries) {
				if values(result) != test.want[i] {
					t.Errorf("query %d: got %s, want %s", i, values(result), test.want[i])
				}
				if strings.HasPrefix(test.want[i], "CloudWatch refuses") && !errors.Is(result.Err, metric.ErrQuery) {
					t.Errorf("query %d: %v isn't ErrQuery", i, result.Err)
				}
			}
			if fake.Calls() > test.calls {
				t.Errorf("%d calls, want at most %d", fake.Calls(), test.calls)
			}
		})
	}
}

// grim refuses calls with certain metrics, and doesn't say which.
type grim struct {
	*sdk.Client

	calls atomic.Int32
}

func (g *grim) GetMetricData(ctx context.Context, input *sdk.GetMetricDataInput, options ...func(*sdk.Options)) (*sdk.GetMetricDataOutput, error) {
	g.calls.Add(1)
	for _, query := range input.MetricDataQueries {
		if query.MetricStat != nil && strings.HasPrefix(aws.ToString(query.MetricStat.Metric.MetricName), "Bad") {
			return nil, &smithy.GenericAPIError{Code: "ValidationError", Message: "This is not available in this region.\x1b[31m " + strings.Repeat("ä", 100)}
		}
	}
	return g.Client.GetMetricData(ctx, input, options...)
}

// Halving finds the culprits among 500 queries in few calls, and a query of 300 servers
// is one query.
func TestSource_Fetch_namelessRefusals(t *testing.T) {
	t.Parallel()
	fake := newFake()
	queries := many(fake, 100)
	queries[17], queries[64] = named("Bad1"), named("Bad2")
	var servers []string
	for i := range 300 {
		servers = append(servers, fmt.Sprintf("i-%d", i))
	}
	queries[99] = perServer("Bad3", servers...)
	client := &grim{Client: fake.Client()}
	for i, result := range newSource(client).Fetch(t.Context(), queries) {
		want := fmt.Sprintf("12:00:00=%d", i)
		if i == 17 || i == 64 || i == 99 {
			want = "CloudWatch refuses the query: This is not available in this region.[31m " + strings.Repeat("ä", 39) + "…"
		}
		if values(result) != want {
			t.Errorf("query %d: got %q, want %q", i, values(result), want)
		}
	}
	if calls := client.calls.Load(); calls > 40 {
		t.Errorf("%d calls for three culprits among 100", calls)
	}
}

// clientOf returns a client of a server over loopback, as the SDK makes it.
func clientOf(t *testing.T, handler http.Handler) *sdk.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	options := newFake().Client().Options()
	options.BaseEndpoint, options.HTTPClient = aws.String(server.URL), server.Client()
	return sdk.New(options)
}

func TestSource_Fetch_strangeAnswers(t *testing.T) {
	t.Parallel()
	answer := func(status int, body string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		})
	}
	coded := func(code string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amzn-Query-Error", code+";Sender")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte("\xa0"))
		})
	}
	tests := map[string]struct {
		handler http.Handler
		want    string
		kind    error
	}{
		"a page of a proxy":          {answer(http.StatusBadGateway, "<html>10.1.2.3</html>"), "status 502 Bad Gateway", metric.ErrUnavailable},
		"a page that is no answer":   {answer(http.StatusOK, "<html>10.1.2.3</html>"), "the answer is not one of CloudWatch", metric.ErrMalformed},
		"an answer without a body":   {answer(http.StatusOK, ""), "CloudWatch has no data in the window", metric.ErrNoData},
		"expired credentials":        {coded("ExpiredToken"), "the credentials have expired", metric.ErrUnavailable},
		"foreign credentials":        {coded("InvalidClientTokenId"), "the credentials are not accepted (InvalidClientTokenId)", metric.ErrUnavailable},
		"an error with a wild name":  {coded("Oh no!"), "CloudWatch answers with an error", metric.ErrUnavailable},
		"an error of an unknown API": {coded("Teapot"), "CloudWatch answers with the error Teapot", metric.ErrUnavailable},
		"the connection is cut": {
			http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), "the connection was closed too early", metric.ErrUnavailable,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := newSource(clientOf(t, test.handler)).Fetch(t.Context(), []metric.Query{named("Jobs")})[0]
			if values(result) != test.want || !errors.Is(result.Err, test.kind) {
				t.Errorf("got %s (%v), want %s", values(result), result.Err, test.want)
			}
		})
	}
}

// chain fails as a role does that can't be assumed.
type chain struct{}

func (chain) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{}, &smithy.OperationError{
		ServiceID: "STS", OperationName: "AssumeRole",
		Err: &smithy.GenericAPIError{Code: "AccessDenied", Message: "User: arn:aws:iam::123456789012:user/runner is not authorized"},
	}
}

func TestSource_Fetch_withoutCredentials(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		credentials aws.CredentialsProvider
		want        string
	}{
		"a role that isn't given": {chain{}, "no credentials: STS gives none"},
		"none at all": {
			aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{}, errors.New("none in /home/me")
			}),
			"the request can't be sent; look at the credentials and the network",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := newFake().Client().Options()
			options.Credentials = test.credentials
			if got := fetchOne(t.Context(), sdk.New(options), named("Jobs")); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

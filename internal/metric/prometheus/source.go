package prometheus

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/api"
	promapi "github.com/prometheus/client_golang/api/prometheus/v1"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

const (
	// maxAnswerBytes bounds an answer, after decompression: with the default period and
	// window, the series of some ten thousand servers.
	maxAnswerBytes = 16 << 20
	// maxRequests is how many requests of one Fetch are under way at once. Prometheus
	// evaluates 20 at once by default, of all its users.
	maxRequests = 8
)

// Source asks one Prometheus server.
type Source struct {
	api     promapi.API
	timeout time.Duration
	now     func() time.Time
	// secrets must not be in what is told of the server's answers.
	secrets []string
}

var _ metric.Source = (*Source)(nil)

// New returns a source. The error is a [*metric.ConfigError]. Windows end at now.
func New(config Config, now func() time.Time) (*Source, error) {
	server, err := config.open()
	if err != nil {
		return nil, err
	}
	source := &Source{timeout: cmp.Or(config.Timeout, DefaultTimeout), now: now, secrets: config.secrets(server.URL)}
	server.Timeout = source.timeout
	client, err := api.NewClient(api.Config{Address: server.URL.String(), Client: server.NewClient()})
	if err != nil {
		panic(fmt.Sprintf("parsing a URL again: %v", err)) // It has been parsed before.
	}
	source.api = promapi.NewAPI(client)
	return source, nil
}

// Check implements [metric.Source]. Only the server can tell whether the PromQL of a
// query makes sense.
func (s *Source) Check(query metric.Query) error {
	_, err := interpret(query)
	return err
}

// Fetch implements [metric.Source]. Queries with the same PromQL over the same time
// share one call.
func (s *Source) Fetch(ctx context.Context, queries []metric.Query) []metric.Result {
	results := make([]metric.Result, len(queries))
	asked := make(map[question][]int)
	for i, query := range queries {
		question, err := interpret(query)
		switch {
		case err != nil:
			results[i].Err = err
		case query.PerServer != nil && len(query.PerServer.Servers) == 0:
			results[i].Err = noData("no server is in service")
		default:
			asked[question] = append(asked[question], i)
		}
	}
	var all sync.WaitGroup
	now, slots := s.now(), make(chan struct{}, maxRequests)
	for question, indexes := range asked {
		all.Go(func() {
			answer, err := s.queued(ctx, slots, question, now)
			for _, i := range indexes {
				results[i] = result(answer, err, queries[i].PerServer)
			}
		})
	}
	all.Wait()
	return results
}

func (s *Source) queued(ctx context.Context, slots chan struct{}, asked question, now time.Time) (answer, error) {
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
		return s.ask(ctx, asked, now)
	case <-ctx.Done():
		return nil, s.describe(ctx.Err())
	}
}

func (s *Source) ask(ctx context.Context, asked question, now time.Time) (got answer, err error) {
	defer func() {
		// A panic in a goroutine would end the provider, and with it all that it has
		// done so far.
		if recover() != nil {
			got, err = nil, malformed("the answer can't be read")
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	start, end := asked.span(now)
	value, warnings, _, err := s.api.QueryRange(ctx, asked.text, promapi.Range{Start: start, End: end, Step: asked.period})
	switch {
	case err != nil:
		return nil, s.describe(err)
	case incomplete(warnings):
		return nil, unavailable("the answer is incomplete: the server could not read all of its data")
	}
	return read(value, end)
}

func result(answer answer, err error, perServer *metric.PerServer) metric.Result {
	if err != nil {
		return metric.Result{Err: err}
	}
	if perServer == nil {
		samples, err := answer.single()
		return metric.Result{Samples: samples, Err: err}
	}
	servers, err := answer.byServer(perServer)
	return metric.Result{Servers: servers, Err: err}
}

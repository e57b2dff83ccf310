package http

import (
	"cmp"
	"context"
	"io"
	nethttp "net/http"
	"net/url"
	"sync"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
	"github.com/musterhq/terraform-provider-muster/internal/metric/origin"
)

const (
	// maxBodyBytes bounds an answer, after decompression.
	maxBodyBytes = 1 << 20
	// maxRequests is how many requests of one Fetch are under way at once. It is
	// generous, so that slow documents don't keep the others waiting.
	maxRequests = 16
)

// Source reads numbers from the documents of one HTTP service.
type Source struct {
	base    *url.URL
	timeout time.Duration
	client  *nethttp.Client
	now     func() time.Time
}

var _ metric.Source = (*Source)(nil)

// New returns a source. The error is a [*metric.ConfigError]. now dates the
// samples: a document says what is true when it is read.
func New(config Config, now func() time.Time) (*Source, error) {
	base, err := config.check()
	if err != nil {
		return nil, err
	}
	source := &Source{base: base, timeout: cmp.Or(config.Timeout, DefaultTimeout), now: now}
	source.client = origin.Origin{
		URL:            base,
		Headers:        config.Headers,
		Timeout:        source.timeout,
		AllowLinkLocal: config.AllowLinkLocal,
		MaxConns:       maxRequests,
		MaxBytes:       maxBodyBytes,
	}.NewClient()
	return source, nil
}

// Fetch implements [metric.Source]. Queries of one document share one request.
func (s *Source) Fetch(ctx context.Context, queries []metric.Query) []metric.Result {
	results := make([]metric.Result, len(queries))
	documents := map[string][]int{}
	for i, query := range queries {
		target, err := s.resolve(query)
		if err != nil {
			results[i].Err = err
			continue
		}
		documents[target.String()] = append(documents[target.String()], i)
	}
	var all sync.WaitGroup
	slots := make(chan struct{}, maxRequests)
	for target, indexes := range documents {
		all.Go(func() {
			body, err := s.queued(ctx, slots, target)
			for _, i := range indexes {
				results[i] = s.result(body, err, queries[i])
			}
		})
	}
	all.Wait()
	return results
}

func (s *Source) queued(ctx context.Context, slots chan struct{}, target string) ([]byte, error) {
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
		return s.get(ctx, target)
	case <-ctx.Done():
		return nil, origin.Describe(ctx.Err())
	}
}

func (s *Source) result(body []byte, err error, query metric.Query) metric.Result {
	if err != nil {
		return metric.Result{Err: err}
	}
	samples, err := lookup(body, query, s.now())
	return metric.Result{Samples: samples, Err: err}
}

// get returns the document. No error of it quotes the answer or an address.
func (s *Source) get(ctx context.Context, target string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	req, err := nethttp.NewRequestWithContext(ctx, nethttp.MethodGet, target, nethttp.NoBody)
	if err != nil {
		return nil, origin.Describe(err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, origin.Describe(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, origin.Status(resp.StatusCode)
	}
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, origin.Describe(err)
	}
	return content, nil
}

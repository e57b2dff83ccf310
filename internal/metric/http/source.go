package http

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	nethttp "net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

const (
	// maxBodyBytes bounds an answer, after decompression.
	maxBodyBytes = 1 << 20
	// maxRequests is how many requests of one Fetch are under way at once. It is
	// generous, so that slow documents don't keep the others waiting.
	maxRequests = 16
	// maxRedirects is how many redirects of one request are followed.
	maxRedirects = 3
)

// Source reads numbers from the documents of one HTTP service.
type Source struct {
	base    *url.URL
	headers map[string]string
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
	source := &Source{base: base, headers: maps.Clone(config.Headers), timeout: config.Timeout, now: now}
	if source.timeout == 0 {
		source.timeout = DefaultTimeout
	}
	source.client = &nethttp.Client{
		Transport:     transport(source.timeout, config.AllowLinkLocal),
		CheckRedirect: source.checkRedirect,
	}
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
				results[i] = s.result(body, err, queries[i].Value)
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
		return nil, describe(ctx.Err())
	}
}

func (s *Source) result(body []byte, err error, path string) metric.Result {
	if err != nil {
		return metric.Result{Err: err}
	}
	value, err := lookup(body, path)
	if err != nil {
		return metric.Result{Err: err}
	}
	return metric.Result{Samples: []metric.Sample{{At: s.now(), Value: value}}}
}

// get returns the document. No error of it quotes the answer or an address.
func (s *Source) get(ctx context.Context, target string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	req, err := nethttp.NewRequestWithContext(ctx, nethttp.MethodGet, target, nethttp.NoBody)
	if err != nil {
		return nil, describe(err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "terraform-provider-muster")
	for header, value := range s.headers {
		req.Header.Set(header, value)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, describe(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, &metric.FetchError{
			Kind:    metric.ErrUnavailable,
			Message: strings.TrimSpace(fmt.Sprintf("status %d %s", resp.StatusCode, nethttp.StatusText(resp.StatusCode))),
		}
	}
	return readBody(resp.Body)
}

func readBody(body io.Reader) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(body, maxBodyBytes+1))
	if err != nil {
		return nil, describe(err)
	}
	if len(content) > maxBodyBytes {
		return nil, &metric.FetchError{
			Kind: metric.ErrMalformed, Message: fmt.Sprintf("the answer has more than %d bytes", maxBodyBytes),
		}
	}
	return content, nil
}

var errRedirect = errors.New("redirect refused")

// checkRedirect follows a redirect only to the origin that the headers are for.
func (s *Source) checkRedirect(req *nethttp.Request, via []*nethttp.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("%w: more than %d redirects", errRedirect, maxRedirects)
	}
	if req.URL.Scheme != s.base.Scheme || origin(req.URL) != origin(s.base) || req.URL.User != nil {
		return fmt.Errorf("%w: it leads to another scheme, host or port", errRedirect)
	}
	return nil
}

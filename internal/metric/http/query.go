package http

import (
	"net/url"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
	"github.com/musterhq/terraform-provider-muster/internal/metric/origin"
)

// maxQueryBytes bounds each field of a query.
const maxQueryBytes = 2 << 10

// Check implements [metric.Source].
func (s *Source) Check(query metric.Query) error {
	_, err := s.resolve(query)
	return err
}

// resolve returns the URL of a query's document. It is always below the base URL.
func (s *Source) resolve(query metric.Query) (*url.URL, error) {
	if err := refuseForeign(query); err != nil {
		return nil, err
	}
	for _, field := range []struct{ name, path string }{{"value", query.Value}, {"time", query.Time}} {
		if len(field.path) > maxQueryBytes {
			return nil, &metric.QueryError{Field: field.name, Message: "is too long"}
		}
	}
	if query.Time != "" && query.Value == "" {
		return nil, &metric.QueryError{Field: "time", Message: "is of use only with value, which says where the numbers are"}
	}
	fault := func(message string) (*url.URL, error) {
		return nil, &metric.QueryError{Field: "path", Message: message}
	}
	if len(query.Path) > maxQueryBytes {
		return fault("is too long")
	}
	if strings.HasPrefix(query.Path, "//") {
		return fault("must not name a host; the source's base_url does")
	}
	relative, err := url.Parse("/" + strings.TrimPrefix(query.Path, "/"))
	switch {
	case err != nil:
		return fault("is not a valid path")
	case strings.Contains(query.Path, "#"):
		return fault("must not have a fragment")
	case strings.Contains(query.Path, "://"):
		return fault("must be relative to the source's base_url, not a whole URL")
	case strings.ContainsRune(relative.Path, '\\'):
		return fault("must not have a backslash")
	case origin.Climbs(relative.Path):
		return fault(`must not have "." or ".." among its segments: it can't leave the source's base_url`)
	}
	return s.below(relative)
}

// refuseForeign refuses what other kinds of sources are asked.
func refuseForeign(query metric.Query) error {
	switch {
	case query.CloudWatch != nil:
		return &metric.QueryError{Field: "cloudwatch", Message: "can't be asked of an HTTP service"}
	case query.Query != "":
		return &metric.QueryError{Field: "query", Message: "can't be asked of an HTTP service; it is for Prometheus"}
	case query.PerServer != nil:
		return &metric.QueryError{Field: "per_server", Message: "can't be asked of an HTTP service, whose numbers don't say of which server they are"}
	case query.Period != 0, query.Window != 0, query.Offset != 0:
		return &metric.QueryError{Field: "window", Message: "can't be asked of an HTTP service, which gives the numbers that its document has"}
	}
	return nil
}

func (s *Source) below(relative *url.URL) (*url.URL, error) {
	target := *s.base
	escaped := strings.TrimSuffix(s.base.EscapedPath(), "/")
	if tail := relative.EscapedPath(); tail != "/" || escaped == "" {
		escaped += tail
	} else {
		// No path: the document is the base URL itself, as it is written.
		escaped = s.base.EscapedPath()
	}
	path, err := url.PathUnescape(escaped)
	if err != nil {
		return nil, &metric.QueryError{Field: "path", Message: "is not a valid path"}
	}
	target.Path, target.RawPath = path, escaped
	target.RawQuery = relative.RawQuery
	return &target, nil
}

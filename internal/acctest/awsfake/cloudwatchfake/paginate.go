package cloudwatchfake

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
)

// cursor is where an answer goes on.
type cursor struct {
	request Request
	// skip is how many datapoints of the whole answer have been sent.
	skip   int
	silent bool
}

// paginate returns the page of an answer that a request asks for. The caller holds the
// lock.
func (s *Service) paginate(request Request, whole []evaluated) (page, *apiError) {
	from := cursor{request: request}
	if request.NextToken != "" {
		known, ok := s.cursors[request.NextToken]
		same := request
		same.NextToken = known.request.NextToken
		if !ok || !reflect.DeepEqual(same, known.request) {
			return page{}, &apiError{status: http.StatusBadRequest, code: "InvalidNextToken", message: "The token is not valid."}
		}
		from = known
		from.request = request
	}
	if from.silent {
		return page{silent: true}, nil
	}
	built := s.build(from, whole)
	if s.faults.Message != "" && len(built.results) > 0 {
		built.message = s.faults.Message
		built.results = built.results[:len(built.results)-1]
	}
	if request.hasMath() {
		built.token = "" // An answer with metric math has no second page.
	}
	return built, nil
}

// hasMath reports whether there is an expression other than of Metrics Insights.
func (r Request) hasMath() bool {
	return slices.ContainsFunc(r.Queries, func(q Query) bool { return q.Expression != "" && !isInsights(q.Expression) })
}

func (s *Service) pageSize(request Request) int {
	size := maxDatapoints
	for _, smaller := range []int{request.MaxDatapoints, s.faults.PageSize} {
		if smaller > 0 {
			size = min(size, smaller)
		}
	}
	return size
}

// build fills one page: it passes over what has been sent, and cuts off what has no
// room.
func (s *Service) build(from cursor, whole []evaluated) page {
	var built page
	room, position := s.pageSize(from.request), 0
	more, silent := false, false
	for _, e := range whole {
		silent = silent || e.trouble == Silent
		result := e.result(from.request.ScanBy != "TimestampAscending")
		count := len(result.times)
		begin := min(max(from.skip-position, 0), count)
		end := min(begin+room, count)
		sentBefore := from.request.NextToken != "" && position+count <= from.skip
		position += count
		if sentBefore {
			continue
		}
		result.times, result.values = result.times[begin:end], result.values[begin:end]
		room -= end - begin
		if end < count {
			result.status, more = partialData, true
		}
		built.results = append(built.results, result)
	}
	if more || silent {
		built.token = s.remember(cursor{request: from.request, skip: from.skip + s.pageSize(from.request) - room, silent: !more})
	}
	return built
}

// remember returns the token of a cursor.
func (s *Service) remember(c cursor) string {
	token := fmt.Sprintf("token-%s", strconv.Itoa(len(s.cursors)+1))
	s.cursors[token] = c
	return token
}

// result returns the series as it is returned.
func (e evaluated) result(newestFirst bool) result {
	found := result{id: e.id, label: e.label, status: complete}
	switch e.trouble {
	case NoTrouble:
	case Broken:
		found.status = internalError
		return found
	case Silent, CutOff:
		found.status = partialData
		return found
	}
	found.times = e.line.times()
	if newestFirst {
		slices.Reverse(found.times)
	}
	for _, at := range found.times {
		found.values = append(found.values, e.line[at])
	}
	return found
}

package awsfake

import (
	"fmt"
	"strings"
)

// page returns one page of a list, and the token of the next one. What a list holds and
// its order are fixed with the first page; a token may be used again.
func (w *World) page(operation string, limit int, splits bool, token *string, list func() ([]string, error)) ([]string, *string, error) {
	rest, err := w.pending(operation, token, list)
	if err != nil {
		return nil, nil, err
	}
	size := min(limit, len(rest))
	if splits && w.faults.SplitPages && len(rest) > 0 {
		size = w.random.IntN(size + 1)
	}
	if size == len(rest) {
		return rest, nil, nil
	}
	w.serial++
	next := fmt.Sprintf("%s:%d:%016x", operation, w.serial, w.random.Uint64())
	w.pages[next] = rest[size:]
	return rest[:size], &next, nil
}

func (w *World) pending(operation string, token *string, list func() ([]string, error)) ([]string, error) {
	if token != nil {
		rest, known := w.pages[*token]
		if !known || !strings.HasPrefix(*token, operation+":") {
			return nil, invalidValue("The token '%s' is invalid", *token)
		}
		return rest, nil
	}
	all, err := list()
	if err == nil && w.faults.Shuffle {
		w.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	}
	return all, err
}

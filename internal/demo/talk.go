package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"
)

// fetch gets the text at an address of a server's.
func fetch(ctx context.Context, target string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+target, nil)
	if err != nil {
		return "", err
	}
	// A connection that is kept alive would be one that the server's end breaks.
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers with %s: %s", target, response.Status, answer)
	}
	return strings.TrimSpace(string(answer)), err
}

// checkMembers asks the store who has joined it.
func checkMembers(ctx context.Context, store seenServer, want []seenServer) error {
	answer, err := fetch(ctx, store.Facts.PrivateIP+":7000/members")
	if err != nil {
		return err
	}
	var joined map[string]string
	if err := json.Unmarshal([]byte(answer), &joined); err != nil {
		return fmt.Errorf("reading the store's members: %w", err)
	}
	expected := make(map[string]string)
	for _, server := range want {
		expected[server.Key()] = server.Facts.PrivateIP + ":8080"
	}
	if !maps.Equal(joined, expected) {
		return fmt.Errorf("the store should have the members %v; it has %v", expected, joined)
	}
	return nil
}

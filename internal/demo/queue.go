package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// queue is the service that the policy's signal comes from: it tells how many jobs
// wait.
type queue struct {
	depth  atomic.Int64
	url    string
	server *http.Server
}

// openQueue serves on a loopback port of the system's choice.
func openQueue(ctx context.Context) (*queue, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serving the signal: %w", err)
	}
	q := &queue{url: "http://" + listener.Addr().String()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /queue", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"depth": %d}`, q.depth.Load())
	})
	q.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = q.server.Serve(listener) }() // It ends with the demo.
	return q, nil
}

func (q *queue) close() { _ = q.server.Close() }

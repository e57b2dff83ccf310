// Command app is what the servers of the quickstart run: a store, and web servers
// that join it. The store knows its members by a token and talks only to addresses
// on its lists; a web server counts its visits in the store.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

const (
	storePort = "7000"
	webPort   = "8080"

	// patience bounds every request: how long a server may wait to be admitted.
	patience = 20 * time.Second
)

type options struct{ address, token, store, name, list string }

func main() {
	if len(os.Args) < 2 {
		exit(errors.New("usage: app store|admit|web OPTIONS"))
	}
	var o options
	tokenFile := ""
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	flags.StringVar(&o.address, "address", "", "the server's own address")
	flags.StringVar(&tokenFile, "token", "", "the file with the store's token")
	flags.StringVar(&o.store, "store", "", "the store's address")
	flags.StringVar(&o.name, "name", "", "the server's name")
	flags.StringVar(&o.list, "list", "", "the list of addresses to replace")
	_ = flags.Parse(os.Args[2:]) // It exits by itself.

	token, err := os.ReadFile(tokenFile)
	if err != nil {
		exit(err)
	}
	o.token = strings.TrimSpace(string(token))
	run := map[string]func(options) error{"store": runStore, "admit": runAdmit, "web": runWeb}[os.Args[1]]
	if run == nil {
		exit(fmt.Errorf("there is no command %q", os.Args[1]))
	}
	exit(run(o))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "app:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// runAdmit replaces a list of the store's by the addresses on standard input.
func runAdmit(o options) error {
	addresses, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	_, err = o.call(http.MethodPut, o.address, storePort, "/lists/"+o.list, string(addresses))
	return err
}

func runWeb(o options) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, o.name) })
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		visit, err := o.call(http.MethodPost, o.store, storePort, "/visits", "")
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		fmt.Fprintf(w, "%s at %s: visit %s, counted by the store at %s\n", o.name, o.address, visit, o.store)
	})
	served, err := serve(o.address, webPort, mux)
	if err != nil {
		return err
	}
	if _, err := o.call(http.MethodPost, o.store, storePort, "/members/"+o.name, ""); err != nil {
		return fmt.Errorf("joining the store: %w", err)
	}
	say("%s has joined the store at %s", o.name, o.store)
	return <-served
}

// say tells the boot script that the program is up.
func say(format string, arguments ...any) {
	fmt.Printf(format+"\n", arguments...)
	_ = os.Stdout.Close()
}

func serve(address, port string, handler http.Handler) (served <-chan error, err error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(address, port))
	if err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	server := &http.Server{Handler: handler, ReadHeaderTimeout: patience}
	go func() { ended <- server.Serve(listener) }()
	return ended, nil
}

// call sends a request from the server's own address, which the store knows it by,
// and returns the answer.
func (o options) call(method, host, port, path, body string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	url := "http://" + net.JoinHostPort(host, port) + path
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewBufferString(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+o.token)
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(o.address)}}
	client := http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s says: %s", url, strings.TrimSpace(string(answer)))
	}
	return string(answer), err
}

// encode writes the value as JSON.
func encode(w io.Writer, value any) { _ = json.NewEncoder(w).Encode(value) }

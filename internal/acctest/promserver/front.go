package promserver

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
)

// Front is what stands before a server: it speaks TLS, and lets nobody pass without the
// token.
type Front struct {
	// URL is where it answers.
	URL string
	// CACertificate is the authority of its certificate, in PEM.
	CACertificate string
}

// Front returns one for the server. It ends with the test.
func (s *Server) Front(t testing.TB, token string) Front {
	t.Helper()
	behind, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(behind) }}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	block := &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}
	return Front{URL: server.URL, CACertificate: string(pem.EncodeToMemory(block))}
}

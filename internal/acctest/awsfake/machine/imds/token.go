package imds

import (
	"crypto/rand"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	tokenPath = "/latest/api/token"

	tokenHeader    = "X-Aws-Ec2-Metadata-Token"
	lifetimeHeader = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds"

	// maxLifetime is that of a session token, in seconds: six hours.
	maxLifetime = 21600
)

// handOut answers the request for a session token.
func (s *Service) handOut(w http.ResponseWriter, r *http.Request) {
	seconds, err := strconv.Atoi(r.Header.Get(lifetimeHeader))
	switch {
	case r.URL.Path != tokenPath:
		refuse(w, http.StatusForbidden)
	case r.Header.Get("X-Forwarded-For") != "":
		// A token must not reach the other side of a careless proxy.
		refuse(w, http.StatusForbidden)
	case err != nil || seconds < 1 || seconds > maxLifetime:
		refuse(w, http.StatusBadRequest)
	default:
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set(lifetimeHeader, strconv.Itoa(seconds))
		_, _ = io.WriteString(w, s.newToken(time.Duration(seconds)*time.Second))
	}
}

func (s *Service) newToken(lifetime time.Duration) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	token := "AQAEA" + rand.Text() + rand.Text() + "=="
	s.tokens[token] = s.now().Add(lifetime)
	return token
}

// admits tells whether the request carries a valid token, or needs none. A wrong one is
// refused also where none is needed.
func (s *Service) admits(r *http.Request, optional bool) bool {
	token, given := r.Header[tokenHeader]
	if !given {
		return optional
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	expiry, ok := s.tokens[token[0]]
	return ok && s.now().Before(expiry)
}

package manager_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/middleware"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
	"github.com/musterhq/terraform-provider-muster/internal/awsclient"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2"
)

// errDead is what saving the state returns after the death of its run.
var errDead = errors.New("the run was killed")

// moment is a side of a call to AWS.
type moment string

const (
	beforeCall moment = "before it reaches AWS"
	afterCall  moment = "before its answer arrives"
)

// mortal is one run of the provider on EC2, which dies at a call: whoever makes that
// call, or a later one, never returns from it, as nobody does in a process that was
// killed. Saving the state counts as a call.
type mortal struct {
	hosting.Service

	// next sends the requests.
	next http.RoundTripper

	mu    sync.Mutex
	calls []string
	dies  int
	at    moment
	dead  bool
}

// connect returns a run that dies at a moment of the call of that number; 0: doesn't.
func connect(t *testing.T, world *awsfake.World, dies int, at moment) *mortal {
	t.Helper()
	m := &mortal{next: world.Transport(), dies: dies, at: at}
	session, err := awsclient.Open(t.Context(), awsclient.Options{
		Region: awsfake.Region, AccessKey: awsfake.AccessKey, SecretKey: awsfake.SecretKey,
		Endpoints:                 map[string]string{"ec2": "http://ec2.fake", "ssm": "http://ssm.fake"},
		SkipCredentialsValidation: true, HTTPClient: &http.Client{Transport: m},
	})
	if err != nil {
		t.Fatal(err)
	}
	m.Service = ec2.New(ec2.Options{
		EC2: session.EC2(), SSM: session.SSM(), Namespace: "crash", Region: awsfake.Region, Now: time.Now,
	})
	return m
}

// RoundTrip implements [http.RoundTripper].
func (m *mortal) RoundTrip(req *http.Request) (*http.Response, error) {
	last := m.begin(operationOf(req))
	response, err := m.next.RoundTrip(req)
	if last {
		m.die()
	}
	return response, err
}

// begin counts a call, and reports whether it is the last.
func (m *mortal) begin(what string) (last bool) {
	m.mu.Lock()
	if !m.dead {
		m.calls = append(m.calls, what)
	}
	last = len(m.calls) == m.dies
	m.dead = m.dead || last && m.at == beforeCall
	dead := m.dead
	m.mu.Unlock()
	if dead {
		runtime.Goexit()
	}
	return last
}

func (m *mortal) die() {
	m.mu.Lock()
	m.dead = true
	m.mu.Unlock()
	runtime.Goexit()
}

// Killed implements client.
func (m *mortal) Killed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dead
}

// Checkpoint implements client.
func (m *mortal) Checkpoint(_ context.Context, what string, effect func() error) error {
	if m.Killed() {
		return errDead
	}
	last := m.begin(what)
	err := effect()
	if last {
		m.die()
	}
	return err
}

// operationOf names a request to AWS.
func operationOf(req *http.Request) string {
	return middleware.GetServiceID(req.Context()) + " " + middleware.GetOperationName(req.Context())
}

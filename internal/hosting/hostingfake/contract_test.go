package hostingfake_test

import (
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/hostingfake"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/hostingtest"
)

func TestService_contract(t *testing.T) {
	t.Parallel()
	hostingtest.TestWithoutScripts(t, func(*testing.T) hostingtest.Subject {
		return subject{hostingfake.NewWorld(hostingfake.Options{Now: time.Now}).Connect()}
	})
}

func TestService_contractWithFile(t *testing.T) {
	t.Parallel()
	hostingtest.TestWithoutScripts(t, func(t *testing.T) hostingtest.Subject {
		world, err := hostingfake.Open(t.TempDir()+"/world.json", hostingfake.Options{Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		return subject{world.Connect()}
	})
}

type subject struct{ *hostingfake.Service }

func (s subject) EndServer(t *testing.T, server hosting.Server) {
	t.Helper()
	if !s.World().End(server.ID, "its machine has crashed") {
		t.Errorf("%s doesn't run", server.Key())
	}
}

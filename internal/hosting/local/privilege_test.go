//go:build linux

package local_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/local"
)

// withoutPrivileges calls do on a thread for which the modes of files count, also
// where this is root (capabilities(7)). The thread ends with its goroutine.
func withoutPrivileges(t *testing.T, do func()) {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var none [2]unix.CapUserData
		err := unix.Capset(&header, &none[0])
		if err == nil {
			do()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Fatalf("giving up the capabilities: %v", err)
	}
}

func TestService_says_what_to_do_where_it_can_not_write(t *testing.T) {
	t.Parallel()
	const advice = "permission denied; let this user write there, or give another state directory"
	cases := map[string]struct {
		closed string
		do     func(t *testing.T, service *local.Service) error
		want   string
	}{
		"the directory above": {".", func(t *testing.T, service *local.Service) error {
			return service.CreateGroup(t.Context(), hosting.Group{GroupRef: group()})
		}, `recording group "web": preparing the state directory: mkdir `},
		"the state directory": {".muster", func(t *testing.T, service *local.Service) error {
			return service.PutConfiguration(t.Context(), boot.Configuration{Name: "web"})
		}, `storing server configuration "web": preparing the state directory: `},
		"the groups": {".muster/default/groups", func(t *testing.T, service *local.Service) error {
			return service.CreateGroup(t.Context(), hosting.Group{GroupRef: group()})
		}, `recording group "web": locking `},
		"the servers": {".muster/default/servers", func(t *testing.T, service *local.Service) error {
			return service.Terminate(t.Context(), []hosting.Server{{ID: "srv-000000000000000000"}})
		}, ""},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			directory := stateDirectory(t)
			service := newService(t, directory)
			closed := filepath.Join(filepath.Dir(directory), test.closed)
			if err := os.MkdirAll(closed, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(closed, 0o500); err != nil {
				t.Fatal(err)
			}
			var err error
			withoutPrivileges(t, func() { err = test.do(t, service) })
			_ = os.Chmod(closed, 0o700)
			if test.want == "" {
				if err != nil {
					t.Errorf("got %v where nothing is to be written", err)
				}
				return
			}
			if err == nil || !strings.HasPrefix(err.Error(), test.want) || !strings.HasSuffix(err.Error(), advice) || !strings.Contains(err.Error(), closed) {
				t.Errorf("got %v, want %q, the path below %s, and %q", err, test.want, closed, advice)
			}
		})
	}
}

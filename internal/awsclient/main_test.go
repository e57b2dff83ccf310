package awsclient_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// proxied is a host that only the proxy of the environment knows.
const proxied = "sts.proxied.test"

// TestMain takes the user's own account out of reach: no variable, no file, no
// instance role. It also starts a proxy, because net/http reads the variables of
// proxies once in a process; what is on loopback never goes through it.
func TestMain(m *testing.M) {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "AWS_") || strings.HasSuffix(strings.ToUpper(name), "_PROXY") {
			must(os.Unsetenv(name))
		}
	}
	home, err := os.MkdirTemp("", "awsclient")
	must(err)
	must(os.Setenv("HOME", home))
	must(os.Setenv("AWS_CONFIG_FILE", filepath.Join(home, "config")))
	must(os.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(home, "credentials")))
	must(os.Setenv("AWS_EC2_METADATA_DISABLED", "true"))
	proxy := httptest.NewServer(newCloud())
	must(os.Setenv("HTTP_PROXY", proxy.URL))
	code := m.Run()
	proxy.Close()
	must(os.RemoveAll(home))
	os.Exit(code)
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

package provider_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// TestAccExamples_etcd shows that a real cluster is made larger and smaller, loses a server
// and has all of its servers replaced while it is being used: it always has its quorum, and
// nothing that it has acknowledged is lost.
func TestAccExamples_etcd(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	watched := scaleEtcd(t, w)

	// Its server is lost, so that it can't sign off.
	acctest.Member(t, w.Directory(), "etcd-1").Kill(t)
	applyEtcd(t, w, 3)
	watched.report("the loss of a server, and its replacement")

	before := acctest.IDs(t, w.Directory())
	applyEtcd(t, w, 3, "-var=heartbeat_ms=300")
	watched.report("the rolling replacement of all servers")
	for key, id := range acctest.IDs(t, w.Directory()) {
		if id == before[key] {
			t.Errorf("%s has not been replaced", key)
		}
	}

	watched.stop()
	w.MustRun("destroy", "-auto-approve")
	if left := acctest.Started(t, w.Directory()); len(left) > 0 {
		t.Errorf("servers are left: %v", left)
	}
}

// The same scripts do it on EC2.
func TestAccAWS_etcd(t *testing.T) {
	t.Parallel()
	cloud := acctest.NewCloud(t, acctest.CloudSpec{})
	w := cloud.NewWorkspace(t)
	scaleEtcd(t, w).stop()
	w.MustRun("destroy", "-auto-approve")
	expectNothingLeft(t, cloud)
}

// scaleEtcd founds a cluster of three, and makes it larger and smaller while it watches it.
func scaleEtcd(t *testing.T, w *acctest.Workspace) *etcdWatch {
	t.Helper()
	for _, program := range []string{"etcd", "etcdctl", "curl"} {
		acctest.Program(t, program)
	}
	w.Write(exampleConfig(t, filepath.Join(examplesDirectory, "etcd")))
	applyEtcd(t, w, 3)
	watched := watchEtcd(t, etcdEndpoints(w))
	applyEtcd(t, w, 5)
	watched.report("the scale-out to five members")
	applyEtcd(t, w, 3)
	watched.report("the scale-in to three members")
	return watched
}

// applyEtcd applies the example, and expects that the cluster has exactly those members,
// all of them up, and that nothing is left to be done.
func applyEtcd(t *testing.T, w *acctest.Workspace, members int, options ...string) {
	t.Helper()
	options = append(options, fmt.Sprintf("-var=members=%d", members))
	output := w.MustRun(append([]string{"apply", "-auto-approve"}, options...)...)
	if strings.Contains(output, "Unable to Decommission") {
		t.Errorf("a member has gone without having signed off:\n%s", output)
	}
	w.ExpectNothingToDo(options...)
	endpoints := etcdEndpoints(w)
	if len(endpoints) != members {
		t.Fatalf("the endpoints are %v, want %d", endpoints, members)
	}
	for _, endpoint := range endpoints {
		listed, err := endpoint.members(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := voters(listed); len(got) != members || len(listed) != members {
			t.Fatalf("%s knows the members %+v, want %d that vote", endpoint, listed, members)
		}
		if err := endpoint.health(t.Context()); err != nil {
			t.Errorf("%s isn't healthy: %v", endpoint, err)
		}
	}
}

func etcdEndpoints(w *acctest.Workspace) []etcdEndpoint {
	var endpoints []etcdEndpoint
	for url := range strings.SplitSeq(w.MustRun("output", "-raw", "endpoints"), ",") {
		endpoints = append(endpoints, etcdEndpoint(url))
	}
	return endpoints
}

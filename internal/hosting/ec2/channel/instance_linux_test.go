package channel_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine/imds"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/leftover"
	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2/channel"
	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

func TestMain(m *testing.M) {
	machine.RunInit()
	if err := leftover.Adopt(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	waitTogether()
	os.Exit(max(m.Run(), reportLeftovers()))
}

// waitTogether lets more tests run at a time than there are processors, unless somebody
// has asked for a number: most of the time they wait for their instances.
func waitTogether() {
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue {
		_ = parallel.Value.Set(strconv.Itoa(4 * runtime.GOMAXPROCS(0)))
	}
}

// reportLeftovers prints what the tests have left running; it returns the exit code.
func reportLeftovers() int {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	left := leftover.Await(ctx)
	for _, process := range left {
		fmt.Fprintln(os.Stderr, process)
	}
	return min(len(left), 1)
}

// patience bounds every wait, also on a machine that is busy.
const patience = 2 * time.Minute

// metadata is what one instance's metadata service says.
type metadata struct {
	mu   sync.Mutex
	view imds.View
}

// View implements [imds.Metadata].
func (m *metadata) View() imds.View {
	m.mu.Lock()
	defer m.mu.Unlock()
	view := m.view
	view.Tags = maps.Clone(view.Tags)
	return view
}

func (m *metadata) set(change func(*imds.View)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(&m.view)
}

// instance is an instance that runs its user data.
type instance struct {
	*machine.Machine

	t        testing.TB
	spec     machine.Spec
	metadata *metadata
	// token is the one that was seen first.
	token string
}

// inEveryShell runs the scenarios on instances whose /bin/sh is dash, bash and busybox.
func inEveryShell(t *testing.T, scenarios map[string]func(t *testing.T, sh machine.Shell)) {
	t.Helper()
	for _, sh := range []machine.Shell{machine.ShellDash, machine.ShellBash, machine.ShellBusybox} {
		t.Run(string(sh), func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(string(sh)); err != nil && os.Getenv("MUSTER_REQUIRE_ALL") != "1" {
				t.Skipf("the shell %s is missing", sh)
			}
			for sentence, scenario := range scenarios {
				t.Run(sentence, func(t *testing.T) {
					t.Parallel()
					scenario(t, sh)
				})
			}
		})
	}
}

// newInstance returns an instance that launch starts. Its launch index is 2.
func newInstance(t testing.TB, sh machine.Shell, u channel.UserData) *instance {
	t.Helper()
	encoded, err := u.Encode()
	if err != nil {
		t.Fatal(err)
	}
	var number [4]byte
	_, _ = rand.Read(number[:])
	address := fmt.Sprintf("127.%d.%d.%d", 128+number[0]%64, number[1], 1+number[2]%254)
	m := &metadata{view: imds.View{
		InstanceID: fmt.Sprintf("i-0%x", number), LaunchIndex: 2, Region: "eu-central-1", Zone: "eu-central-1a",
		PrivateIP: address, PrivateDNS: "ip-" + strings.ReplaceAll(address, ".", "-") + ".eu-central-1.compute.internal",
		TagsEnabled: true, Tags: map[string]string{channel.GroupTag: "web"},
	}}
	i := &instance{t: t, metadata: m, spec: machine.Spec{
		Directory: t.TempDir(), UserData: encoded, Metadata: m, Shell: sh, KernelNoise: 10_000,
	}}
	i.set("ec2_busy=2 ec2_idle=15 ec2_soon=5", "ec2_busy=1 ec2_idle=2 ec2_soon=1")
	return i
}

// script returns what is packed in the user data.
func (i *instance) script() string {
	i.t.Helper()
	reader, err := gzip.NewReader(bytes.NewReader(i.spec.UserData))
	if err != nil {
		i.t.Fatal(err)
	}
	script, err := io.ReadAll(reader)
	if err != nil {
		i.t.Fatal(err)
	}
	return string(script)
}

// set replaces text of the program that the user data installs.
func (i *instance) set(old, replacement string) {
	i.t.Helper()
	script := i.script()
	if strings.Count(script, old) != 1 {
		i.t.Fatalf("%q is not in the user data, or not once", old)
	}
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	if _, err := io.WriteString(writer, strings.Replace(script, old, replacement, 1)); err != nil {
		i.t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		i.t.Fatal(err)
	}
	i.spec.UserData = packed.Bytes()
}

func launch(t testing.TB, sh machine.Shell, u channel.UserData) *instance {
	t.Helper()
	i := newInstance(t, sh, u)
	i.start()
	return i
}

func (i *instance) start() {
	i.t.Helper()
	m, err := machine.Start(i.spec)
	if err != nil {
		i.t.Fatal(err)
	}
	i.Machine = m
	i.t.Cleanup(func() {
		if err := m.Stop(); err != nil {
			i.t.Errorf("stopping the instance: %v", err)
		}
		if i.t.Failed() {
			i.t.Logf("console:\n%s\nlog:\n%s", m.Console(), i.read("/var/log/muster.log"))
		}
	})
}

// read returns a file of the instance; empty where there is none.
func (i *instance) read(path string) string {
	content, _ := os.ReadFile(filepath.Join(i.Root(), path))
	return string(content)
}

func (i *instance) exists(path string) bool {
	_, err := os.Lstat(filepath.Join(i.Root(), path))
	return err == nil
}

// tag puts tags on the instance.
func (i *instance) tag(tags map[string]string) {
	i.metadata.set(func(view *imds.View) { maps.Copy(view.Tags, tags) })
}

func (i *instance) deliver(d boot.Delivery) {
	i.t.Helper()
	tags, err := channel.DeliveryTags(d, 20)
	if err != nil {
		i.t.Fatal(err)
	}
	i.tag(tags)
}

// write puts a file into the instance's disk before it is started.
func (i *instance) write(path, content string) {
	i.t.Helper()
	if i.spec.Image == "" {
		i.spec.Image = i.t.TempDir()
	}
	if err := os.MkdirAll(filepath.Join(i.spec.Image, filepath.Dir(path)), 0o755); err != nil {
		i.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(i.spec.Image, path), []byte(content), 0o755); err != nil {
		i.t.Fatal(err)
	}
	// Root of the instance may be another user here.
	for directory := filepath.Dir(path); directory != "/"; directory = filepath.Dir(directory) {
		if err := os.Chmod(filepath.Join(i.spec.Image, directory), 0o777); err != nil {
			i.t.Fatal(err)
		}
	}
}

// only gives the instance no programs but these, each with the path that it has there.
func (i *instance) only(programs map[string]string) {
	i.t.Helper()
	i.write("/opt/tools/true", "#!/bin/sh\n")
	for name, path := range programs {
		if err := os.Symlink(path, filepath.Join(i.spec.Image, "/opt/tools", name)); err != nil {
			i.t.Fatal(err)
		}
	}
	i.spec.Environment = append(i.spec.Environment, "PATH=/opt/tools")
}

// programs returns the programs of these names in /bin.
func programs(names ...string) map[string]string {
	all := map[string]string{}
	for _, name := range names {
		all[name] = "/bin/" + name
	}
	return all
}

// coreutils are the programs that every server has.
func coreutils() []string {
	return strings.Fields("sh env grep head date tee cat chmod mkdir rm mv cp ls mkfifo sed sleep tail tr wc base64 sha256sum gzip sync id setsid")
}

// until waits for done to become true.
func (i *instance) until(what string, done func() bool) {
	i.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := wait.Until(ctx, 10*time.Millisecond, func(context.Context) (bool, error) { return done(), nil })
	if err != nil {
		i.t.Fatalf("waiting until %s: %v; the report is %+v", what, err, i.report())
	}
}

// sight reads the console as the provider does.
func (i *instance) sight() channel.Sighting {
	i.t.Helper()
	sighting := channel.ParseConsole(i.Console(), i.token, outputKey())
	i.token = sighting.Token
	return sighting
}

// report returns the newest report on the console.
func (i *instance) report() boot.Report {
	if report := i.sight().Report; report != nil {
		return *report
	}
	return boot.Report{}
}

func (i *instance) untilReport(what string, done func(boot.Report) bool) boot.Report {
	i.t.Helper()
	var report boot.Report
	i.until(what, func() bool {
		report = i.report()
		return done(report)
	})
	return report
}

func (i *instance) untilStatus(status boot.Status) boot.Report {
	i.t.Helper()
	return i.untilReport("the status is "+status.String(), func(r boot.Report) bool { return r.Status == status })
}

func (i *instance) untilApplied(revision int) boot.Report {
	i.t.Helper()
	return i.untilReport(fmt.Sprintf("revision %d is applied", revision), func(r boot.Report) bool { return r.Applied == revision })
}

func (i *instance) untilWaiting(name string) {
	i.t.Helper()
	i.untilReport("it waits for "+name, func(r boot.Report) bool { return len(r.Waiting) == 1 && r.Waiting[0] == name })
}

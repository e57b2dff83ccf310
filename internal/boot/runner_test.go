package boot_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// transport moves documents through files next to the server's directory, and
// keeps every report.
const transport = `
transport_payload() { cat "$TEST_DIR/payload"; }
transport_delivery() {
	if [ -e "$TEST_DIR/delivery" ]; then cat "$TEST_DIR/delivery"; fi
	echo look >>"$TEST_DIR/looks"
}
transport_report() {
	if [ -e "$TEST_DIR/refuse" ]; then echo refused >>"$TEST_DIR/refused"; return 1; fi
	printf %s "$1" >"$TEST_DIR/report.new" && cat "$TEST_DIR/report.new" >>"$TEST_DIR/reports" &&
		mv -f "$TEST_DIR/report.new" "$TEST_DIR/report"
}
transport_log() { cat "$TEST_DIR/console"; }
transport_decommission() { [ -e "$TEST_DIR/decommission" ]; }
transport_start() { echo started >>"$TEST_DIR/starts"; }
`

// shell is a shell that the agent must run under.
type shell struct {
	name string
	// path is the value of PATH; sh is the shell itself, which is found there.
	path, sh string
}

// inEveryShell runs the scenario in dash, bash and busybox.
func inEveryShell(t *testing.T, scenarios map[string]func(t *testing.T, sh shell)) {
	t.Helper()
	for _, name := range []string{"dash", "bash", "busybox"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sh := findShell(t, name)
			for sentence, scenario := range scenarios {
				t.Run(sentence, func(t *testing.T) {
					t.Parallel()
					scenario(t, sh)
				})
			}
		})
	}
}

func findShell(t testing.TB, name string) shell {
	t.Helper()
	program, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("MUSTER_REQUIRE_ALL") == "1" {
			t.Fatalf("the shell %s is required: %v", name, err)
		}
		t.Skipf("the shell %s is missing", name)
	}
	bin := t.TempDir()
	if name == "busybox" {
		// The applets alone: nothing of coreutils may be needed.
		if out, err := exec.Command(program, "--install", "-s", bin).CombinedOutput(); err != nil {
			t.Fatalf("installing busybox: %v\n%s", err, out)
		}
		return shell{name: name, path: bin, sh: filepath.Join(bin, "sh")}
	}
	if err := os.Symlink(program, filepath.Join(bin, "sh")); err != nil {
		t.Fatal(err)
	}
	return shell{name: name, path: bin + ":/usr/bin:/bin", sh: filepath.Join(bin, "sh")}
}

// server is an agent that runs.
type server struct {
	t   testing.TB
	sh  shell
	dir string
	cmd *exec.Cmd
	// ended is closed when the agent has been waited for.
	ended chan struct{}
	env   []string
}

// startServer starts an agent with the payload. It ends with the test, together
// with everything that it has started.
func startServer(t testing.TB, sh shell, payload boot.Payload, env ...string) *server {
	t.Helper()
	s := newServer(t, sh, payload, env...)
	s.start()
	return s
}

func newServer(t testing.TB, sh shell, payload boot.Payload, env ...string) *server {
	t.Helper()
	s := &server{t: t, sh: sh, dir: t.TempDir(), env: env}
	s.write("payload", payload.Encode())
	s.write("agent.sh", []byte(boot.Agent(transport)))
	return s
}

func (s *server) start() {
	s.t.Helper()
	console, err := os.OpenFile(s.file("console"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer console.Close()
	s.cmd = exec.Command(s.sh.sh, s.file("agent.sh"))
	s.cmd.Stdout, s.cmd.Stderr = console, console
	s.cmd.Env = append([]string{
		"PATH=" + s.sh.path, "MUSTER_SH=" + s.sh.sh, "TEST_DIR=" + s.dir, "MUSTER_RUN=" + s.file("run"),
		"MUSTER_SERVER_ID=srv-1", "MUSTER_GROUP=web", "MUSTER_SLOT=0", "MUSTER_MEMBER=web-0", "MUSTER_PRIVATE_IP=127.8.0.1",
	}, s.env...)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.ended = make(chan struct{})
	go func(cmd *exec.Cmd, ended chan struct{}) {
		_ = cmd.Wait()
		close(ended)
	}(s.cmd, s.ended)
	s.t.Cleanup(s.stop)
}

// stop kills the agent's process group and waits until nothing of it runs.
func (s *server) stop() {
	group := s.cmd.Process.Pid
	_ = syscall.Kill(-group, syscall.SIGKILL)
	<-s.ended
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err := wait.Until(ctx, time.Millisecond, func(context.Context) (bool, error) {
		return len(runningIn(group)) == 0, nil
	})
	if err != nil {
		s.t.Errorf("processes %v are left", runningIn(group))
	}
	if s.t.Failed() {
		s.t.Logf("console:\n%s\nreport:\n%s", s.read("console"), s.read("report"))
	}
}

// runningIn lists the processes of the group that are no zombies.
func runningIn(group int) []int {
	var running []int
	for _, pid := range processes() {
		fields := statFields(pid)
		if len(fields) > 2 && fields[2] == strconv.Itoa(group) && fields[0] != "Z" {
			running = append(running, pid)
		}
	}
	return running
}

// statFields returns the fields of proc_pid_stat(5) after the program's name: state,
// parent, group, and so on; none where there is no such process.
func statFields(pid int) []string {
	stat := readProcess(pid, "stat")
	return strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
}

func processes() []int {
	var pids []int
	directories, _ := filepath.Glob("/proc/[0-9]*")
	for _, directory := range directories {
		if pid, err := strconv.Atoi(filepath.Base(directory)); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// readProcess returns a file of the process; empty where it has ended.
func readProcess(pid int, name string) string {
	content, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), name))
	return string(content)
}

func (s *server) file(name string) string { return filepath.Join(s.dir, name) }

// write puts a file in place in one step.
func (s *server) write(name string, content []byte) {
	s.t.Helper()
	if err := os.WriteFile(s.file(name+".tmp"), content, 0o600); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Rename(s.file(name+".tmp"), s.file(name)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) exists(name string) bool {
	_, err := os.Lstat(s.file(name))
	return err == nil
}

func (s *server) read(name string) string {
	s.t.Helper()
	content, err := os.ReadFile(s.file(name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.t.Fatal(err)
	}
	return string(content)
}

// wake writes lines to the agent's FIFO, if an agent reads it.
func (s *server) wake(lines ...string) {
	s.t.Helper()
	fifo, err := os.OpenFile(s.file("run/wake"), os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENXIO) {
		return
	}
	if err != nil {
		s.t.Fatal(err)
	}
	defer fifo.Close()
	if _, err := fifo.WriteString(strings.Join(append(lines, "wake"), "\n") + "\n"); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) deliver(d boot.Delivery) {
	s.t.Helper()
	s.write("delivery", d.Encode())
	s.wake()
}

// untilSeen waits until the agent has looked at the delivery that is there now. A
// first look may have begun before it was there.
func (s *server) untilSeen() {
	s.t.Helper()
	for range 2 {
		looks := s.read("looks")
		s.wake()
		s.until("the agent has looked", func() bool { return s.read("looks") != looks })
	}
}

// until waits for done to become true.
func (s *server) until(what string, done func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	err := wait.Until(ctx, 2*time.Millisecond, func(context.Context) (bool, error) { return done(), nil })
	if err != nil {
		s.t.Fatalf("waiting until %s: %v\nconsole:\n%s\nreport:\n%s", what, err, s.read("console"), s.read("report"))
	}
}

// report returns the newest report.
func (s *server) report() boot.Report {
	s.t.Helper()
	encoded := s.read("report")
	if encoded == "" {
		return boot.Report{}
	}
	report, err := boot.ParseReport([]byte(encoded))
	if err != nil {
		s.t.Fatalf("%v\n%s", err, encoded)
	}
	return report
}

// reports returns every report that was ever stored.
func (s *server) reports() []boot.Report {
	s.t.Helper()
	var reports []boot.Report
	for encoded := range strings.SplitSeq(strings.TrimSuffix(s.read("reports"), "\nend\n"), "\nend\n") {
		report, err := boot.ParseReport([]byte(encoded + "\nend\n"))
		if err != nil {
			s.t.Fatalf("%v\n%s", err, encoded)
		}
		reports = append(reports, report)
	}
	return reports
}

func (s *server) untilReport(what string, done func(boot.Report) bool) boot.Report {
	s.t.Helper()
	var report boot.Report
	s.until(what, func() bool {
		report = s.report()
		return done(report)
	})
	return report
}

func (s *server) untilStatus(status boot.Status) boot.Report {
	s.t.Helper()
	return s.untilReport("the status is "+status.String(), func(r boot.Report) bool { return r.Status == status })
}

func (s *server) untilApplied(revision int) boot.Report {
	s.t.Helper()
	return s.untilReport(fmt.Sprintf("revision %d is applied", revision), func(r boot.Report) bool { return r.Applied == revision })
}

func (s *server) untilWaiting(names ...string) {
	s.t.Helper()
	s.untilReport(fmt.Sprintf("it waits for %v", names), func(r boot.Report) bool {
		return r.Status == boot.StatusWaiting && strings.Join(r.Waiting, " ") == strings.Join(names, " ")
	})
}

func (s *server) untilFile(name string) string {
	s.t.Helper()
	s.until("there is a file "+name, func() bool { return s.exists(name) })
	return s.read(name)
}

// openGate lets a script go on that reads a line from the FIFO "gate".
func (s *server) openGate() {
	s.t.Helper()
	s.until("a script is at the gate", func() bool {
		fifo, err := os.OpenFile(s.file("gate"), os.O_WRONLY|syscall.O_NONBLOCK, 0)
		if err != nil {
			return false
		}
		defer fifo.Close()
		_, err = fifo.WriteString("go\n")
		return err == nil
	})
}

// muster runs the command as a program of the server would, in an environment of
// which nothing is left.
func (s *server) muster(input string, args ...string) (stdout, stderr string, code int) {
	s.t.Helper()
	s.untilFile("report")
	cmd := exec.Command(s.file("run/bin/muster"), args...)
	cmd.Env = []string{}
	cmd.Dir = "/"
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &out, &errs
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// payload returns the payload of a configuration with these scripts.
func payload(bootScript, updateScript string, parameters map[string]boot.Parameter, outputs ...string) boot.Payload {
	configuration := boot.Configuration{
		Name: "web", BootScript: bootScript, UpdateScript: updateScript,
		Parameters: parameters, Outputs: map[string]boot.Output{},
	}
	for _, name := range outputs {
		configuration.Outputs[name] = boot.Output{Type: boot.TypeString}
	}
	return boot.Payload{Group: "web", Configuration: configuration}
}

func deferred(requirement boot.Requirement) boot.Parameter {
	return boot.Parameter{Type: boot.TypeString, Deferred: true, RequiredFor: requirement}
}

func secret(requirement boot.Requirement) boot.Parameter {
	p := deferred(requirement)
	p.Sensitive = true
	return p
}

func known(value string) boot.Parameter {
	return boot.Parameter{Type: boot.TypeString, RequiredFor: boot.RequiredForBoot, Default: &value}
}

type parameters = map[string]boot.Parameter

// delivery returns the delivery of the revision in which every value is new.
func delivery(revision int, values map[string]string) boot.Delivery {
	d := boot.Delivery{Revision: revision, Values: map[string]boot.Value{}}
	for name, text := range values {
		d.Values[name] = boot.Value{Text: text, Since: revision}
	}
	return d
}

func events(r boot.Report) []string {
	var what []string
	for _, event := range r.Events {
		what = append(what, event.What)
	}
	return what
}

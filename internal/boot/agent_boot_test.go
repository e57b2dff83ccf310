package boot_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// awkwardValues are values that a careless shell program would change.
func awkwardValues() map[string]string {
	var every strings.Builder
	for c := 1; c < 256; c++ {
		every.WriteByte(byte(c))
	}
	return map[string]string{
		"empty":      "",
		"newlines":   "\n\na\n\nb\n\n\n",
		"quotes":     `it's "quoted" '\'' '"'"'`,
		"backslash":  `\n \\ \0 \c %s %n \`,
		"expansion":  "$(touch hacked) `touch hacked` $HOME ${x} $((1+1)) *;?[a]~ & | > <",
		"spaces":     "  two  \t tabs\t ",
		"dash":       "-",
		"colon":      ":",
		"as_it_is":   "10.0.0.1:80,db_1@x/y+z=-",
		"option":     "-n -e",
		"every_byte": every.String(),
		"high_end":   "a\xff\xc3",
		"largest":    strings.Repeat("0123456789abcde\n", boot.MaxValueBytes/16),
		"LC_ALL":     "C.UTF-8",
		"name":       "a name that the agent uses too",
		"file":       "another",
	}
}

func TestAgent_boot(t *testing.T) {
	t.Parallel()
	inEveryShell(t, map[string]func(*testing.T, shell){
		"a server without parameters is ready when its boot script has ended": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("echo booted >out", "", nil))
			got := s.untilStatus(boot.StatusReady)
			if diff := cmp.Diff([]string{"booting", "script started", "ready"}, events(got)); diff != "" {
				t.Error(diff)
			}
			if len(got.Boot) != 36 || got.Received != 0 || got.Applied != 0 || got.Waiting != nil {
				t.Errorf("got %+v", got)
			}
			if !slices.IsSortedFunc(got.Events, func(a, b boot.Event) int { return int(a.Uptime - b.Uptime) }) || got.Events[0].Uptime == 0 {
				t.Errorf("got events %v", got.Events)
			}
			if s.read("out") != "booted\n" {
				t.Error("the script didn't run in the parent of MUSTER_RUN")
			}
			if s.reports()[0].Status != boot.StatusBooting {
				t.Error("the first report isn't booting")
			}
			if s.read("starts") != "started\n" {
				t.Error("transport_start was not called once")
			}
		},
		"known values are in the environment byte for byte": func(t *testing.T, sh shell) {
			declared := parameters{}
			for name, value := range awkwardValues() {
				declared[name] = known(value)
			}
			p := payload("env -0 >env.tmp && mv env.tmp env", "", declared)
			if sh.name == "busybox" {
				p.Configuration.BootScript = "cat /proc/$$/environ >env.tmp && mv env.tmp env"
			}
			checkEnvironment(t, startServer(t, sh, p), awkwardValues())
		},
		"values required for boot are in the environment byte for byte": func(t *testing.T, sh shell) {
			declared := parameters{}
			for name := range awkwardValues() {
				declared[name] = deferred(boot.RequiredForBoot)
			}
			s := startServer(t, sh, payload("cat /proc/$$/environ >env.tmp && mv env.tmp env", "", declared))
			s.deliver(delivery(1, awkwardValues()))
			checkEnvironment(t, s, awkwardValues())
		},
		"a given value wins over the default": func(t *testing.T, sh shell) {
			p := payload(`echo "$port $zone" >out`, "", parameters{"port": known("80"), "zone": known("a")})
			p.Parameters = map[string]string{"port": "8080"}
			s := startServer(t, sh, p)
			s.untilStatus(boot.StatusReady)
			if got := s.read("out"); got != "8080 a\n" {
				t.Errorf("got %q", got)
			}
		},
		"values not required for boot are never in the environment": func(t *testing.T, sh shell) {
			s := newServer(t, sh, payload(`echo "${a-unset} ${b-unset}" >out`, "", parameters{
				"a": deferred(boot.RequiredForReady), "b": deferred(boot.RequiredForNothing),
			}))
			s.deliver(delivery(1, map[string]string{"a": "1", "b": "2"}))
			s.start()
			s.untilStatus(boot.StatusReady)
			if got := s.read("out"); got != "unset unset\n" {
				t.Errorf("got %q", got)
			}
		},
		"facts, path, locale, mask and descriptors are as a script expects them": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload(`
				echo "$MUSTER_SERVER_ID $MUSTER_GROUP $MUSTER_SLOT $MUSTER_MEMBER $MUSTER_PRIVATE_IP" >out
				echo "${LC_ALL-unset} $(umask)" >>out
				command -v muster >>out
				ls -l /proc/$$/fd >fds
				read -r line || echo "no input" >>out`, "", nil))
			s.untilStatus(boot.StatusReady)
			want := "srv-1 web 0 web-0 127.8.0.1\nunset 0022\n" + s.file("run/bin/muster") + "\nno input\n"
			if diff := cmp.Diff(want, strings.ReplaceAll(s.read("out"), " 022\n", " 0022\n")); diff != "" {
				t.Error(diff)
			}
			for _, kept := range []string{"/run/wake", "/run/published"} {
				if strings.Contains(s.read("fds"), s.dir+kept) {
					t.Errorf("%s is open in the script:\n%s", kept, s.read("fds"))
				}
			}
		},
		"the locale of the hosting service is the scripts' again": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload(`echo "$LC_ALL" >out`, "", nil), "LC_ALL=C.UTF-8")
			s.untilStatus(boot.StatusReady)
			if got := s.read("out"); got != "C.UTF-8\n" {
				t.Errorf("got %q", got)
			}
		},
		"a script with an interpreter line runs in that interpreter, in MUSTER_HOME": func(t *testing.T, sh shell) {
			home := t.TempDir()
			interpreter := filepath.Join(home, "interpreter")
			if err := os.WriteFile(interpreter, []byte("#!/bin/sh\necho \"$@\" >out\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			s := startServer(t, sh, payload("#!"+interpreter+" first\nnonsense", "", nil), "MUSTER_HOME="+home)
			s.untilStatus(boot.StatusReady)
			got, err := os.ReadFile(filepath.Join(home, "out"))
			if want := "first " + s.file("run/scripts/boot") + "\n"; err != nil || string(got) != want {
				t.Errorf("got %q, %v, want %q", got, err, want)
			}
		},
		"what the agent keeps is its own": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("printf x | muster output set o", "", parameters{"a": deferred(boot.RequiredForBoot)}, "o"))
			s.deliver(delivery(1, map[string]string{"a": "1"}))
			s.untilStatus(boot.StatusReady)
			for name, want := range map[string]os.FileMode{
				"run/values": 0o700, "run/values/a": 0o600, "run/outputs/o": 0o600, "run/wake": 0o600, "run/scripts/boot": 0o700, "run/delivery": 0o600,
			} {
				info, err := os.Stat(s.file(name))
				if err != nil || info.Mode().Perm() != want {
					t.Errorf("%s: got %v, %v, want %v", name, info.Mode().Perm(), err, want)
				}
			}
		},
		"the script starts when what it requires has arrived": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload(`echo "$a$b" >out`, "", parameters{
				"b": deferred(boot.RequiredForBoot), "a": deferred(boot.RequiredForBoot), "c": deferred(boot.RequiredForNothing),
			}))
			s.untilWaiting("a", "b")
			s.deliver(delivery(1, map[string]string{"a": "1"}))
			s.untilWaiting("b")
			if s.read("out") != "" {
				t.Fatal("the script has started too early")
			}
			s.deliver(boot.Delivery{Revision: 2, Values: map[string]boot.Value{"a": {Text: "1", Since: 1}, "b": {Text: "2", Since: 2}}})
			got := s.untilStatus(boot.StatusReady)
			want := []string{"booting", "waiting a", "waiting b", "received a", "received b", "script started", "ready"}
			if diff := cmp.Diff(want, events(got)); diff != "" {
				t.Error(diff)
			}
			if s.read("out") != "12\n" || got.Received != 2 || got.Applied != 2 {
				t.Errorf("got %q, %+v", s.read("out"), got)
			}
		},
		"a value required for ready holds the status up, not the script": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("echo booted >out", "", parameters{
				"r": deferred(boot.RequiredForReady), "n": deferred(boot.RequiredForNothing),
			}))
			s.untilWaiting("r")
			if s.untilFile("out") != "booted\n" {
				t.Error("the script didn't run")
			}
			s.deliver(delivery(1, map[string]string{"n": "1"}))
			if got := s.untilReport("it is received", func(r boot.Report) bool { return r.Received == 1 }); got.Applied != 0 || got.Status != boot.StatusWaiting {
				t.Errorf("got %+v", got)
			}
			s.deliver(delivery(2, map[string]string{"n": "1", "r": "2"}))
			if got := s.untilStatus(boot.StatusReady); got.Applied != 2 {
				t.Errorf("got %+v", got)
			}
		},
		"a sensitive value known at launch comes by delivery": func(t *testing.T, sh shell) {
			p := payload(`echo "$key" >out`, "", parameters{"key": {Type: boot.TypeString, Sensitive: true, RequiredFor: boot.RequiredForBoot}})
			p.Parameters = map[string]string{"key": "never in a payload"}
			s := startServer(t, sh, p)
			s.untilWaiting("key")
			s.deliver(delivery(1, map[string]string{"key": "k"}))
			s.untilStatus(boot.StatusReady)
			if got := s.read("out"); got != "k\n" {
				t.Errorf("got %q", got)
			}
		},
		"a reboot runs the boot script again, with the values at once": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("echo $a >>out; echo 1 | muster output set o; muster param get b --timeout 0 >>out\nread -r line <gate", "", parameters{
				"a": deferred(boot.RequiredForBoot), "b": deferred(boot.RequiredForNothing),
			}, "o"))
			if err := syscall.Mkfifo(s.file("gate"), 0o600); err != nil {
				t.Fatal(err)
			}
			s.deliver(delivery(1, map[string]string{"a": "A", "b": "B"}))
			s.openGate()
			first := s.untilStatus(boot.StatusReady)
			s.stop()
			for _, left := range []string{"waiters/b.1", "values/stale", "outputs/stale"} {
				s.write("run/"+left, []byte("output stale -\n"))
			}
			s.start()
			second := s.untilReport("it has booted again", func(r boot.Report) bool { return r.Boot != first.Boot && r.Outputs != nil })
			if second.Status != boot.StatusBooting || second.Applied != 0 || second.Received != 1 || len(second.Outputs) != 1 {
				t.Errorf("got %+v", second)
			}
			s.openGate()
			s.untilStatus(boot.StatusReady)
			if got := s.read("out"); got != "A\nBA\nB" {
				t.Errorf("got %q", got)
			}
		},
		"the end of the agent is prompt": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("sleep 60", "", nil))
			s.untilStatus(boot.StatusBooting)
			if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			s.until("the agent has ended", func() bool {
				select {
				case <-s.ended:
					return true
				default:
					return false
				}
			})
			// Nobody reads the FIFO any more; that blocks nobody.
			for range 3 {
				s.muster("", "output", "set", "none")
			}
		},
	})
}

func checkEnvironment(t *testing.T, s *server, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	for entry := range strings.SplitSeq(s.untilFile("env"), "\x00") {
		name, value, _ := strings.Cut(entry, "=")
		if _, ok := want[name]; ok {
			got[name] = value
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if s.read("hacked") != "" {
		t.Error("a value was run")
	}
	s.untilStatus(boot.StatusReady)
}

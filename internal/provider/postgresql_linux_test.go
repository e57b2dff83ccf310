package provider_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/leftover"
)

const (
	postgresqlBin = "/usr/lib/postgresql/15/bin"
	// relayPort is where a standby's relay listens on the local hosting service.
	relayPort = "6432"
)

// postgresql is the example of that name, unchanged, in a workspace.
type postgresql struct {
	*watch
	psql string
	// passwords are those of replication that there have been, the newest last.
	passwords []string
}

func newPostgreSQL(t *testing.T, w *acctest.Workspace) *postgresql {
	t.Helper()
	acctest.Program(t, "haproxy")
	p := &postgresql{psql: acctest.Program(t, filepath.Join(postgresqlBin, "psql"))}
	if err := os.CopyFS(w.Path(""), os.DirFS(filepath.Join(examplesDirectory, "postgresql"))); err != nil {
		t.Fatal(err)
	}
	p.watch = newWatch(t, w, nil)
	createFile(t, p.programs)
	if err := os.Chmod(p.programs, 0o666); err != nil {
		t.Fatal(err)
	}
	w.Setenv("TF_VAR_postgresql_bin", watchedPrograms(t, p.programs, postgresqlBin))
	return p
}

// apply applies the example and looks for the passwords everywhere, also for those that
// exist only since.
func (p *postgresql) apply() {
	p.t.Helper()
	p.watch.apply()
	superuser, replication := p.secretOf("primary-0", "superuser.pgpass"), p.secretOf("standby-0", p.passwordFile())
	if want := acctest.Member(p.t, p.w.Directory(), "primary-0").File(p.t, "replication.password"); replication != want {
		p.t.Errorf("the standby has the password %q, want %q", replication, want)
	}
	if !slices.Contains(p.passwords, replication) {
		p.passwords = append(p.passwords, replication)
	}
	p.learn(superuser, replication)
	p.lookAround()
}

// secretOf returns the password in a password file of a member.
func (p *postgresql) secretOf(key, file string) string {
	p.t.Helper()
	line := strings.TrimSpace(acctest.Member(p.t, p.w.Directory(), key).File(p.t, file))
	secret := line[strings.LastIndex(line, ":")+1:]
	if len(secret) != 32 {
		p.t.Fatalf("%s of %s has the password %q", file, key, secret)
	}
	return secret
}

// passwordFile returns the name of the file in which the standby keeps the password of
// replication; those of earlier ones are gone.
func (p *postgresql) passwordFile() string {
	p.t.Helper()
	found, err := filepath.Glob(filepath.Join(p.home("standby-0"), "replication.pgpass.*"))
	if err != nil || len(found) != 1 {
		p.t.Fatalf("the standby has the password files %q: %v", found, err)
	}
	return filepath.Base(found[0])
}

// home returns the directory in which the scripts of a member run.
func (p *postgresql) home(key string) string {
	p.t.Helper()
	return filepath.Join(p.w.Directory(), "default", "servers", acctest.Member(p.t, p.w.Directory(), key).ID, "home")
}

// address returns the address of a member.
func (p *postgresql) address(key string) string {
	p.t.Helper()
	var members map[string]struct {
		PrivateIP string `json:"private_ip"`
	}
	group, _, _ := strings.Cut(key, "-")
	p.w.Attribute(groupAddress(group), "members", &members)
	return members[key].PrivateIP
}

// query runs a statement on a member and returns what it yields, or what is said about
// it. The superuser of the primary is that of its standbys.
func (p *postgresql) query(key, statement string) string {
	p.t.Helper()
	return p.connect("postgres", "-c", statement,
		"PGHOST="+p.address(key), "PGUSER=postgres", "PGPASSFILE="+filepath.Join(p.home("primary-0"), "superuser.pgpass"))
}

// replicate asks the server at an address for replication, with a password of its role.
func (p *postgresql) replicate(address, port, password string) string {
	p.t.Helper()
	return p.connect("replication=true", "-c", "IDENTIFY_SYSTEM",
		"PGHOST="+address, "PGPORT="+port, "PGUSER=replicator", "PGPASSWORD="+password)
}

func (p *postgresql) connect(database, option, statement string, environment ...string) string {
	p.t.Helper()
	command := exec.CommandContext(p.t.Context(), p.psql, "-X", "-w", "-q", "-A", "-t", option, statement, database)
	command.Env = append(os.Environ(), environment...)
	output, _ := command.CombinedOutput()
	return strings.TrimSpace(string(output))
}

// expectReplication writes a row on the primary and expects it on the standby, which is
// served at its own address.
func (p *postgresql) expectReplication(row string) {
	p.t.Helper()
	if said := p.query("primary-0", "CREATE TABLE IF NOT EXISTS visit (name text); INSERT INTO visit VALUES ('"+row+"')"); strings.Contains(said, "ERROR") {
		p.t.Fatalf("writing a row on the primary: %s", said)
	}
	acctest.Await(p.t, "the row "+row+" arrives at the standby", func() bool {
		return p.query("standby-0", "SELECT count(*) FROM visit WHERE name = '"+row+"'") == "1"
	})
	got := p.query("primary-0", "SELECT application_name, client_addr, usename, state FROM pg_stat_replication")
	if want := "standby-0|" + p.address("standby-0") + "|replicator|streaming"; got != want {
		p.t.Errorf("the primary replicates to %q, want %q", got, want)
	}
	if got := p.query("standby-0", "SELECT pg_is_in_recovery()"); got != "t" {
		p.t.Errorf("that the standby is one: %q, want t", got)
	}
}

// expectAdmission expects the primary to admit for replication the standby with its
// newest password, and else nobody.
func (p *postgresql) expectAdmission() {
	p.t.Helper()
	standby, newest := p.address("standby-0"), len(p.passwords)-1
	for i, password := range p.passwords {
		said := p.replicate(standby, relayPort, password)
		if failed := strings.Contains(said, "password authentication failed"); failed != (i < newest) {
			p.t.Errorf("with password %d of %d, the primary says to the standby: %q", i+1, newest+1, said)
		}
	}
	said := p.replicate(p.address("primary-0"), "5432", p.passwords[newest])
	if want := `no pg_hba.conf entry for replication connection from host "127.0.0.1", user "replicator"`; !strings.Contains(said, want) {
		p.t.Errorf("to another address the primary says %q, want %q", said, want)
	}
}

// expectKept expects a password of replication to be in the one file of each server that
// keeps it, which nobody else may read.
func (p *postgresql) expectKept(password string) {
	p.t.Helper()
	var got []string
	for _, key := range []string{"primary-0", "standby-0"} {
		home := p.home(key)
		err := filepath.WalkDir(home, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return ignoreGone(err)
			}
			content, err := os.ReadFile(path)
			if err != nil || !bytes.Contains(content, []byte(password)) {
				return ignoreGone(err)
			}
			info, err := entry.Info()
			if err == nil {
				got = append(got, fmt.Sprintf("%s %s %s", key, strings.TrimPrefix(path, home+"/"), info.Mode()))
			}
			return ignoreGone(err)
		})
		if err != nil {
			p.t.Fatal(err)
		}
	}
	want := []string{"primary-0 replication.password -rw-------", "standby-0 " + p.passwordFile() + " -rw-------"}
	if diff := cmp.Diff(want, got); diff != "" {
		p.t.Errorf("files with the password (-want +got):\n%s", diff)
	}
}

// reboot reboots a member and returns when PostgreSQL runs again in it.
func (p *postgresql) reboot(key string) {
	p.t.Helper()
	const started = "SELECT pg_postmaster_start_time()"
	before := p.query(key, started)
	server := acctest.Member(p.t, p.w.Directory(), key)
	if err := syscall.Kill(server.PID, syscall.SIGHUP); err != nil {
		p.t.Fatal(err)
	}
	acctest.Await(p.t, key+" has booted", func() bool {
		now := p.query(key, started)
		return strings.HasPrefix(now, "20") && now != before
	})
	server.AwaitReport(p.t, "status ready")
}

// processes returns the process IDs of the servers' PostgreSQL and relays.
func (p *postgresql) processes() map[string]int {
	p.t.Helper()
	pids := make(map[string]int)
	for key, file := range map[string]string{"primary-0": "data/postmaster.pid", "standby-0": "data/postmaster.pid", "relay": "relay.pid"} {
		member := strings.ReplaceAll(key, "relay", "standby-0")
		first, _, _ := strings.Cut(acctest.Member(p.t, p.w.Directory(), member).File(p.t, file), "\n")
		pid, err := strconv.Atoi(first)
		if err != nil {
			p.t.Fatal(err)
		}
		pids[key] = pid
	}
	return pids
}

// expectEnd destroys the example and expects that nothing of it is left.
func (p *postgresql) expectEnd() {
	p.t.Helper()
	pids := p.processes()
	for what, pid := range pids {
		if !leftover.Running(pid) {
			p.t.Errorf("%s, process %d, doesn't run", what, pid)
		}
	}
	p.said.WriteString(p.w.MustRun("destroy", "-auto-approve"))
	if output := p.said.String(); strings.Contains(output, "Unable to Decommission") {
		p.t.Errorf("the servers don't shut down in good order:\n%s", output)
	}
	p.lookAround()
	for what, pid := range pids {
		if leftover.Running(pid) {
			p.t.Errorf("after the destroy %s, process %d, runs", what, pid)
		}
	}
	if left := acctest.Servers(p.t, p.w.Directory()); len(left) > 0 {
		p.t.Errorf("after the destroy there are servers: %v", left)
	}
}

func TestAccPostgreSQL_replication(t *testing.T) {
	t.Parallel()
	w := acctest.NewUnprivilegedWorkspace(t)
	p := newPostgreSQL(t, w)
	p.apply()
	p.expectReplication("first")
	p.expectAdmission()
	p.expectKept(p.passwords[0])

	// Another password reaches the standby, which connects anew; no server is replaced.
	before := acctest.IDs(t, w.Directory())
	pids := p.processes()
	receiver := p.query("standby-0", "SELECT pid FROM pg_stat_wal_receiver")
	w.Setenv("TF_VAR_password_version", "2")
	expectChanges(t, w.Plan(), map[string]string{
		injectionAddress("password_version"):  "update",
		"muster_server_readiness.replication": "update",
	})
	p.apply()
	if p.passwords[0] == p.passwords[1] {
		t.Error("the password is the same")
	}
	if now := p.query("standby-0", "SELECT pid FROM pg_stat_wal_receiver"); now == receiver {
		t.Errorf("the standby has not connected anew: its receiver is process %s", now)
	}
	p.expectReplication("second")
	p.expectAdmission()
	p.expectKept(p.passwords[1])
	localSite(t, w).expectSurvivors(t, before)
	for _, key := range []string{"primary-0", "standby-0"} {
		if now := p.processes()[key]; now != pids[key] {
			t.Errorf("PostgreSQL on %s was process %d, is %d", key, pids[key], now)
		}
	}

	// Servers that are rebooted go on with what they have.
	p.reboot("primary-0")
	p.reboot("standby-0")
	w.ExpectNothingToDo()
	p.expectReplication("third")

	// A lost standby is replaced by another, which the primary admits in its place.
	acctest.Member(t, w.Directory(), "standby-0").Kill(t)
	p.apply()
	localSite(t, w).expectSurvivors(t, before, "standby-0")
	p.expectReplication("fourth")
	p.expectAdmission()

	p.expectEnd()
	for _, exposure := range p.exposures() {
		t.Error(exposure)
	}
	t.Logf("looked at %s", p.watch)
}

func TestAccPostgreSQL_asRoot(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	p := newPostgreSQL(t, w)
	command := w.Command(t.Context(), "apply", "-auto-approve")
	if os.Geteuid() != 0 {
		command.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		}
	}
	output, err := command.CombinedOutput()
	if err == nil {
		t.Error("the apply succeeds")
	}
	want := "boot script exited with exit code 1; the end of its log: PostgreSQL refuses to run as root: run terraform as a user who isn't root"
	if !message(want).Match(output) {
		t.Errorf("the apply doesn't say %q:\n%s", want, output)
	}
	p.lookAround()
}

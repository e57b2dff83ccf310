package provider_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// watchPace is the pause between two looks at the arguments of all processes.
const watchPace = 2 * time.Millisecond

var (
	// keepers are the files of the state directory that may hold a secret, and may be
	// read by nobody else: the ledger, what is on its way to a server or has arrived
	// there, what a server publishes, and what its scripts print.
	keepers = regexp.MustCompile(`^\.muster/default/(groups/[a-z]+\.json|servers/srv-[0-9a-f]+/(delivery|report|console\.log|run/(delivery|(values|secrets|outputs)/.*)))$`)
	// homes are what scripts write with whatever umask they have; nobody else can look
	// into a server's directory.
	homes = regexp.MustCompile(`^\.muster/default/servers/srv-[0-9a-f]+/home/`)
)

// watch looks for canaries: all the time in the arguments of every process, in those
// of every program that a script or the agent runs, however short, and when it is
// told to in every file of a workspace and in what its commands have printed.
type watch struct {
	t *testing.T
	w *acctest.Workspace
	// forms are the texts to look for: the canaries, and as base64 has them.
	forms [][]byte
	said  bytes.Buffer

	mu sync.Mutex
	// found are the exposures, one for each place.
	found  []string
	places map[string]bool
	// looks counts the looks at all processes, files those at a file.
	looks, files int
	// arguments are the command lines that were looked at, as a set.
	arguments map[string]bool
	// programs is the file of the programs that scripts have run.
	programs string
}

// newWatch starts the look at the processes, which ends with the test. All commands
// of the workspace write a trace log from now on.
func newWatch(t *testing.T, w *acctest.Workspace, canaries []string) *watch {
	t.Helper()
	w.Setenv("TF_LOG", "trace")
	w.Setenv("TF_LOG_PATH", w.Path("trace.log"))
	watch := &watch{t: t, w: w, arguments: make(map[string]bool), places: make(map[string]bool), programs: filepath.Join(t.TempDir(), "programs")}
	w.Setenv("PATH", watchedPrograms(t, watch.programs, "/bin", "/usr/bin")+":"+os.Getenv("PATH"))
	watch.learn(canaries...)
	keepLooking(t, func() bool {
		watch.lookAtProcesses()
		return false
	})
	return watch
}

// keepLooking looks all the time, until it has seen enough or the test ends.
func keepLooking(t *testing.T, look func() (enough bool)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		_ = wait.Until(ctx, watchPace, func(context.Context) (bool, error) { return look(), nil })
	})
	t.Cleanup(func() { cancel(); done.Wait() })
}

// learn makes the watch look for further canaries, also in the arguments that it has
// seen before.
func (w *watch) learn(canaries ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, canary := range canaries {
		w.forms = append(w.forms, []byte(canary))
		w.forms = append(w.forms, base64Forms(canary)...)
	}
	for line := range w.arguments {
		w.noteLocked("the arguments of a process", []byte(line))
	}
}

// watchedPrograms returns a directory with the programs of the places, each of which
// appends its arguments to the file before it does what it does.
func watchedPrograms(t *testing.T, file string, places ...string) string {
	t.Helper()
	directory := t.TempDir()
	for i, place := range places {
		script := fmt.Sprintf("#!/bin/sh\nprintf '%%s ' \"$0\" \"$@\" >>'%s'\nexec \"%s/${0##*/}\" \"$@\"\n", file, place)
		watched := fmt.Sprintf(".watched-%d", i)
		if err := os.WriteFile(filepath.Join(directory, watched), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
		entries, _ := os.ReadDir(place)
		for _, entry := range entries {
			if err := os.Symlink(watched, filepath.Join(directory, entry.Name())); err != nil && !os.IsExist(err) {
				t.Fatal(err)
			}
		}
	}
	return directory
}

// base64Forms returns how the text looks within longer ones: at each of the three
// offsets, without the letters at its ends that depend on what is around it.
func base64Forms(text string) [][]byte {
	var forms [][]byte
	for offset := range 3 {
		encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", offset) + text))
		forms = append(forms, []byte(encoded[4:len(encoded)-3]))
	}
	return forms
}

func (w *watch) lookAtProcesses() {
	paths, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	w.mu.Lock()
	defer w.mu.Unlock()
	w.looks++
	for _, path := range paths {
		line, _ := os.ReadFile(path)
		if len(line) == 0 || w.arguments[string(line)] {
			continue
		}
		w.arguments[string(line)] = true
		w.noteLocked("the arguments of a process", line)
	}
}

// apply makes a plan and applies it, and expects that nothing is left to be done.
func (w *watch) apply() {
	w.t.Helper()
	w.w.Plan()
	w.lookAround()
	w.said.WriteString(w.w.ApplyPlan())
	w.lookAround()
}

// expectFailure makes a plan and expects that its apply fails with the texts. It
// returns the plan.
func (w *watch) expectFailure(texts ...string) acctest.Plan {
	w.t.Helper()
	plan := w.w.Plan()
	w.said.Write(plan.Document)
	w.lookAround()
	result := w.w.Run("apply", "plan")
	w.said.WriteString(result.Output)
	if result.ExitCode == 0 {
		w.t.Errorf("the apply succeeds:\n%s", result.Output)
	}
	for _, text := range texts {
		if !message(text).MatchString(result.Output) {
			w.t.Errorf("the apply doesn't say %q:\n%s", text, result.Output)
		}
	}
	w.lookAround()
	return plan
}

// lookAround looks at all files of the workspace, what its commands have printed, and
// the environments of the servers' supervisors.
func (w *watch) lookAround() {
	w.t.Helper()
	w.note("the output of a command", w.said.Bytes())
	arguments, err := os.ReadFile(w.programs)
	if ignoreGone(err) != nil {
		w.t.Fatal(err)
	}
	w.note("the arguments of a program that a script runs", arguments)
	for _, server := range acctest.Started(w.t, w.w.Directory()) {
		environment, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", server.PID))
		w.note("the environment of the supervisor of "+server.Key, environment)
	}
	root := w.w.Path("")
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return ignoreGone(err)
		}
		name, _ := filepath.Rel(root, path)
		return ignoreGone(w.lookAtFile(name, path))
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// ignoreGone ignores the end of a file that was listed before.
func ignoreGone(err error) error {
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

func (w *watch) lookAtFile(name, path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content))); err == nil {
		content = unzipped(w.t, archive)
	}
	w.mu.Lock()
	w.files++
	w.mu.Unlock()
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	switch {
	case homes.MatchString(name):
		return w.expectPrivate(filepath.Join(w.w.Path(""), homes.FindString(name), ".."))
	case !keepers.MatchString(name):
		w.note(name, content)
	case info.Mode().Perm()&0o077 != 0:
		w.note(fmt.Sprintf("%s, which others may read (%s)", name, info.Mode()), content)
	}
	return nil
}

// expectPrivate expects that nobody else can look into the directory.
func (w *watch) expectPrivate(directory string) error {
	info, err := os.Stat(directory)
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		w.t.Errorf("others may look into %s (%s)", directory, info.Mode())
	}
	return err
}

// note records that the content has a secret, if it has.
func (w *watch) note(place string, content []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.noteLocked(place, content)
}

func (w *watch) noteLocked(place string, content []byte) {
	for _, form := range w.forms {
		at := bytes.Index(content, form)
		if at < 0 || w.places[place] {
			continue
		}
		w.places[place] = true
		w.found = append(w.found, fmt.Sprintf("the secret is in %s: %q", place, content[max(0, at-200):at+len(form)]))
	}
}

// exposures returns what was found, each in a sentence.
func (w *watch) exposures() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.found)
}

// has says whether an exposure with the text was found.
func (w *watch) has(text string) bool {
	return slices.ContainsFunc(w.exposures(), message(text).MatchString)
}

// String says how much was looked at.
func (w *watch) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return fmt.Sprintf("all processes %d times, which had %d different lines of arguments, and at %d files", w.looks, len(w.arguments), w.files)
}

// unzipped returns what the files in a saved plan hold.
func unzipped(t *testing.T, archive *zip.Reader) []byte {
	t.Helper()
	var content bytes.Buffer
	for _, member := range archive.File {
		file, err := member.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&content, file); err != nil {
			t.Fatal(err)
		}
		_ = file.Close()
	}
	return content.Bytes()
}

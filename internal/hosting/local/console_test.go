//go:build linux

package local

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestConsole_keeps_one_older_log(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "console.log")
	console := newConsole(path, 10)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	go console.copy(reader)
	for _, text := range []string{"aaaa", "bbbb", "cccc", "dddd", "eeee", strings.Repeat("f", 12), "gggg"} {
		if _, err := console.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	_ = writer.Close()
	<-console.done
	want := map[string]string{path: "gggg", path + ".1": strings.Repeat("f", 12)}
	for name, content := range want {
		if got, err := os.ReadFile(name); err != nil || string(got) != content {
			t.Errorf("%s holds %q (error %v), want %q", name, got, err, content)
		}
	}
}

func TestConsole_goes_on_where_it_cant_write(t *testing.T) {
	t.Parallel()
	console := newConsole(filepath.Join(t.TempDir(), "missing", "console.log"), 10)
	if written, err := console.Write([]byte("lost")); written != 4 || err != nil {
		t.Errorf("got %d bytes and error %v, want the text to be taken", written, err)
	}
}

package schedule

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"fmt"
	"io/fs"
	"sync"
	"time"
)

//go:generate sh -c "cp \"$(go env GOROOT)/lib/time/zoneinfo.zip\" zoneinfo.zip"

// database is the IANA time zone database as the Go distribution compiles it, release
// 2025c. Package time would look at the machine first, at its files and at ZONEINFO in
// its environment: one machine would then plan what another doesn't.
//
//go:embed zoneinfo.zip
var database []byte

// zones are the files of the database, which are named as their zones. To open it takes
// longer than all else that there is to a schedule.
//
//nolint:gochecknoglobals // It is the same whoever opens it first.
var zones = sync.OnceValues(func() (*zip.Reader, error) {
	return zip.NewReader(bytes.NewReader(database), int64(len(database)))
})

// location returns the time zone of that name, and UTC for none.
func location(name string) (*time.Location, error) {
	if name == "" {
		return time.UTC, nil
	}
	files, err := zones()
	if err != nil {
		return nil, fmt.Errorf("opening the time zone database: %w", err)
	}
	content, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, fmt.Errorf("%q is not a name in the IANA time zone database; write one such as Europe/Berlin or UTC", name)
	}
	found, err := time.LoadLocationFromTZData(name, content)
	if err != nil {
		return nil, fmt.Errorf("reading time zone %s: %w", name, err)
	}
	return found, nil
}

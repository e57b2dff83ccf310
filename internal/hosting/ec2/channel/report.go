package channel

import (
	"crypto/rsa"
	"fmt"
	"maps"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// ParseReportParameter reads the value of the SSM parameter in which a server keeps its
// newest report. Sealed outputs, if there are any, are opened with the key, which may
// be nil. Its errors never quote the value.
func ParseReportParameter(value string, key *rsa.PrivateKey) (boot.Report, error) {
	content, err := unpack(value)
	if err != nil {
		return boot.Report{}, fmt.Errorf("unpacking the report: %w", err)
	}
	m, err := parseMessage(content)
	if err != nil {
		return boot.Report{}, fmt.Errorf("reading the report: %w", err)
	}
	report, err := m.read(key)
	if err != nil {
		return boot.Report{}, fmt.Errorf("reading the report: %w", err)
	}
	return report, nil
}

// ReportTags returns a final report as at most room tags, which everybody may read who
// may describe instances: the outputs that [boot.Report.Sensitive] names are not in it.
// What doesn't fit is left out, in this order: the events, the beginning of the log,
// the outputs (all of them, because a part could be taken for all), the end of the
// failure. It returns nil where even that doesn't fit.
func ReportTags(r boot.Report, room int) map[string]string {
	r.Outputs = maps.Clone(r.Outputs)
	for _, name := range r.Sensitive {
		delete(r.Outputs, name)
	}
	r.Sensitive = nil
	for _, shorten := range []func(*boot.Report) bool{dropEvents, shortenLog, dropOutputs, shortenFailure} {
		for {
			m := manifest{revision: r.Received, kind: kindPlain}
			if tags, _, _ := chunkTags(ReportTag, reportChunk, m, pack(r.Encode()), room); tags != nil {
				return tags
			}
			if !shorten(&r) {
				break
			}
		}
	}
	return nil
}

// Each of these makes a report shorter and reports whether it could.

func dropEvents(r *boot.Report) bool {
	had := r.Events != nil
	r.Events = nil
	return had
}

// shortenLog removes the first half, and the rest of the line that it ends in.
func shortenLog(r *boot.Report) bool {
	if r.LogTail == "" {
		return false
	}
	r.LogTail = r.LogTail[(len(r.LogTail)+1)/2:]
	if _, lines, found := strings.Cut(r.LogTail, "\n"); found {
		r.LogTail = lines
	}
	return true
}

func dropOutputs(r *boot.Report) bool {
	had := r.Outputs != nil
	r.Outputs = nil
	return had
}

func shortenFailure(r *boot.Report) bool {
	had := r.Failure != ""
	r.Failure = strings.TrimSpace(strings.ToValidUTF8(r.Failure[:len(r.Failure)/2], ""))
	return had
}

// ReportOfTags returns the report that [ReportTags] has put into the tags; ok is false
// where there is none, or only a part of it shows yet.
func ReportOfTags(tags map[string]string) (report boot.Report, ok bool) {
	m, ok := parseManifest(tags[ReportTag])
	if !ok {
		return boot.Report{}, false
	}
	text, ok := collectChunks(tags, reportChunk, m)
	if !ok {
		return boot.Report{}, false
	}
	content, err := unpack(text)
	if err != nil {
		return boot.Report{}, false
	}
	report, err = boot.ParseReport(content)
	return report, err == nil
}

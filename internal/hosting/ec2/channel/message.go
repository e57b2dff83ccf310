package channel

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// message is what a server sends:
//
//	muster message 1
//	key PUBLICKEY                 the server's, in base64 of DER
//	sealed PASSPHRASE LINES       sensitive outputs: lines of the report, sealed
//	secret LINES                  the same, in base64, where the channel itself is secret
//	muster report 1
//	…                             the report without those lines
//
// A line that is not known is skipped, so that an older provider reads a newer agent.
type message struct {
	key             *rsa.PublicKey
	wrapped, sealed []byte
	secret          []byte
	report          []byte
}

const messageHeader = "muster message 1\n"

var errMessage = errors.New("malformed message")

// parseMessage reads what unpack returns.
func parseMessage(content []byte) (message, error) {
	rest, found := bytes.CutPrefix(content, []byte(messageHeader))
	if !found {
		return message{}, fmt.Errorf("%w: it is not %q", errMessage, strings.TrimSpace(messageHeader))
	}
	var m message
	for !bytes.HasPrefix(rest, []byte("muster report ")) {
		line, after, more := bytes.Cut(rest, []byte("\n"))
		if !more {
			return message{}, fmt.Errorf("%w: there is no report", errMessage)
		}
		if err := m.parseLine(strings.Split(string(line), " ")); err != nil {
			return message{}, err
		}
		rest = after
	}
	m.report = rest
	return m, nil
}

func (m *message) parseLine(fields []string) (err error) {
	var texts [][]byte
	for _, field := range fields[1:] {
		text, err := base64.StdEncoding.DecodeString(field)
		if err != nil {
			return fmt.Errorf("%w: invalid base64", errMessage)
		}
		texts = append(texts, text)
	}
	switch {
	case fields[0] == "key" && len(texts) == 1:
		m.key, err = parsePublicKey(texts[0])
	case fields[0] == "sealed" && len(texts) == 2:
		m.wrapped, m.sealed = texts[0], texts[1]
	case fields[0] == "secret" && len(texts) == 1:
		m.secret = texts[0]
	}
	return err
}

func parsePublicKey(der []byte) (*rsa.PublicKey, error) {
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, fmt.Errorf("%w: invalid key", errMessage)
	}
	key, ok := parsed.(*rsa.PublicKey)
	if !ok || key.Size() != keyBytes {
		return nil, fmt.Errorf("%w: the key is not one of RSA-2048", errMessage)
	}
	return key, nil
}

// read returns the report with its sensitive outputs, opened with the key. Without a key
// they are left out. Where the key doesn't fit, the report is a failure that says so:
// what needs these outputs would else wait for them in silence.
func (m *message) read(key *rsa.PrivateKey) (boot.Report, error) {
	secret := m.secret
	var sealed error
	if m.sealed != nil && key != nil {
		secret, sealed = unseal(key, m.wrapped, m.sealed)
	}
	report, err := m.readWith(secret)
	if err != nil {
		return boot.Report{}, err
	}
	if sealed != nil {
		report.Status = boot.StatusFailed
		report.Failure = "its sensitive outputs are sealed to another key than the group has; replace the server"
	}
	return report, nil
}

func (m *message) readWith(secret []byte) (boot.Report, error) {
	plain, complete := bytes.CutSuffix(m.report, []byte("end\n"))
	if !complete {
		return boot.Report{}, fmt.Errorf("%w: the report is incomplete", errMessage)
	}
	names, err := secretNames(secret)
	if err != nil {
		return boot.Report{}, err
	}
	report, err := boot.ParseReport(slices.Concat(plain, secret, []byte("end\n")))
	if err != nil {
		return boot.Report{}, err
	}
	report.Sensitive = names
	return report, nil
}

// secretNames returns the names of the outputs in the lines. There is nothing but
// outputs, or the report could be another one than it seems to be.
func secretNames(lines []byte) ([]string, error) {
	var names []string
	for line := range strings.Lines(string(lines)) {
		fields := strings.Split(line, " ")
		if len(fields) != 3 || fields[0] != "output" || !strings.HasSuffix(line, "\n") {
			return nil, fmt.Errorf("%w: a secret is no output", errMessage)
		}
		names = append(names, fields[1])
	}
	slices.Sort(names)
	return names, nil
}

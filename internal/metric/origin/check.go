package origin

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// token is the form of a header's name (RFC 9110, section 5.6.2).
var token = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

// ParseURL returns an http or https URL without user, query and fragment, or says what
// is wrong with it, in words that never quote it: it may hold a password.
func ParseURL(text string, allowLinkLocal bool) (parsed *url.URL, fault string) {
	parsed, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, "is not a valid URL"
	case parsed.Scheme != "http" && parsed.Scheme != "https":
		return nil, "must begin with http:// or https://"
	case parsed.User != nil:
		return nil, "must not hold a user or password, which would show up in logs; use headers"
	case parsed.Hostname() == "":
		return nil, "must name a host"
	case !allowLinkLocal && literalLinkLocal(parsed.Hostname()):
		return nil, "is a link-local address, at which clouds hand out credentials; if that is meant, set allow_link_local = true"
	case parsed.RawQuery != "" || parsed.ForceQuery:
		return nil, "must not have a query string; what is asked belongs into the signal"
	case strings.Contains(text, "#"):
		return nil, "must not have a fragment"
	case Climbs(parsed.Path):
		return nil, `must not have "." or ".." in its path`
	}
	return parsed, ""
}

// CheckHeader says what is wrong with a header, and nothing where nothing is. It never
// quotes the value, which may be a secret.
func CheckHeader(header, value string) (fault string) {
	if !token.MatchString(header) {
		return "is not a valid name of a header"
	}
	switch http.CanonicalHeaderKey(header) {
	case "Host", "Content-Length", "Transfer-Encoding", "Connection", "Accept-Encoding":
		return fmt.Sprintf("%s is set by the client itself; remove it", header)
	}
	return CheckValue(value)
}

// CheckValue says what is wrong with the value of a header.
func CheckValue(value string) (fault string) {
	for _, char := range []byte(value) {
		if char < ' ' && char != '\t' || char == 0x7f {
			return "has a control character, for example a line break, in its value"
		}
	}
	return ""
}

// Climbs reports whether a decoded path has a segment that leads upwards, or one that a
// server might take for such.
func Climbs(path string) bool {
	for segment := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '/' || r == '\\' }) {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

package awsclient

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	accountID = regexp.MustCompile(`^[0-9]{12}$`)
	roleARN   = regexp.MustCompile(`^arn:[a-z0-9-]+:iam::[0-9]{12}:role/.+$`)
)

// Bounds of a role's session, from the STS API reference, AssumeRole.
const (
	shortestSession = 15 * time.Minute
	longestSession  = 12 * time.Hour
)

// Check returns a [*ConfigError] with what is wrong with the options whatever the
// environment and the files say. It does no I/O.
func (o Options) Check() error {
	var faults []Fault
	add := func(message string, path ...string) {
		if message != "" {
			faults = append(faults, Fault{Path: path, Message: message})
		}
	}
	o.checkKeys(add)
	o.checkAccounts(add)
	for i, role := range o.AssumeRole {
		place := []string{"assume_role", strconv.Itoa(i)}
		add(checkRoleARN(role.RoleARN), slices.Concat(place, []string{"role_arn"})...)
		add(checkSession(role.Duration), slices.Concat(place, []string{"duration"})...)
	}
	if identity := o.AssumeRoleWithWebIdentity; identity != nil {
		const place = "assume_role_with_web_identity"
		add(checkRoleARN(identity.RoleARN), place, "role_arn")
		add(checkSession(identity.Duration), place, "duration")
		if (identity.Token == "") == (identity.TokenFile == "") {
			add("needs one of web_identity_token and web_identity_token_file", place)
		}
	}
	for _, service := range slices.Sorted(maps.Keys(o.Endpoints)) {
		add(checkEndpoint(o.Endpoints[service]), "endpoints", service)
	}
	if len(faults) > 0 {
		return &ConfigError{Faults: faults}
	}
	return nil
}

func (o Options) checkKeys(add func(message string, path ...string)) {
	switch {
	case o.AccessKey != "" && o.SecretKey == "":
		add("needs secret_key beside it; to take both from somewhere else, set neither", "access_key")
	case o.AccessKey == "" && o.SecretKey != "":
		add("needs access_key beside it; to take both from somewhere else, set neither", "secret_key")
	case o.AccessKey == "" && o.Token != "":
		add("needs access_key and secret_key beside it", "token")
	}
	if o.RetryMode != "" && o.RetryMode != "standard" && o.RetryMode != "adaptive" {
		add(fmt.Sprintf("is %q; it must be standard or adaptive", o.RetryMode), "retry_mode")
	}
	if o.MaxRetries < 0 {
		add("must be at least 1", "max_retries")
	}
}

func (o Options) checkAccounts(add func(message string, path ...string)) {
	lists := map[string][]string{"allowed_account_ids": o.AllowedAccountIDs, "forbidden_account_ids": o.ForbiddenAccountIDs}
	for _, name := range slices.Sorted(maps.Keys(lists)) {
		for i, id := range lists[name] {
			if !accountID.MatchString(id) {
				add(fmt.Sprintf("is %q; an account ID is 12 digits, in quotes", id), name, strconv.Itoa(i))
			}
		}
		if len(lists[name]) > 0 && o.SkipCredentialsValidation {
			add("can't be held against an account that is unknown; remove skip_credentials_validation, which keeps the provider from asking for it", name)
		}
	}
}

func checkRoleARN(arn string) string {
	if roleARN.MatchString(arn) {
		return ""
	}
	return fmt.Sprintf("is %q; write the ARN of a role, like arn:aws:iam::123456789012:role/deploy", arn)
}

func checkSession(duration time.Duration) string {
	if duration == 0 || duration >= shortestSession && duration <= longestSession {
		return ""
	}
	return fmt.Sprintf("is %s; a session lasts from 15m to 12h", duration)
}

// checkEndpoint doesn't quote the URL: url.Parse's error would, and it may hold a
// password.
func checkEndpoint(text string) string {
	base, err := url.Parse(text)
	switch {
	case text == "":
		return ""
	case err != nil:
		return "is not a valid URL"
	case base.Scheme != "http" && base.Scheme != "https":
		return "must begin with http:// or https://"
	case base.Hostname() == "":
		return "must name a host"
	case base.User != nil:
		return "must not hold a user or a password; requests are signed with the credentials"
	case base.RawQuery != "" || base.ForceQuery || strings.Contains(text, "#"):
		return "must end before any ? or #"
	}
	return ""
}

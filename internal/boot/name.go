package boot

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const (
	// MaxValueBytes is the largest value of a parameter or output. It leaves
	// room below Linux' limit of 128 KiB for one environment string
	// (MAX_ARG_STRLEN in execve(2)) also after base64.
	MaxValueBytes = 32 << 10

	// MaxNameBytes is the longest name of a parameter or output.
	MaxNameBytes = 64
)

var (
	variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	resourceName = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$`)
)

// reservedNames are environment variables that steer the shell or the loader: a
// parameter of that name would change how every program on the server runs. Those
// from "_" on are set by the shells themselves, or can't be set in
// dash, bash or busybox sh (their manuals list them).
func reservedNames() []string {
	return []string{
		"PATH", "IFS", "ENV", "HOME", "SHELL", "SHELLOPTS", "BASHOPTS", "POSIXLY_CORRECT",
		"PS1", "PS2", "PS4", "PWD", "OLDPWD", "CDPATH", "GLOBIGNORE", "EXECIGNORE",
		"MAIL", "MAILCHECK", "MAILPATH", "IGNOREEOF",
		"_", "UID", "EUID", "PPID", "GROUPS", "LINENO", "RANDOM", "SRANDOM", "SECONDS",
		"EPOCHSECONDS", "EPOCHREALTIME", "OPTIND", "OPTARG", "OPTERR", "DIRSTACK",
		"BASHPID", "FUNCNAME", "FUNCNEST", "HISTCMD", "PIPESTATUS", "COMP_WORDBREAKS",
	}
}

func reservedPrefixes() []string { return []string{"LD_", "BASH_", "MUSTER_"} }

// CheckVariableName reports why name can't be the name of a parameter or of an
// output: it is malformed, longer than [MaxNameBytes], or reserved.
func CheckVariableName(name string) error {
	switch {
	case !variableName.MatchString(name):
		return fmt.Errorf("%q is not a valid name: use letters, digits and underscores, and begin with a letter or an underscore", name)
	case len(name) > MaxNameBytes:
		return fmt.Errorf("%q is too long: a name has at most %d characters", name, MaxNameBytes)
	case slices.Contains(reservedNames(), name):
		return fmt.Errorf("%q is reserved: the shell uses it itself; choose another name", name)
	}
	for _, prefix := range reservedPrefixes() {
		if strings.HasPrefix(name, prefix) {
			return fmt.Errorf("%q is reserved: names that begin with %s are; choose another name", name, prefix)
		}
	}
	return nil
}

// CheckResourceName reports why name can't name a namespace, a server
// configuration or a server group.
func CheckResourceName(name string) error {
	if !resourceName.MatchString(name) {
		return fmt.Errorf("%q is not a valid name: use 1 to 32 lower-case letters, digits and hyphens, begin with a letter and don't end with a hyphen", name)
	}
	return nil
}

// ErrValue is wrapped by every error of [CheckText] and [Type.Check].
var ErrValue = errors.New("invalid value")

// CheckText reports why text can't be carried to a server: it is longer than
// [MaxValueBytes] or holds a NUL byte, which no environment variable can. The
// error never quotes the value, which may be a secret.
func CheckText(text string) error {
	if len(text) > MaxValueBytes {
		return fmt.Errorf("%w: it has %d bytes, at most %d are carried; store it elsewhere and pass its address", ErrValue, len(text), MaxValueBytes)
	}
	if strings.IndexByte(text, 0) >= 0 {
		return fmt.Errorf("%w: it holds a NUL byte, which an environment variable can't; encode it, for example with base64encode", ErrValue)
	}
	return nil
}

package awsfake

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

const (
	standardSize  = 4096
	advancedSize  = 8192
	maxVersions   = 100
	maxLevels     = 15
	maxNameLength = 1011
)

var parameterName = regexp.MustCompile(`^[a-zA-Z0-9_.\-/]+$`)

// parameter is a name in SSM's Parameter Store, with all its versions since it was
// created.
type parameter struct {
	name     string
	kind     ssmtypes.ParameterType
	tier     ssmtypes.ParameterTier
	tags     map[string]string
	versions []parameterVersion // the newest last, no more than are kept
	// deletedAt is when the name was given up; zero: it wasn't.
	deletedAt time.Time
}

// parameterVersion is one value of a parameter.
type parameterVersion struct {
	number    int64
	value     string
	keyID     string
	writtenAt time.Time
	// settledAt is when everybody reads it; before that some read what was before.
	settledAt time.Time
}

func (p *parameter) exists() bool { return p != nil && p.deletedAt.IsZero() }

func (p *parameter) newest() parameterVersion { return p.versions[len(p.versions)-1] }

// parameterView is a parameter in an answer.
type parameterView struct {
	ARN, Name, Type, Value, DataType string

	Version          int64
	LastModifiedDate float64
	Selector         string `json:",omitempty"`
}

// view returns a version as a read shows it: encrypted unless it is asked otherwise.
func (w *World) parameterView(p *parameter, v parameterVersion, selector string, decrypt bool) parameterView {
	view := parameterView{
		ARN: w.parameterARN(p.name), Name: p.name, Type: string(p.kind), Value: v.value, DataType: "text",
		Version: v.number, LastModifiedDate: float64(v.writtenAt.UnixMilli()) / 1000, Selector: selector,
	}
	if p.kind == ssmtypes.ParameterTypeSecureString && !decrypt {
		view.Value = ciphertext(v)
	}
	return view
}

func (w *World) parameterARN(name string) string {
	return fmt.Sprintf("arn:aws:ssm:%s:%s:parameter/%s", w.options.Region, w.options.Account, strings.TrimPrefix(name, "/"))
}

// ciphertext stands for what KMS has made of a value: it tells nothing of it.
func ciphertext(v parameterVersion) string {
	sum := sha256.Sum256([]byte(v.keyID + strconv.FormatInt(v.number, 10) + v.value))
	return "AQICAH" + base64.StdEncoding.EncodeToString(sum[:])
}

// read returns the version that a read of the name sees now, which may be an older one
// than the newest, or none.
func (w *World) read(name string) (*parameter, parameterVersion, bool) {
	p := w.parameters[name]
	if !p.exists() {
		return nil, parameterVersion{}, false
	}
	at := now()
	for _, v := range slices.Backward(p.versions) {
		if !at.Before(v.settledAt) || w.chance(0.5) {
			return p, v, true
		}
	}
	return nil, parameterVersion{}, false
}

// readVersion returns the version of that number, if the read sees it.
func (w *World) readVersion(name string, number int64) (*parameter, parameterVersion, bool) {
	p, seen, ok := w.read(name)
	if !ok || number > seen.number {
		return nil, parameterVersion{}, false
	}
	for _, v := range p.versions {
		if v.number == number {
			return p, v, true
		}
	}
	return nil, parameterVersion{}, false
}

// selected returns what "name" or "name:version" reads.
func (w *World) selected(text string, decrypt bool) (parameterView, error) {
	name, selector, versioned := strings.Cut(text, ":")
	if !versioned {
		p, v, ok := w.read(name)
		if !ok {
			return parameterView{}, fault(http.StatusBadRequest, "ParameterNotFound", "Parameter %s not found.", name)
		}
		return w.parameterView(p, v, "", decrypt), nil
	}
	number, err := strconv.ParseInt(selector, 10, 64)
	if err != nil {
		return parameterView{}, invalidParameter("This fake knows no labels: %s", text)
	}
	if _, _, ok := w.read(name); !ok {
		return parameterView{}, fault(http.StatusBadRequest, "ParameterNotFound", "Parameter %s not found.", name)
	}
	p, v, ok := w.readVersion(name, number)
	if !ok {
		return parameterView{}, fault(http.StatusBadRequest, "ParameterVersionNotFound", "Systems Manager could not find version %d of %s. Verify the version and try again.", number, name)
	}
	return w.parameterView(p, v, ":"+selector, decrypt), nil
}

func invalidParameter(format string, arguments ...any) error {
	return fault(http.StatusBadRequest, "ValidationException", format, arguments...)
}

func checkParameterName(name string) error {
	switch {
	case !parameterName.MatchString(name):
		return invalidParameter("Parameter name: only a mix of letters, numbers and the following 3 symbols .-_ are allowed, and / for hierarchies.")
	case len(name) > maxNameLength:
		return invalidParameter("Parameter name must not be longer than %d characters.", maxNameLength)
	case strings.Count(name, "/") > maxLevels:
		return fault(http.StatusBadRequest, "HierarchyLevelLimitExceededException", "A parameter name hierarchy can have a maximum of %d levels.", maxLevels)
	}
	if strings.Contains(name, "/") && !strings.HasPrefix(name, "/") {
		return invalidParameter("Parameter name must be a fully qualified name.")
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(strings.ToLower(name), "/"), "/")
	if strings.HasPrefix(first, "aws") || strings.HasPrefix(first, "ssm") {
		return invalidParameter("Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive).")
	}
	return nil
}

// tierFor returns the tier that the value needs, or an error if it fits into none.
func tierFor(asked, had ssmtypes.ParameterTier, value string) (ssmtypes.ParameterTier, error) {
	tier := asked
	if tier == "" || tier == ssmtypes.ParameterTierIntelligentTiering {
		tier = ssmtypes.ParameterTierStandard
	}
	large := len(value) > standardSize
	if asked == ssmtypes.ParameterTierIntelligentTiering && large || had == ssmtypes.ParameterTierAdvanced && asked != ssmtypes.ParameterTierStandard {
		tier = ssmtypes.ParameterTierAdvanced
	}
	switch {
	case had == ssmtypes.ParameterTierAdvanced && tier == ssmtypes.ParameterTierStandard:
		return "", invalidParameter("This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier.")
	case tier == ssmtypes.ParameterTierStandard && large:
		return "", invalidParameter("Standard tier parameters support a maximum parameter value of %d characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier.", standardSize)
	case len(value) > advancedSize:
		return "", invalidParameter("Advanced tier parameters support a maximum parameter value of %d characters.", advancedSize)
	}
	return tier, nil
}

func tagsOfParameter(list []ssmtypes.Tag) (map[string]string, error) {
	tags := map[string]string{}
	for _, tag := range list {
		if err := checkTag(aws.ToString(tag.Key), aws.ToString(tag.Value)); err != nil {
			return nil, invalidParameter("%v", err)
		}
		tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	if len(tags) > maxTags {
		return nil, fault(http.StatusBadRequest, "TooManyTagsError", "A parameter can have at most %d tags.", maxTags)
	}
	return tags, nil
}

package awsfake

import (
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

const (
	maxTemplateResults     = 200
	maxVersionsPerCall     = 200
	maxVersionDescription  = 255
	latestVersion          = "$Latest"
	defaultTemplateVersion = "$Default"
)

var templateName = regexp.MustCompile(`^[a-zA-Z0-9().\-/_]{3,128}$`)

// template is a launch template.
type template struct {
	id, name  string
	createdAt time.Time
	visibleAt time.Time
	tags      tagSet
	// versions are by number; numbers are never used again.
	versions map[int64]*templateVersion
	latest   int64
	deleted  []*templateVersion
	// standard is the default version, always the first: nothing that changes it is
	// among the operations.
	standard int64
}

// templateVersion is one version of a template. It never changes.
type templateVersion struct {
	template    *template
	number      int64
	description *string
	createdAt   time.Time
	visibleAt   time.Time
	data        ec2types.RequestLaunchTemplateData
}

// templateRef is the version that an instance comes from.
type templateRef struct {
	id      string
	version int64
}

// creation is what is remembered of a client token with which something else than
// instances was made.
type creation struct {
	arguments string
	output    any
}

func templateNotFound(kind, value string) error {
	if kind == "ID" {
		return fault(http.StatusBadRequest, "InvalidLaunchTemplateId.NotFound", "The specified launch template, with template ID %s, does not exist.", value)
	}
	return fault(http.StatusBadRequest, "InvalidLaunchTemplateName.NotFoundException", "The specified launch template, with template name %s, does not exist.", value)
}

func versionNotFound(t *template, version string) error {
	return fault(http.StatusBadRequest, "InvalidLaunchTemplateId.VersionNotFound", "Could not find launch template version %s for the launch template with ID %s.", version, t.id)
}

// templateOf returns the template that a request names in one of two ways.
func (w *World) templateOf(id, name *string) (*template, error) {
	switch {
	case id != nil && name != nil:
		return nil, invalidCombination("Either 'launchTemplateId' or 'launchTemplateName' may be specified, not both")
	case id != nil:
		if t := w.templates[*id]; t != nil {
			return t, nil
		}
		return nil, templateNotFound("ID", *id)
	case name != nil:
		if t := w.templateNamed(*name); t != nil {
			return t, nil
		}
		return nil, templateNotFound("name", *name)
	default:
		return nil, missingParameter("LaunchTemplateId or LaunchTemplateName")
	}
}

func (w *World) templateNamed(name string) *template {
	for _, t := range w.templates {
		if t.name == name {
			return t
		}
	}
	return nil
}

// readTemplate is templateOf for those to whom what was just made is still unknown.
func (w *World) readTemplate(id, name *string) (*template, error) {
	t, err := w.templateOf(id, name)
	if err != nil || !now().Before(t.visibleAt) {
		return t, err
	}
	if id != nil {
		return nil, templateNotFound("ID", *id)
	}
	return nil, templateNotFound("name", *name)
}

// readVersion returns the version that a text names: a number, $Latest or $Default.
func (t *template) readVersion(text string) (*templateVersion, error) {
	at := now()
	var found *templateVersion
	switch text {
	case latestVersion:
		for _, v := range t.versions {
			if !at.Before(v.visibleAt) && (found == nil || v.number > found.number) {
				found = v
			}
		}
	case defaultTemplateVersion, "":
		found = t.versions[t.standard]
	default:
		number, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, invalidValue("Invalid launch template version: either '%s', '%s', or a numeric version are allowed.", defaultTemplateVersion, latestVersion)
		}
		found = t.versions[number]
	}
	if found == nil || at.Before(found.visibleAt) {
		return nil, versionNotFound(t, text)
	}
	return found, nil
}

// launchVersion returns the version that a launch asks for.
func (w *World) launchVersion(ref *ec2types.LaunchTemplateSpecification) (*templateVersion, error) {
	t, err := w.readTemplate(ref.LaunchTemplateId, ref.LaunchTemplateName)
	if err != nil {
		return nil, err
	}
	return t.readVersion(aws.ToString(ref.Version))
}

package awsfake

import (
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// maxNames is how many names GetParameters and DeleteParameters take, and how many
// results GetParametersByPath gives.
const maxNames = 10

func (w *World) putParameter(in *ssm.PutParameterInput) (any, error) {
	name, value := aws.ToString(in.Name), aws.ToString(in.Value)
	if err := checkPut(in); err != nil {
		return nil, err
	}
	p := w.parameters[name]
	if err := w.checkRecreate(p); err != nil {
		return nil, err
	}
	switch {
	case p.exists():
		if err := checkOverwrite(p, in); err != nil {
			return nil, err
		}
	case in.Type == "":
		return nil, invalidParameter("A parameter type is required when you create a parameter.")
	default:
		p = &parameter{name: name, kind: in.Type}
	}
	tier, err := tierFor(in.Tier, p.tier, value)
	if err != nil {
		return nil, err
	}
	tags, err := tagsOfParameter(in.Tags)
	if err != nil {
		return nil, err
	}
	v := parameterVersion{number: 1, value: value, keyID: aws.ToString(in.KeyId), writtenAt: now(), settledAt: w.late(w.faults.ParameterLag)}
	if len(p.versions) > 0 {
		v.number = p.newest().number + 1
	} else {
		p.tags = tags
	}
	p.versions = append(p.versions, v)
	p.versions = p.versions[max(0, len(p.versions)-maxVersions):]
	p.tier = tier
	w.parameters[name] = p
	return map[string]any{"Version": v.number, "Tier": tier}, nil
}

func checkPut(in *ssm.PutParameterInput) error {
	value := aws.ToString(in.Value)
	if err := checkParameterName(aws.ToString(in.Name)); err != nil {
		return err
	}
	switch {
	case value == "":
		return invalidParameter("1 validation error detected: Value at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1.")
	case strings.Contains(value, "{{"):
		return invalidParameter("Parameter value: can't nest another parameter: %q.", "{{")
	case aws.ToBool(in.Overwrite) && len(in.Tags) > 0:
		return invalidParameter("Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.")
	case in.Type != "" && !slices.Contains(in.Type.Values(), in.Type):
		return fault(http.StatusBadRequest, "UnsupportedParameterType", "The parameter type %s is not supported.", in.Type)
	case in.Tier != "" && !slices.Contains(in.Tier.Values(), in.Tier):
		return invalidParameter("The tier %s is not known.", in.Tier)
	case in.KeyId != nil && in.Type != "" && in.Type != ssmtypes.ParameterTypeSecureString:
		return invalidParameter("KeyId is required for SecureString type parameter only.")
	}
	return nil
}

func checkOverwrite(p *parameter, in *ssm.PutParameterInput) error {
	switch {
	case !aws.ToBool(in.Overwrite):
		return fault(http.StatusBadRequest, "ParameterAlreadyExists", "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")
	case in.Type != "" && in.Type != p.kind:
		return fault(http.StatusBadRequest, "HierarchyTypeMismatchException", "Parameter Store doesn't support changing a parameter type.")
	}
	return nil
}

// checkRecreate refuses the name of a parameter that was deleted a moment ago. How is
// not documented, only that one has to wait; so it is one error or the other.
func (w *World) checkRecreate(p *parameter) error {
	if p == nil || p.exists() || now().Sub(p.deletedAt) >= w.faults.RecreateDelay {
		return nil
	}
	if w.chance(0.5) {
		return fault(http.StatusBadRequest, "ParameterAlreadyExists", "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")
	}
	return fault(http.StatusBadRequest, "TooManyUpdates", "There are concurrent updates for a resource that supports one update at a time.")
}

func (w *World) getParameter(in *ssm.GetParameterInput) (any, error) {
	view, err := w.selected(aws.ToString(in.Name), aws.ToBool(in.WithDecryption))
	if err != nil {
		return nil, err
	}
	return map[string]any{"Parameter": view}, nil
}

func (w *World) getParameters(in *ssm.GetParametersInput) (any, error) {
	if n := len(in.Names); n == 0 || n > maxNames {
		return nil, invalidParameter("1 validation error detected: Value at 'names' failed to satisfy constraint: Member must have length less than or equal to %d.", maxNames)
	}
	found, missing := []parameterView{}, []string{}
	for _, name := range in.Names {
		if view, err := w.selected(name, aws.ToBool(in.WithDecryption)); err == nil {
			found = append(found, view)
		} else {
			missing = append(missing, name)
		}
	}
	if w.faults.Shuffle {
		w.random.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
	}
	return map[string]any{"Parameters": found, "InvalidParameters": missing}, nil
}

func (w *World) getParametersByPath(in *ssm.GetParametersByPathInput) (any, error) {
	limit := maxNames
	if in.MaxResults != nil {
		limit = int(*in.MaxResults)
	}
	switch {
	case !strings.HasPrefix(aws.ToString(in.Path), "/"):
		return nil, invalidParameter("The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash \"/\".")
	case limit < 1 || limit > maxNames:
		return nil, invalidParameter("1 validation error detected: Value '%d' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to %d", limit, maxNames)
	case len(in.ParameterFilters) > 0:
		return nil, fault(http.StatusBadRequest, "InvalidFilterKey", "This fake knows no filters of parameters.")
	}
	names, next, err := w.page("GetParametersByPath", limit, true, in.NextToken, func() ([]string, error) { return w.parametersUnder(in), nil })
	if err != nil {
		return nil, fault(http.StatusBadRequest, "InvalidNextToken", "The specified token isn't valid.")
	}
	found := []parameterView{}
	for _, name := range names {
		if p, v, ok := w.read(name); ok {
			found = append(found, w.parameterView(p, v, "", aws.ToBool(in.WithDecryption)))
		}
	}
	out := map[string]any{"Parameters": found}
	if next != nil {
		out["NextToken"] = *next
	}
	return out, nil
}

func (w *World) parametersUnder(in *ssm.GetParametersByPathInput) []string {
	prefix := strings.TrimSuffix(*in.Path, "/") + "/"
	var names []string
	for name, p := range w.parameters {
		rest, under := strings.CutPrefix(name, prefix)
		if under && p.exists() && (aws.ToBool(in.Recursive) || !strings.Contains(rest, "/")) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (w *World) deleteParameters(in *ssm.DeleteParametersInput) (any, error) {
	if n := len(in.Names); n == 0 || n > maxNames {
		return nil, invalidParameter("1 validation error detected: Value at 'names' failed to satisfy constraint: Member must have length less than or equal to %d.", maxNames)
	}
	deleted, missing := []string{}, []string{}
	for _, name := range in.Names {
		if p := w.parameters[name]; p.exists() {
			p.deletedAt = now()
			deleted = append(deleted, name)
		} else {
			missing = append(missing, name)
		}
	}
	return map[string]any{"DeletedParameters": deleted, "InvalidParameters": missing}, nil
}

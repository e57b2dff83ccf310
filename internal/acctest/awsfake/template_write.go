package awsfake

import (
	"maps"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// once does something unless its client token says that it has been done.
func once[O any](w *World, req *request, token *string, do func() (*O, error)) (*O, error) {
	if token == nil {
		return do()
	}
	key := req.operation + " " + *token
	arguments := req.form.without("ClientToken", "DryRun").canonical()
	if known, done := w.made[key]; done {
		output, same := known.output.(*O)
		if !same || known.arguments != arguments {
			return nil, fault(http.StatusBadRequest, "IdempotentParameterMismatch", "The client token is used with other arguments than before.")
		}
		return output, nil
	}
	output, err := do()
	if err == nil {
		w.made[key] = creation{arguments: arguments, output: output}
	}
	return output, err
}

func createLaunchTemplate(w *World, req *request, in *ec2.CreateLaunchTemplateInput) (*ec2.CreateLaunchTemplateOutput, error) {
	if err := dryRun(in.DryRun); err != nil {
		return nil, err
	}
	return once(w, req, in.ClientToken, func() (*ec2.CreateLaunchTemplateOutput, error) {
		name := aws.ToString(in.LaunchTemplateName)
		switch {
		case !templateName.MatchString(name):
			return nil, fault(http.StatusBadRequest, "InvalidLaunchTemplateName.MalformedException", "A launch template name must be between 3 and 128 characters, and may contain letters, numbers, and the following characters: - ( ) . / _.")
		case w.templateNamed(name) != nil:
			return nil, fault(http.StatusBadRequest, "InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.")
		}
		tags, err := templateTags(in.TagSpecifications)
		if err != nil {
			return nil, err
		}
		at := now()
		t := &template{
			id: w.newID("lt"), name: name, createdAt: at, visibleAt: w.late(w.faults.TemplateLag),
			tags: tagSet{}, versions: map[int64]*templateVersion{}, standard: 1,
		}
		if _, err := w.addVersion(t, in.LaunchTemplateData, in.VersionDescription); err != nil {
			return nil, err
		}
		for key, value := range tags {
			t.tags.put(key, value, at, at)
		}
		w.templates[t.id] = t
		return &ec2.CreateLaunchTemplateOutput{LaunchTemplate: w.templateView(t)}, nil
	})
}

func templateTags(list []ec2types.TagSpecification) (map[string]string, error) {
	tags := map[string]string{}
	for _, specification := range list {
		if specification.ResourceType != ec2types.ResourceTypeLaunchTemplate {
			return nil, invalidValue("The value for the ResourceType member of the TagSpecification request parameter must be 'launch-template'. Verify the ResourceType and try again.")
		}
		more, err := newTags(specification.Tags)
		if err != nil {
			return nil, err
		}
		maps.Copy(tags, more)
	}
	return tags, nil
}

// addVersion checks the data as far as AWS does, which is not far.
func (w *World) addVersion(t *template, data *ec2types.RequestLaunchTemplateData, description *string) (*templateVersion, error) {
	if data == nil {
		return nil, missingParameter("LaunchTemplateData")
	}
	if len(aws.ToString(description)) > maxVersionDescription {
		return nil, invalidValue("The version description exceeds %d characters.", maxVersionDescription)
	}
	if _, err := decodeUserData(data.UserData); err != nil {
		return nil, err
	}
	for _, specification := range data.TagSpecifications {
		if _, err := newTags(specification.Tags); err != nil {
			return nil, err
		}
	}
	v := &templateVersion{
		template: t, number: t.latest + 1, description: description, data: *data,
		createdAt: now(), visibleAt: w.late(w.faults.TemplateLag),
	}
	t.latest = v.number
	t.versions[v.number] = v
	return v, nil
}

func createLaunchTemplateVersion(w *World, req *request, in *ec2.CreateLaunchTemplateVersionInput) (*ec2.CreateLaunchTemplateVersionOutput, error) {
	if err := dryRun(in.DryRun); err != nil {
		return nil, err
	}
	return once(w, req, in.ClientToken, func() (*ec2.CreateLaunchTemplateVersionOutput, error) {
		t, err := w.templateOf(in.LaunchTemplateId, in.LaunchTemplateName)
		if err != nil {
			return nil, err
		}
		data := in.LaunchTemplateData
		if source := aws.ToString(in.SourceVersion); source != "" && data != nil {
			base, err := t.readVersion(source)
			if err != nil {
				return nil, err
			}
			together := overlay(*data, base.data)
			data = &together
		}
		v, err := w.addVersion(t, data, in.VersionDescription)
		if err != nil {
			return nil, err
		}
		view := w.versionView(v)
		return &ec2.CreateLaunchTemplateVersionOutput{LaunchTemplateVersion: &view}, nil
	})
}

func (w *World) deleteLaunchTemplate(in *ec2.DeleteLaunchTemplateInput) (*ec2.DeleteLaunchTemplateOutput, error) {
	if err := dryRun(in.DryRun); err != nil {
		return nil, err
	}
	t, err := w.templateOf(in.LaunchTemplateId, in.LaunchTemplateName)
	if err != nil {
		return nil, err
	}
	delete(w.templates, t.id)
	w.deleted = append(w.deleted, t)
	return &ec2.DeleteLaunchTemplateOutput{LaunchTemplate: w.templateView(t)}, nil
}

func (w *World) deleteLaunchTemplateVersions(in *ec2.DeleteLaunchTemplateVersionsInput) (*ec2.DeleteLaunchTemplateVersionsOutput, error) {
	if err := dryRun(in.DryRun); err != nil {
		return nil, err
	}
	t, err := w.templateOf(in.LaunchTemplateId, in.LaunchTemplateName)
	if err != nil {
		return nil, err
	}
	if n := len(in.Versions); n == 0 || n > maxVersionsPerCall {
		return nil, invalidValue("Between 1 and %d versions can be deleted per call, not %d", maxVersionsPerCall, n)
	}
	out := &ec2.DeleteLaunchTemplateVersionsOutput{
		SuccessfullyDeletedLaunchTemplateVersions:   []ec2types.DeleteLaunchTemplateVersionsResponseSuccessItem{},
		UnsuccessfullyDeletedLaunchTemplateVersions: []ec2types.DeleteLaunchTemplateVersionsResponseErrorItem{},
	}
	for _, text := range in.Versions {
		number, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, invalidValue("Invalid launch template version '%s'", text)
		}
		deleteVersion(t, number, out)
	}
	return out, nil
}

// deleteVersion deletes one version, or says why not. The default version stays.
func deleteVersion(t *template, number int64, out *ec2.DeleteLaunchTemplateVersionsOutput) {
	var refusal *ec2types.ResponseError
	switch {
	case t.versions[number] == nil:
		refusal = &ec2types.ResponseError{
			Code: ec2types.LaunchTemplateErrorCodeLaunchTemplateVersionDoesNotExist, Message: aws.String("The launch template version does not exist."),
		}
	case number == t.standard:
		refusal = &ec2types.ResponseError{
			Code: ec2types.LaunchTemplateErrorCodeUnexpectedError, Message: aws.String("The default version of a launch template can't be deleted."),
		}
	default:
		t.deleted = append(t.deleted, t.versions[number])
		delete(t.versions, number)
		out.SuccessfullyDeletedLaunchTemplateVersions = append(out.SuccessfullyDeletedLaunchTemplateVersions,
			ec2types.DeleteLaunchTemplateVersionsResponseSuccessItem{LaunchTemplateId: &t.id, LaunchTemplateName: &t.name, VersionNumber: &number})
		return
	}
	out.UnsuccessfullyDeletedLaunchTemplateVersions = append(out.UnsuccessfullyDeletedLaunchTemplateVersions,
		ec2types.DeleteLaunchTemplateVersionsResponseErrorItem{LaunchTemplateId: &t.id, LaunchTemplateName: &t.name, VersionNumber: &number, ResponseError: refusal})
}

func (w *World) templateView(t *template) *ec2types.LaunchTemplate {
	return &ec2types.LaunchTemplate{
		CreateTime: aws.Time(t.createdAt.Truncate(time.Second)), CreatedBy: aws.String(w.principals[w.options.AccessKey].arn),
		DefaultVersionNumber: aws.Int64(t.standard), LatestVersionNumber: aws.Int64(t.latest),
		LaunchTemplateId: &t.id, LaunchTemplateName: &t.name, Tags: toTags(t.tags.visible(now())),
	}
}

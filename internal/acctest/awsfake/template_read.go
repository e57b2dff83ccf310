package awsfake

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func (w *World) describeLaunchTemplates(in *ec2.DescribeLaunchTemplatesInput) (*ec2.DescribeLaunchTemplatesOutput, error) {
	if err := dryRun(in.DryRun); err != nil {
		return nil, err
	}
	limit, err := templateLimit(in.MaxResults)
	if err != nil {
		return nil, err
	}
	ids, next, err := w.page("DescribeLaunchTemplates", limit, true, in.NextToken, func() ([]string, error) { return w.findTemplates(in) })
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeLaunchTemplatesOutput{LaunchTemplates: []ec2types.LaunchTemplate{}, NextToken: next}
	for _, id := range ids {
		if t := w.templates[id]; t != nil {
			out.LaunchTemplates = append(out.LaunchTemplates, *w.templateView(t))
		}
	}
	return out, nil
}

func templateLimit(asked *int32) (int, error) {
	if asked == nil {
		return maxTemplateResults, nil
	}
	if *asked < 1 || *asked > maxTemplateResults {
		return 0, invalidValue("Value ( %d ) for parameter maxResults is invalid. Expecting a value between 1 and %d.", *asked, maxTemplateResults)
	}
	return int(*asked), nil
}

func (w *World) findTemplates(in *ec2.DescribeLaunchTemplatesInput) ([]string, error) {
	filters, err := newFilters(in.Filters, "tag-key", "launch-template-name")
	if err != nil {
		return nil, err
	}
	for _, id := range in.LaunchTemplateIds {
		if _, err := w.readTemplate(&id, nil); err != nil {
			return nil, err
		}
	}
	for _, name := range in.LaunchTemplateNames {
		if _, err := w.readTemplate(nil, &name); err != nil {
			return nil, err
		}
	}
	at := now()
	var found []string
	for _, t := range w.templates {
		asked := len(in.LaunchTemplateIds)+len(in.LaunchTemplateNames) == 0 ||
			slices.Contains(in.LaunchTemplateIds, t.id) || slices.Contains(in.LaunchTemplateNames, t.name)
		if asked && !at.Before(t.visibleAt) && filters.fit(func(name string) []string { return t.filter(name, at) }) {
			found = append(found, t.id)
		}
	}
	slices.Sort(found)
	return found, nil
}

func (t *template) filter(name string, at time.Time) []string {
	if values, ok := tagValues(name, t.tags.visible(at)); ok {
		return values
	}
	return []string{t.name}
}

func (w *World) describeLaunchTemplateVersions(in *ec2.DescribeLaunchTemplateVersionsInput) (*ec2.DescribeLaunchTemplateVersionsOutput, error) {
	if err := dryRun(in.DryRun); err != nil {
		return nil, err
	}
	limit, err := templateLimit(in.MaxResults)
	if err != nil {
		return nil, err
	}
	keys, next, err := w.page("DescribeLaunchTemplateVersions", limit, true, in.NextToken, func() ([]string, error) { return w.findVersions(in) })
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeLaunchTemplateVersionsOutput{LaunchTemplateVersions: []ec2types.LaunchTemplateVersion{}, NextToken: next}
	for _, key := range keys {
		if v := w.versionOf(key); v != nil {
			out.LaunchTemplateVersions = append(out.LaunchTemplateVersions, w.versionView(v))
		}
	}
	return out, nil
}

// findVersions returns keys of the versions that fit, the newest first.
func (w *World) findVersions(in *ec2.DescribeLaunchTemplateVersionsInput) ([]string, error) {
	if len(in.Filters) > 0 {
		return nil, invalidValue("The filter '%s' is invalid", aws.ToString(in.Filters[0].Name))
	}
	if in.LaunchTemplateId == nil && in.LaunchTemplateName == nil {
		return w.findVersionsOfAll(in.Versions)
	}
	t, err := w.readTemplate(in.LaunchTemplateId, in.LaunchTemplateName)
	if err != nil {
		return nil, err
	}
	if len(in.Versions) > 0 {
		return t.versionKeys(in.Versions)
	}
	least, most, err := versionRange(in)
	if err != nil {
		return nil, err
	}
	at := now()
	var found []string
	for _, number := range slices.Backward(slices.Sorted(maps.Keys(t.versions))) {
		if number >= least && number <= most && !at.Before(t.versions[number].visibleAt) {
			found = append(found, versionKey(t.id, number))
		}
	}
	return found, nil
}

func versionRange(in *ec2.DescribeLaunchTemplateVersionsInput) (least, most int64, err error) {
	least, most = 1, 1<<62
	for text, bound := range map[*string]*int64{in.MinVersion: &least, in.MaxVersion: &most} {
		if text == nil {
			continue
		}
		if *bound, err = strconv.ParseInt(*text, 10, 64); err != nil {
			return 0, 0, invalidValue("Invalid launch template version '%s'", *text)
		}
	}
	return least, most, nil
}

// findVersionsOfAll is for requests that name no template: only two versions can be
// asked for.
func (w *World) findVersionsOfAll(versions []string) ([]string, error) {
	var found []string
	for _, id := range slices.Sorted(maps.Keys(w.templates)) {
		if now().Before(w.templates[id].visibleAt) {
			continue
		}
		for _, text := range versions {
			if text != latestVersion && text != defaultTemplateVersion {
				return nil, missingParameter("LaunchTemplateId")
			}
		}
		keys, err := w.templates[id].versionKeys(versions)
		if err != nil {
			return nil, err
		}
		found = append(found, keys...)
	}
	if len(versions) == 0 {
		return nil, missingParameter("LaunchTemplateId")
	}
	return found, nil
}

func (t *template) versionKeys(versions []string) ([]string, error) {
	var keys []string
	for _, text := range versions {
		v, err := t.readVersion(text)
		if err != nil {
			return nil, err
		}
		if key := versionKey(t.id, v.number); !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

func versionKey(id string, number int64) string { return fmt.Sprintf("%s/%d", id, number) }

func (w *World) versionOf(key string) *templateVersion {
	id, text, _ := strings.Cut(key, "/")
	number, err := strconv.ParseInt(text, 10, 64)
	if t := w.templates[id]; t != nil && err == nil {
		return t.versions[number]
	}
	return nil
}

func (w *World) versionView(v *templateVersion) ec2types.LaunchTemplateVersion {
	return ec2types.LaunchTemplateVersion{
		CreateTime: aws.Time(v.createdAt.Truncate(time.Second)), CreatedBy: aws.String(w.principals[w.options.AccessKey].arn),
		DefaultVersion: aws.Bool(v.number == v.template.standard), LaunchTemplateId: &v.template.id,
		LaunchTemplateName: &v.template.name, VersionNumber: &v.number, VersionDescription: v.description,
		LaunchTemplateData: convert[ec2types.ResponseLaunchTemplateData](v.data),
	}
}

package ec2

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2/channel"
	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

const (
	// maxParameterBytes is the largest value of an SSM parameter, in the advanced tier,
	// which Intelligent-Tiering chooses above 4 KB (PutParameter's reference).
	maxParameterBytes = 8 << 10
	// maxNames is how many names GetParameters, GetParametersByPath and
	// DeleteParameters take or return at most.
	maxNames = 10

	// busyInterval is the pause before a put is tried again that SSM refuses because
	// another one of the same parameter is under way.
	busyInterval = time.Second
)

// The parts of an incarnation's ledger, as the last element of the parameter's name.
const (
	partValues   = "values"
	partWires    = "wires"
	partLaunches = "launches"
	partKey      = "key"
	partDelivery = "delivery"
	partReports  = "o"
)

// errTaken says that a parameter of the name exists, or was deleted just now.
var errTaken = errors.New("SSM says that the parameter exists, and doesn't show it; try again in a minute")

// incarnationName keeps anything from becoming a path that isn't an incarnation.
var incarnationName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func valid(ref hosting.GroupRef) bool {
	return boot.CheckResourceName(ref.Name) == nil && incarnationName.MatchString(ref.Incarnation)
}

func (s *Service) namespacePath() string { return "/muster/" + s.options.Namespace }

func (s *Service) recordParameter(group string) string { return s.namespacePath() + "/" + group }

// incarnationPath is the path below which everything of the incarnation is, but for its
// record.
func (s *Service) incarnationPath(ref hosting.GroupRef) string {
	return s.recordParameter(ref.Name) + "/" + ref.Incarnation
}

func (s *Service) partParameter(ref hosting.GroupRef, part string) string {
	return s.incarnationPath(ref) + "/" + part
}

// partParameters names all parameters of the incarnation but for the reports, which
// the members write.
func (s *Service) partParameters(ref hosting.GroupRef) []string {
	var names []string
	for _, part := range []string{partValues, partWires, partLaunches, partKey, partDelivery} {
		names = append(names, s.partParameter(ref, part))
	}
	return names
}

// parameter is one version of an SSM parameter. The zero parameter is none.
type parameter struct {
	version int64
	value   string
}

// getParameters returns the newest versions that SSM shows, by name; what isn't there is left
// out. It costs a call per ten names.
func (s *Service) getParameters(ctx context.Context, names []string) (map[string]parameter, error) {
	found := make(map[string]parameter, len(names))
	for some := range slices.Chunk(names, maxNames) {
		output, err := s.options.SSM.GetParameters(ctx, &ssm.GetParametersInput{Names: some, WithDecryption: aws.Bool(true)})
		if err != nil {
			return nil, explain(ctx, err)
		}
		for _, p := range output.Parameters {
			found[aws.ToString(p.Name)] = parameter{version: p.Version, value: aws.ToString(p.Value)}
		}
	}
	return found, nil
}

// getVersion returns one version of a parameter, which is known to exist.
func (s *Service) getVersion(ctx context.Context, name string, version int64) (parameter, error) {
	var found parameter
	shown, err := settles(ctx, func(ctx context.Context) (bool, error) {
		output, err := s.options.SSM.GetParameters(ctx, &ssm.GetParametersInput{
			Names: []string{fmt.Sprintf("%s:%d", name, version)}, WithDecryption: aws.Bool(true),
		})
		if err != nil {
			return false, explain(ctx, err)
		}
		for _, p := range output.Parameters {
			if p.Version == version {
				found = parameter{version: version, value: aws.ToString(p.Value)}
			}
		}
		return found.version > 0, nil
	})
	if err == nil && !shown {
		err = fmt.Errorf("SSM doesn't show version %d of parameter %s; try again in a minute", version, name)
	}
	return found, err
}

type pathOptions struct {
	recursive bool
	// namesOnly leaves the values encrypted.
	namesOnly bool
}

// getParametersByPath returns what is below the path, by name.
func (s *Service) getParametersByPath(ctx context.Context, path string, options pathOptions) (map[string]parameter, error) {
	found := make(map[string]parameter)
	pages := ssm.NewGetParametersByPathPaginator(s.options.SSM, &ssm.GetParametersByPathInput{
		Path: aws.String(path), MaxResults: aws.Int32(maxNames),
		Recursive: aws.Bool(options.recursive), WithDecryption: aws.Bool(!options.namesOnly),
	})
	// A page may be empty although others follow.
	for pages.HasMorePages() {
		output, err := pages.NextPage(ctx)
		if err != nil {
			return nil, explain(ctx, err)
		}
		for _, p := range output.Parameters {
			found[aws.ToString(p.Name)] = parameter{version: p.Version, value: aws.ToString(p.Value)}
		}
	}
	return found, nil
}

// put is a parameter that is to be written.
type put struct {
	name, value string
	secret      bool
	// create refuses to overwrite: the error is errTaken then.
	create bool
}

// putParameter writes a parameter and returns its new version.
func (s *Service) putParameter(ctx context.Context, p put) (version int64, err error) {
	input := &ssm.PutParameterInput{
		Name: aws.String(p.name), Value: aws.String(p.value),
		Overwrite: aws.Bool(!p.create), Type: ssmtypes.ParameterTypeString, Tier: ssmtypes.ParameterTierIntelligentTiering,
	}
	if p.secret {
		input.Type = ssmtypes.ParameterTypeSecureString
		if s.options.KMSKeyID != "" {
			input.KeyId = aws.String(s.options.KMSKeyID)
		}
	}
	if p.create {
		input.Tags = s.parameterTags() // SSM takes them only then.
	}
	err = wait.Until(ctx, busyInterval, func(ctx context.Context) (bool, error) {
		output, err := s.options.SSM.PutParameter(ctx, input)
		switch errorCode(err) {
		case "":
		case "ParameterAlreadyExists":
			return false, errTaken
		case "TooManyUpdates":
			return false, nil
		}
		if err != nil {
			return false, explain(ctx, err)
		}
		version = output.Version
		return true, nil
	})
	return version, err
}

func (s *Service) parameterTags() []ssmtypes.Tag {
	tags := merge(s.options.DefaultTags, map[string]string{channel.NamespaceTag: s.options.Namespace})
	var list []ssmtypes.Tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, ssmtypes.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return list
}

// deleteParameters removes the parameters, and what this process knows of them. One
// that isn't there is no error.
func (s *Service) deleteParameters(ctx context.Context, names []string) error {
	for some := range slices.Chunk(names, maxNames) {
		if _, err := s.options.SSM.DeleteParameters(ctx, &ssm.DeleteParametersInput{Names: some}); err != nil {
			return explain(ctx, err)
		}
		s.ledger.forget(some...)
	}
	return nil
}

// isSecret reports whether the parameter is stored encrypted. A group may have the name
// of a part.
func (s *Service) isSecret(name string) bool {
	below := strings.Split(strings.TrimPrefix(name, s.namespacePath()+"/"), "/")
	return len(below) == 3 && slices.Contains([]string{partValues, partKey, partDelivery}, below[2])
}

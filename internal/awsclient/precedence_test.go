package awsclient_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/awsclient"
)

// setting is one place from which a value may come.
type setting struct {
	name string
	// set puts the value there.
	set func(t *testing.T, s *surroundings)
	// want is what is seen when the value comes from there.
	want string
}

// surroundings are the options and the files under which a session is opened.
type surroundings struct {
	cloud   *cloud
	url     string
	options awsclient.Options
	// profiles are the shared configuration by profile.
	profiles map[string][]string
}

func newSurroundings(t *testing.T) *surroundings {
	t.Helper()
	s := &surroundings{cloud: newCloud(), profiles: make(map[string][]string)}
	s.url = s.cloud.serve(t)
	s.options.Endpoints = map[string]string{"ec2": s.url, "ssm": s.url, "sts": s.url, "cloudwatch": s.url}
	return s
}

func (s *surroundings) addProfile(name string, lines ...string) {
	s.profiles[name] = append(s.profiles[name], lines...)
}

// open opens the session.
func (s *surroundings) open(t *testing.T) *awsclient.Session {
	t.Helper()
	session, err := s.tryOpen(t)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// tryOpen writes the files and opens the session.
func (s *surroundings) tryOpen(t *testing.T) (*awsclient.Session, error) {
	t.Helper()
	var text strings.Builder
	for name, lines := range s.profiles {
		if name != "default" {
			name = "profile " + name
		}
		fmt.Fprintf(&text, "[%s]\n%s\n", name, strings.Join(lines, "\n"))
	}
	t.Setenv("AWS_CONFIG_FILE", writeFile(t, text.String()))
	return awsclient.Open(t.Context(), s.options)
}

func writeFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func variables(pairs ...string) func(*testing.T, *surroundings) {
	return func(t *testing.T, _ *surroundings) {
		t.Helper()
		for i := 0; i < len(pairs); i += 2 {
			t.Setenv(pairs[i], pairs[i+1])
		}
	}
}

func profileKey(name, key string) func(*testing.T, *surroundings) {
	return func(_ *testing.T, s *surroundings) {
		s.addProfile(name, "aws_access_key_id = "+key, "aws_secret_access_key = secret-of-"+key)
	}
}

// expectOrder sets every value alone, and every one together with each of those after
// it: the first one must be seen.
func expectOrder(t *testing.T, settings []setting, see func(t *testing.T, s *surroundings) string) {
	t.Helper()
	for i, first := range settings {
		run := func(name string, others ...setting) {
			t.Run(name, func(t *testing.T) {
				s := newSurroundings(t)
				for _, setting := range append(others, first) {
					setting.set(t, s)
				}
				if got := see(t, s); got != first.want {
					t.Errorf("%q is seen, want %q", got, first.want)
				}
			})
		}
		run(first.name)
		for _, second := range settings[i+1:] {
			run(first.name+" before "+second.name, second)
		}
		if i == 0 {
			run("all at once", settings[1:]...)
		}
	}
}

//nolint:paralleltest // It sets environment variables.
func TestOpen_credentials(t *testing.T) {
	settings := []setting{
		{name: "a web identity in the options", want: "ASIAWEB", set: func(_ *testing.T, s *surroundings) {
			s.options.AssumeRoleWithWebIdentity = &awsclient.AssumeRoleWithWebIdentity{RoleARN: "arn:aws:iam::123456789012:role/web", Token: "jwt"}
		}},
		{name: "keys in the options", want: "AKIAOPTIONS", set: func(_ *testing.T, s *surroundings) {
			s.options.AccessKey, s.options.SecretKey = "AKIAOPTIONS", "secret-of-AKIAOPTIONS"
		}},
		{name: "a profile in the options", want: "AKIACHOSEN", set: func(t *testing.T, s *surroundings) {
			profileKey("chosen", "AKIACHOSEN")(t, s)
			s.options.Profile = "chosen"
		}},
		{name: "keys in the environment", want: "ASIAENVIRONMENT", set: variables(
			"AWS_ACCESS_KEY_ID", "ASIAENVIRONMENT", "AWS_SECRET_ACCESS_KEY", "secret-of-ASIAENVIRONMENT", "AWS_SESSION_TOKEN", "token-of-ASIAENVIRONMENT")},
		{name: "a web identity in the environment", want: "ASIACI", set: func(t *testing.T, _ *surroundings) {
			t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", writeFile(t, "jwt"))
			t.Setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/ci")
		}},
		{name: "a profile in the environment", want: "AKIANAMED", set: func(t *testing.T, s *surroundings) {
			profileKey("named", "AKIANAMED")(t, s)
			t.Setenv("AWS_PROFILE", "named")
		}},
		{name: "the default profile", want: "AKIADEFAULT", set: profileKey("default", "AKIADEFAULT")},
		{name: "a container's credentials", want: "ASIACONTAINER", set: func(t *testing.T, s *surroundings) {
			t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", s.url+"/container")
		}},
		{name: "an instance's role", want: "ASIAINSTANCE", set: func(t *testing.T, s *surroundings) {
			t.Setenv("AWS_EC2_METADATA_DISABLED", "false")
			t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", s.url)
		}},
	}
	expectOrder(t, settings, func(t *testing.T, s *surroundings) string {
		t.Helper()
		s.options.Region = "eu-central-1"
		s.open(t)
		seen := s.cloud.seen()
		return seen[len(seen)-1].Key
	})
}

//nolint:paralleltest // It sets environment variables.
func TestOpen_files(t *testing.T) {
	credentials := func(key string) string {
		return fmt.Sprintf("[default]\naws_access_key_id = %[1]s\naws_secret_access_key = secret-of-%[1]s\n", key)
	}
	settings := []setting{
		{name: "a credentials file in the options", want: "AKIAOPTIONS", set: func(t *testing.T, s *surroundings) {
			s.options.SharedCredentialsFiles = []string{writeFile(t, credentials("AKIAOPTIONS"))}
		}},
		{name: "a credentials file in the environment", want: "AKIAENVIRONMENT", set: func(t *testing.T, _ *surroundings) {
			t.Setenv("AWS_SHARED_CREDENTIALS_FILE", writeFile(t, credentials("AKIAENVIRONMENT")))
		}},
		{name: "a configuration file in the options", want: "AKIACONFIGURED", set: func(t *testing.T, s *surroundings) {
			s.options.SharedConfigFiles = []string{writeFile(t, credentials("AKIACONFIGURED"))}
		}},
		{name: "a configuration file in the environment", want: "AKIADEFAULT", set: profileKey("default", "AKIADEFAULT")},
	}
	expectOrder(t, settings, func(t *testing.T, s *surroundings) string {
		t.Helper()
		s.options.Region = "eu-central-1"
		s.open(t)
		return s.cloud.seen()[0].Key
	})
}

//nolint:paralleltest // It sets environment variables.
func TestOpen_region(t *testing.T) {
	settings := []setting{
		{name: "the options", want: "eu-west-1", set: func(_ *testing.T, s *surroundings) { s.options.Region = "eu-west-1" }},
		{name: "AWS_REGION", want: "eu-west-2", set: variables("AWS_REGION", "eu-west-2")},
		{name: "AWS_DEFAULT_REGION", want: "eu-west-3", set: variables("AWS_DEFAULT_REGION", "eu-west-3")},
		{name: "the profile", want: "eu-north-1", set: func(_ *testing.T, s *surroundings) { s.addProfile("default", "region = eu-north-1") }},
	}
	expectOrder(t, settings, func(t *testing.T, s *surroundings) string {
		t.Helper()
		s.options.AccessKey, s.options.SecretKey = "AKIAOPTIONS", "secret-of-AKIAOPTIONS"
		session := s.open(t)
		if signed := s.cloud.seen()[0].Region; signed != session.Region() {
			t.Errorf("the request is for %s, the session for %s", signed, session.Region())
		}
		return session.Region()
	})
}

//nolint:paralleltest // It sets environment variables.
func TestOpen_endpoint(t *testing.T) {
	settings := []setting{
		{name: "the options", want: "http://options", set: func(_ *testing.T, s *surroundings) { s.options.Endpoints["ssm"] = "http://options" }},
		{name: "the service's variable", want: "http://service", set: variables("AWS_ENDPOINT_URL_SSM", "http://service")},
		{name: "the variable of all services", want: "http://all", set: variables("AWS_ENDPOINT_URL", "http://all")},
		{name: "the profile", want: "http://profile", set: func(_ *testing.T, s *surroundings) { s.addProfile("default", "endpoint_url = http://profile") }},
	}
	expectOrder(t, settings, func(t *testing.T, s *surroundings) string {
		t.Helper()
		if s.options.Endpoints["ssm"] == s.url {
			delete(s.options.Endpoints, "ssm")
		}
		s.options.Region, s.options.AccessKey, s.options.SecretKey = "eu-west-1", "AKIAOPTIONS", "secret-of-AKIAOPTIONS"
		return s.open(t).SSMEndpoint()
	})
}

//nolint:paralleltest // It sets environment variables.
func TestOpen_retries(t *testing.T) {
	settings := []setting{
		{name: "the options", want: "5", set: func(_ *testing.T, s *surroundings) { s.options.MaxRetries = 4 }},
		{name: "AWS_MAX_ATTEMPTS", want: "7", set: variables("AWS_MAX_ATTEMPTS", "7")},
		{name: "the profile", want: "9", set: func(_ *testing.T, s *surroundings) { s.addProfile("default", "max_attempts = 9") }},
		{name: "nothing", want: "26", set: variables()},
	}
	expectOrder(t, settings, func(t *testing.T, s *surroundings) string {
		t.Helper()
		s.options.Region, s.options.AccessKey, s.options.SecretKey = "eu-west-1", "AKIAOPTIONS", "secret-of-AKIAOPTIONS"
		return fmt.Sprint(s.open(t).EC2().Options().Retryer.MaxAttempts())
	})
}

package awsclient_test

import (
	"encoding/pem"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/awsclient"
)

// Each row is a variable that the guide names, or a few that belong together.
func TestOpen_environmentChoosesEndpoints(t *testing.T) {
	tests := map[string]struct {
		variables map[string]string
		options   map[string]string
		want      []string
	}{
		"nothing": {
			want: []string{"sts.eu-west-1.amazonaws.com", "ec2.eu-west-1.amazonaws.com", "ssm.eu-west-1.amazonaws.com", "monitoring.eu-west-1.amazonaws.com"},
		},
		"FIPS": {
			variables: map[string]string{"AWS_USE_FIPS_ENDPOINT": "true"},
			want:      []string{"sts-fips.eu-west-1.amazonaws.com", "ec2-fips.eu-west-1.amazonaws.com", "ssm-fips.eu-west-1.amazonaws.com", "monitoring-fips.eu-west-1.amazonaws.com"},
		},
		"dual stack": {
			variables: map[string]string{"AWS_USE_DUALSTACK_ENDPOINT": "true"},
			want:      []string{"sts.eu-west-1.api.aws", "ec2.eu-west-1.api.aws", "ssm.eu-west-1.api.aws", "monitoring.eu-west-1.api.aws"},
		},
		"one endpoint for all": {
			variables: map[string]string{"AWS_ENDPOINT_URL": "http://all.test"},
			want:      []string{"all.test", "all.test", "all.test", "all.test"},
		},
		"an endpoint for each": {
			variables: map[string]string{
				"AWS_ENDPOINT_URL_STS": "http://sts.test", "AWS_ENDPOINT_URL_EC2": "http://ec2.test",
				"AWS_ENDPOINT_URL_SSM": "http://ssm.test", "AWS_ENDPOINT_URL_CLOUDWATCH": "http://cloudwatch.test",
			},
			want: []string{"sts.test", "ec2.test", "ssm.test", "cloudwatch.test"},
		},
		"endpoints that are to be ignored": {
			variables: map[string]string{"AWS_ENDPOINT_URL": "http://all.test", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
			want:      []string{"sts.eu-west-1.amazonaws.com", "ec2.eu-west-1.amazonaws.com", "ssm.eu-west-1.amazonaws.com", "monitoring.eu-west-1.amazonaws.com"},
		},
		"some in the options": {
			variables: map[string]string{"AWS_ENDPOINT_URL": "http://all.test"},
			options:   map[string]string{"ec2": "http://ours.test", "cloudwatch": "http://metrics.test"},
			want:      []string{"all.test", "ours.test", "all.test", "metrics.test"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for name, value := range test.variables {
				t.Setenv(name, value)
			}
			hosts := &hostRecorder{}
			session, err := awsclient.Open(t.Context(), awsclient.Options{
				Region: "eu-west-1", AccessKey: "AKIAFIRST", SecretKey: "secret-of-AKIAFIRST", Endpoints: test.options, HTTPClient: hosts,
			})
			if err != nil {
				t.Fatal(err)
			}
			callEach(t, session)
			if diff := cmp.Diff(test.want, hosts.hosts); diff != "" {
				t.Errorf("where the calls go (-want +got):\n%s", diff)
			}
		})
	}
}

// callEach calls each service but STS once, and expects that AWS refuses.
func callEach(t *testing.T, session *awsclient.Session) {
	t.Helper()
	_, _ = session.EC2().DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{})
	_, _ = session.SSM().GetParameters(t.Context(), &ssm.GetParametersInput{Names: []string{"/x"}})
	_, _ = session.CloudWatch().ListMetrics(t.Context(), &cloudwatch.ListMetricsInput{})
}

// A CA bundle in the environment holds for the provider's own client, and doesn't
// disturb another one.
func TestOpen_caBundle(t *testing.T) {
	server := httptest.NewTLSServer(newCloud())
	t.Cleanup(server.Close)
	bundle := writeFile(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	const unknown = "checking the credentials: no answer from ADDRESS: tls: failed to verify certificate: x509: certificate signed by unknown authority; " +
		"if that is your company's authority, give its certificate with custom_ca_bundle or AWS_CA_BUNDLE"
	tests := map[string]struct {
		variable string
		change   func(*awsclient.Options)
		want     string
	}{
		"none":               {change: func(*awsclient.Options) {}, want: unknown},
		"in the options":     {change: func(o *awsclient.Options) { o.CustomCABundle = bundle }},
		"in the environment": {variable: bundle, change: func(*awsclient.Options) {}},
		"another client":     {variable: bundle, change: func(o *awsclient.Options) { o.HTTPClient = server.Client() }},
		"no file": {
			change: func(o *awsclient.Options) { o.CustomCABundle = "/nowhere" },
			want:   "custom_ca_bundle can't be read: open /nowhere: no such file or directory",
		},
		"no certificate in it": {
			change: func(o *awsclient.Options) { o.CustomCABundle = "/dev/null" },
			want:   "custom_ca_bundle has no certificate in /dev/null; it must be a file in the PEM format",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv("AWS_CA_BUNDLE", test.variable)
			o := withKey(server.URL, "AKIAFIRST")
			test.change(&o)
			_, err := awsclient.Open(t.Context(), o)
			expectError(t, err, strings.ReplaceAll(test.want, "ADDRESS", server.Listener.Addr().String()))
		})
	}
}

// The proxy that TestMain has put into the environment knows the host, and nobody else
// does.
func TestOpen_proxy(t *testing.T) {
	t.Parallel()
	session, err := awsclient.Open(t.Context(), withKey("http://"+proxied, "AKIAFIRST"))
	if err != nil {
		t.Fatal(err)
	}
	if session.Account() != account {
		t.Errorf("the account is %q", session.Account())
	}
}

func TestOpen_userAgent(t *testing.T) {
	tests := map[string]struct {
		variables map[string]string
		version   string
		want      string
	}{
		"the provider":     {version: "1.2.3", want: " terraform-provider-muster/1.2.3"},
		"an unknown one":   {want: " terraform-provider-muster"},
		"something to add": {version: "1.2.3", variables: map[string]string{"TF_APPEND_USER_AGENT": "pipeline/7 (ci)"}, want: " terraform-provider-muster/1.2.3 pipeline/7 (ci)"},
		"what no header holds": {
			version: "1.2.3", variables: map[string]string{"TF_APPEND_USER_AGENT": "pipeline\r\nX-Evil: é1"}, want: " terraform-provider-muster/1.2.3 pipelineX-Evil: 1",
		},
		"an application": {
			version: "1.2.3", variables: map[string]string{"AWS_SDK_UA_APP_ID": "shop"}, want: " app/shop terraform-provider-muster/1.2.3",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for name, value := range test.variables {
				t.Setenv(name, value)
			}
			c := newCloud()
			o := withKey(c.serve(t), "AKIAFIRST")
			o.Version = test.version
			if _, err := awsclient.Open(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			if got := c.seen()[0].UserAgent; !strings.HasPrefix(got, "aws-sdk-go-v2/") || !strings.HasSuffix(got, test.want) {
				t.Errorf("the user agent is %q, want one that ends in %q", got, test.want)
			}
		})
	}
}

// The clients are the SDK's, and have no log of their own.
func TestSession_writesNoLogOfTheSDK(t *testing.T) {
	t.Parallel()
	session := newScript(t).open(awsclient.Options{})
	for _, mode := range []aws.ClientLogMode{session.EC2().Options().ClientLogMode, session.SSM().Options().ClientLogMode, session.CloudWatch().Options().ClientLogMode} {
		if mode != 0 {
			t.Errorf("a client logs %d", mode)
		}
	}
}

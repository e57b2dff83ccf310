package awsfake

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"
)

const sdk = "github.com/aws/aws-sdk-go-v2/service/"

// snapshot returns the body of the SDK's own example of a request. Every member of the
// operation's input is set in it.
func snapshot(t *testing.T, module, operation string) string {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		t.Fatalf("go list -m %s: %v", module, err)
	}
	content, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "request_snapshot", operation+".request.snap"))
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.SplitN(string(content), "\n\n", 3)
	if len(parts) != 3 {
		t.Fatalf("the example of %s has no body", operation)
	}
	return parts[2]
}

// wire is an HTTP client that keeps what is sent and answers what it is told.
type wire struct {
	answer string
	sent   []byte
}

func (w *wire) Do(r *http.Request) (*http.Response, error) {
	sent, err := io.ReadAll(r.Body)
	w.sent = sent
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(w.answer))}, err
}

func (w *wire) config() aws.Config {
	config := NewWorld(Options{}).Config()
	config.HTTPClient = w
	return config
}

// call makes the call that client has for the input, and returns its output.
func call(t *testing.T, client, input any) reflect.Value {
	t.Helper()
	name := strings.TrimSuffix(reflect.TypeOf(input).Elem().Name(), "Input")
	results := reflect.ValueOf(client).MethodByName(name).Call([]reflect.Value{reflect.ValueOf(t.Context()), reflect.ValueOf(input)})
	if err, failed := reflect.TypeAssert[error](results[1]); failed {
		t.Fatalf("%s: %v", name, err)
	}
	return results[0]
}

func ec2Inputs() []any {
	return []any{
		&ec2.RunInstancesInput{}, &ec2.DescribeInstancesInput{}, &ec2.CreateTagsInput{}, &ec2.RebootInstancesInput{},
		&ec2.TerminateInstancesInput{}, &ec2.GetConsoleOutputInput{}, &ec2.DescribeImagesInput{},
		&ec2.CreateLaunchTemplateInput{}, &ec2.CreateLaunchTemplateVersionInput{},
		&ec2.DescribeLaunchTemplatesInput{}, &ec2.DescribeLaunchTemplateVersionsInput{},
		&ec2.DeleteLaunchTemplateVersionsInput{}, &ec2.DeleteLaunchTemplateInput{},
	}
}

// The SDK's example of a request, decoded by the fake and encoded again by the SDK, is
// the same: nothing of it is lost or taken for something else.
func TestForm_into(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, module string, names codec, client func(aws.Config) any, inputs []any) {
		t.Helper()
		for _, input := range inputs {
			name := strings.TrimSuffix(reflect.TypeOf(input).Elem().Name(), "Input")
			want := snapshot(t, sdk+module, name)
			tree, err := parseForm(want)
			if err != nil {
				t.Fatal(err)
			}
			if err := tree.without("Action", "Version").into(names, input); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			w := &wire{answer: "<X><" + name + "Result></" + name + "Result></X>"}
			call(t, client(w.config()), input)
			wantForm, _ := url.ParseQuery(want)
			gotForm, _ := url.ParseQuery(string(w.sent))
			if diff := cmp.Diff(wantForm, gotForm); diff != "" {
				t.Errorf("%s: -want +got:\n%s", name, diff)
			}
		}
	}
	check(t, "ec2", ec2Codec(), func(c aws.Config) any { return ec2.NewFromConfig(c) }, ec2Inputs())
	check(t, "sts", queryCodec(), func(c aws.Config) any { return sts.NewFromConfig(c) },
		[]any{&sts.AssumeRoleInput{}, &sts.AssumeRoleWithWebIdentityInput{}, &sts.GetCallerIdentityInput{}})
}

func TestForm_into_refused(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"MaxResults=5&Filter.1.Name=x":   "",
		"MaxResults=many":                "InvalidParameterValue",
		"MaxResults=5&MaxResults=6":      "InvalidParameterValue",
		"Nope=1":                         "UnknownParameter",
		"Filter.1.Nope=1":                "UnknownParameter",
		"InstanceId.1=a&InstanceId.3=b":  "InvalidParameterValue",
		"InstanceIds.1=a":                "UnknownParameter", // The SDK's name, not the API's.
		"MaxResults=5&Filter.1.Name=%zz": "MalformedQueryString",
	} {
		tree, err := parseForm(body)
		if err == nil {
			err = tree.into(ec2Codec(), &ec2.DescribeInstancesInput{})
		}
		var refusal *apiError
		if got := errors.As(err, &refusal); got != (want != "") || got && refusal.code != want {
			t.Errorf("%s: got %v, want %q", body, err, want)
		}
	}
}

// The same for SSM, whose JSON the fake decodes with encoding/json.
func TestSSM_decode(t *testing.T) {
	t.Parallel()
	for _, input := range []any{
		&ssm.PutParameterInput{}, &ssm.GetParameterInput{}, &ssm.GetParametersInput{},
		&ssm.GetParametersByPathInput{}, &ssm.DeleteParametersInput{},
	} {
		name := strings.TrimSuffix(reflect.TypeOf(input).Elem().Name(), "Input")
		want := snapshot(t, sdk+"ssm", name)
		decoder := json.NewDecoder(strings.NewReader(want))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(input); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		w := &wire{answer: "{}"}
		call(t, ssm.NewFromConfig(w.config()), input)
		var wantJSON, gotJSON any
		if err := json.Unmarshal([]byte(want), &wantJSON); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(w.sent, &gotJSON); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wantJSON, gotJSON); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

// What the fake encodes with everything set, the SDK decodes without a loss.
func TestEncodeXML(t *testing.T) {
	t.Parallel()
	for _, input := range ec2Inputs() {
		fill(reflect.ValueOf(input).Elem()) // Some members are required.
		w := &wire{answer: "<X></X>"}
		output := call(t, ec2.NewFromConfig(w.config()), input)
		want := reflect.New(output.Type().Elem())
		fill(want.Elem())
		var b bytes.Buffer
		if err := encodeXML(&b, ec2Codec(), want.Interface()); err != nil {
			t.Fatal(err)
		}
		w.answer = "<X>" + b.String() + "</X>"
		got := call(t, ec2.NewFromConfig(w.config()), input)
		got.Elem().FieldByName("ResultMetadata").SetZero()
		everything := cmp.Exporter(func(reflect.Type) bool { return true })
		if diff := cmp.Diff(want.Interface(), got.Interface(), everything); diff != "" {
			t.Errorf("%s: -want +got:\n%s", want.Type().Elem().Name(), diff)
		}
	}
}

// fill sets everything, lists to two entries.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0))
		fill(v.Index(1))
	case reflect.String:
		v.SetString("a <text> & more")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int32, reflect.Int64:
		v.SetInt(7)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(2.5)
	case reflect.Struct:
		fillStruct(v)
	default:
	}
}

func fillStruct(v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)))
		return
	}
	for field, value := range v.Fields() {
		if field.IsExported() && field.Name != "ResultMetadata" {
			fill(value)
		}
	}
}

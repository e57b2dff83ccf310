package provider_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// failing is secret with a boot script of db that prints what it has, and fails.
func (s stack) failing() stack {
	db := s.configurations[0]
	db.boot = keepPassword + `
set -x
password=$(cat root_password)
echo "the password is $password"
cat root_password >&2
exit 7`
	s.configurations = []configuration{db, s.configurations[1]}
	return s
}

// A secret travels to its servers on EC2, and one of theirs to other servers, and is
// nowhere else.
func TestAccAWS_secretIsNowhere(t *testing.T) {
	t.Parallel()
	cloud := acctest.NewCloud(t, acctest.CloudSpec{})
	w := cloud.NewWorkspace(t)
	first, canaries := newSecret()
	second, more := newSecret()
	watch := newWatch(t, w, append(canaries, more...))

	w.Setenv("TF_VAR_password", first)
	w.Write(secret("1").failing().String())
	watch.expectFailure("db-0: boot script exited with exit code 7; the end of its log:", "the password is (sensitive)")
	watch.lookAtCloud(cloud)
	w.Write(secret("1").String())
	watch.apply()
	watch.lookAtCloud(cloud)
	expectFiles(t, cloud, map[string]string{"db": first, "web": "made-by-db-" + first})

	w.Setenv("TF_VAR_password", second)
	w.ExpectNothingToDo()
	w.Write(secret("2").String())
	watch.apply()
	watch.lookAtCloud(cloud)
	expectFiles(t, cloud, map[string]string{"db": second})
	for _, exposure := range watch.exposures() {
		t.Error(exposure)
	}
	t.Logf("looked at %s", watch)
}

// expectFiles wants the servers of the groups to have the secrets that are theirs.
func expectFiles(t *testing.T, cloud *acctest.Cloud, want map[string]string) {
	t.Helper()
	names := map[string]string{"db": "root_password", "web": "db_token"}
	got := make(map[string]string)
	for _, instance := range cloud.Live() {
		group := instance.Tags["muster.group"]
		if want[group] != "" {
			got[group] = cloud.File(t, instance.ID, names[group])
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what the servers have (-want +got):\n%s", diff)
	}
}

// lookAtCloud looks at all of the account that isn't encrypted, as it is and unpacked.
func (w *watch) lookAtCloud(cloud *acctest.Cloud) {
	w.t.Helper()
	for _, instance := range cloud.Instances() {
		w.note("the user data of "+instance.ID, unpacked(instance.UserData))
		w.lookAtTags("the tags of "+instance.ID, instance.Tags)
		console, err := cloud.Console(instance.ID)
		if err != nil {
			w.t.Fatal(err)
		}
		w.note("the console of "+instance.ID, console)
	}
	for _, template := range cloud.LaunchTemplates() {
		for _, version := range template.Versions {
			data, err := json.Marshal(version.Data)
			if err != nil {
				w.t.Fatal(err)
			}
			w.note("the launch template "+template.Name, append(data, unpacked(version.UserData)...))
		}
	}
	for _, parameter := range cloud.Parameters() {
		if parameter.Type != "SecureString" {
			w.note("the parameter "+parameter.Name, []byte(parameter.Value))
		}
	}
}

// lookAtTags looks at each value, and at all with a common prefix as the one document
// that they are pieces of.
func (w *watch) lookAtTags(place string, tags map[string]string) {
	documents := make(map[string]string)
	for _, key := range slices.SortedFunc(maps.Keys(tags), byNumber) {
		prefix, _ := cutLast(key)
		documents[prefix] += tags[key]
		w.note(place, []byte(tags[key]))
	}
	for _, document := range documents {
		if decoded, err := base64.StdEncoding.DecodeString(document); err == nil {
			w.note(place, unpacked(decoded))
		}
	}
}

// byNumber sorts "x.2" before "x.10".
func byNumber(a, b string) int {
	number := func(key string) (n int) {
		_, text := cutLast(key)
		_, _ = fmt.Sscan(text, &n)
		return n
	}
	return number(a) - number(b)
}

// cutLast cuts a text at its last dot.
func cutLast(text string) (before, after string) {
	at := strings.LastIndex(text, ".")
	if at < 0 {
		return text, ""
	}
	return text[:at], text[at+1:]
}

// unpacked returns the content and, where it is compressed, what it was before.
func unpacked(content []byte) []byte {
	reader, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return content
	}
	plain, _ := io.ReadAll(reader)
	return append(slices.Clone(content), plain...)
}

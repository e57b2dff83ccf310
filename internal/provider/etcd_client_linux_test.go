package provider_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

const (
	// etcdPatience is how long etcd may take for a request, as with etcdctl.
	etcdPatience = 5 * time.Second
	// etcdElection is how long the members may take to elect a leader, also on a machine
	// that is busy.
	etcdElection = 10 * time.Second
)

// etcdEndpoint is the URL at which a member of a cluster serves clients.
type etcdEndpoint string

// etcdMember is a member as etcd lists it. It has no client URL before it has started.
type etcdMember struct {
	Name       string
	ClientURLs []etcdEndpoint
	IsLearner  bool
}

// voters returns the endpoints of the members that have started and vote.
func voters(members []etcdMember) []etcdEndpoint {
	var endpoints []etcdEndpoint
	for _, member := range members {
		if !member.IsLearner && len(member.ClientURLs) > 0 {
			endpoints = append(endpoints, member.ClientURLs[0])
		}
	}
	return endpoints
}

// members returns the members that the one at the endpoint knows.
func (e etcdEndpoint) members(ctx context.Context) ([]etcdMember, error) {
	var answer struct{ Members []etcdMember }
	err := e.call(ctx, "cluster/member/list", struct{}{}, &answer)
	return answer.Members, err
}

// health is "etcdctl endpoint health", a read that a quorum has to agree on. While a leader is
// being elected it waits, but not for a member that doesn't run.
func (e etcdEndpoint) health(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, etcdElection)
	defer cancel()
	var last error
	err := wait.Until(ctx, 100*time.Millisecond, func(ctx context.Context) (bool, error) {
		_, _, last = e.get(ctx, "health")
		var refused *net.OpError
		return last == nil || errors.As(last, &refused) && refused.Op == "dial", nil
	})
	return errors.Join(err, last)
}

// etcdKey is a key or a value, which travel as base64.
type etcdKey []byte

func (e etcdEndpoint) put(ctx context.Context, key, value string) error {
	request := struct {
		Key   etcdKey `json:"key"`
		Value etcdKey `json:"value"`
	}{etcdKey(key), etcdKey(value)}
	return e.call(ctx, "kv/put", request, &struct{}{})
}

// get returns what the cluster, and not only the member, has under the key.
func (e etcdEndpoint) get(ctx context.Context, key string) (value string, found bool, err error) {
	request := struct {
		Key etcdKey `json:"key"`
	}{etcdKey(key)}
	var answer struct {
		KVs []struct{ Value etcdKey }
	}
	if err := e.call(ctx, "kv/range", request, &answer); err != nil || len(answer.KVs) == 0 {
		return "", false, err
	}
	return string(answer.KVs[0].Value), true, nil
}

// count returns how many keys the cluster has from one key to before another.
func (e etcdEndpoint) count(ctx context.Context, from, before string) (int, error) {
	request := struct {
		Key       etcdKey `json:"key"`
		RangeEnd  etcdKey `json:"range_end"`
		CountOnly bool    `json:"count_only"`
	}{etcdKey(from), etcdKey(before), true}
	var answer struct{ Count string }
	if err := e.call(ctx, "kv/range", request, &answer); err != nil {
		return 0, err
	}
	return strconv.Atoi(answer.Count)
}

// call calls the member's JSON gateway.
func (e etcdEndpoint) call(ctx context.Context, path string, request, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, etcdPatience)
	defer cancel()
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, string(e)+"/v3/"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(post)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s at %s: %s: %s", path, e, response.Status, bytes.TrimSpace(content))
	}
	return json.Unmarshal(content, answer)
}

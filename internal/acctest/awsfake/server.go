package awsfake

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
)

// request is a request that was read and whose operation is known.
type request struct {
	http      *http.Request
	body      []byte
	service   string // the name that is signed
	operation string
	form      *form
	// caller is who has signed it; nil: denied says why that isn't known.
	caller *principal
	denied error
}

// operation is an operation of an API. Its handler is called with the world locked.
type operation struct {
	handle func(*World, *request) ([]byte, error)
	// anonymous operations need no signature.
	anonymous bool
}

// The names of the services in signatures.
const (
	serviceEC2        = "ec2"
	serviceSSM        = "ssm"
	serviceSTS        = "sts"
	serviceCloudWatch = "monitoring"
)

const (
	graniteService = "/service/GraniteServiceVersion20100801/operation/"
	ssmTarget      = "AmazonSSM."
	ec2Version     = "2016-11-15"
	stsVersion     = "2011-06-15"
)

// ServeHTTP answers a request to any of the services.
func (w *World) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	defer exposePanic()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // The client has gone.
	}
	req := &request{http: r, body: body}
	if err := req.route(); err != nil {
		w.unknown(req)
		w.refuse(rw, req, err)
		return
	}
	req.caller, req.denied = w.authenticate(r.Context(), req)
	if lost := w.serve(rw, req); lost {
		panic(http.ErrAbortHandler) // It took effect, and the connection closes.
	}
}

// exposePanic ends the process when the fake itself is at fault: net/http would close
// the connection, which looks like one of the accidents that clients have to survive.
func exposePanic() {
	if v := recover(); v == http.ErrAbortHandler { //nolint:errorlint // That very value is what net/http looks for.
		panic(v)
	} else if v != nil {
		go panic(v)
		select {}
	}
}

// serve carries the request out and reports whether its answer is to be lost.
func (w *World) serve(rw http.ResponseWriter, req *request) (lost bool) {
	answer, lost, err := w.admitAndRun(req)
	switch {
	case err != nil:
		w.refuse(rw, req, err)
		return false
	case req.service == serviceCloudWatch:
		if lost {
			rw = httptest.NewRecorder()
		}
		req.http.Body = io.NopCloser(bytes.NewReader(req.body))
		w.options.CloudWatch.ServeHTTP(rw, req.http)
	case !lost:
		w.answer(rw, req, answer)
	}
	return lost
}

func (w *World) admitAndRun(req *request) (answer []byte, lost bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	answer, err = w.run(req)
	lost = err == nil && w.loses(req)
	if lost && w.faults.Lost.InternalErrors && req.service != serviceCloudWatch && w.chance(0.5) {
		lost, err = false, fault(http.StatusInternalServerError, "InternalError", "An internal error has occurred")
	}
	w.journal.note(req, err)
	return answer, lost, err
}

func (w *World) run(req *request) ([]byte, error) {
	op, listed := w.operations[req.service+"."+req.operation]
	if req.service == serviceCloudWatch {
		listed = w.options.CloudWatch != nil
	}
	if !op.anonymous && req.denied != nil {
		return nil, req.denied
	}
	if !listed {
		w.journal.unlisted = append(w.journal.unlisted, req.service+"."+req.operation)
		return nil, fault(400, "InvalidAction", "The action %s is not valid for this web service.", req.operation)
	}
	if err := w.authorize(req); err != nil {
		return nil, err
	}
	if err := w.throttle(req); err != nil {
		return nil, err
	}
	if err := w.refuses(req); err != nil {
		return nil, err
	}
	if req.service == serviceCloudWatch {
		return nil, nil
	}
	return op.handle(w, req)
}

// route finds out which operation of which service is asked for.
func (r *request) route() error {
	path := r.http.URL.Path
	target := r.http.Header.Get("X-Amz-Target")
	switch {
	case strings.HasPrefix(path, graniteService):
		r.service, r.operation = serviceCloudWatch, strings.TrimPrefix(path, graniteService)
	case strings.HasPrefix(target, ssmTarget):
		r.service, r.operation = serviceSSM, strings.TrimPrefix(target, ssmTarget)
	default:
		return r.routeQuery()
	}
	return nil
}

func (r *request) routeQuery() error {
	r.service = serviceEC2
	tree, err := parseForm(string(r.body))
	if err != nil {
		return err
	}
	r.form = tree.without("Action", "Version")
	if action := tree.children["Action"]; action != nil {
		r.operation = action.value
	}
	version := ""
	if v := tree.children["Version"]; v != nil {
		version = v.value
	}
	switch version {
	case ec2Version:
	case stsVersion:
		r.service = serviceSTS
	default:
		return fault(400, "InvalidAction", "The API version %q is not known.", version)
	}
	return nil
}

func (w *World) answer(rw http.ResponseWriter, req *request, body []byte) {
	id := w.requestID()
	rw.Header().Set("X-Amzn-Requestid", id)
	switch req.service {
	case serviceSSM:
		rw.Header().Set("Content-Type", "application/x-amz-json-1.1")
	case serviceSTS:
		rw.Header().Set("Content-Type", "text/xml")
		body = fmt.Appendf(nil, "<%[1]sResponse xmlns=%[2]q><%[1]sResult>%[3]s</%[1]sResult><ResponseMetadata><RequestId>%[4]s</RequestId></ResponseMetadata></%[1]sResponse>",
			req.operation, "https://sts.amazonaws.com/doc/"+stsVersion+"/", body, id)
	default:
		rw.Header().Set("Content-Type", "text/xml;charset=UTF-8")
		body = fmt.Appendf(nil, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<%[1]sResponse xmlns=%[2]q><requestId>%[3]s</requestId>%[4]s</%[1]sResponse>",
			req.operation, "http://ec2.amazonaws.com/doc/"+ec2Version+"/", id, body)
	}
	_, _ = rw.Write(body)
}

// refuse writes an error in the protocol of the service.
func (w *World) refuse(rw http.ResponseWriter, req *request, err error) {
	var refusal *apiError
	if !errors.As(err, &refusal) {
		refusal = &apiError{status: http.StatusInternalServerError, code: "InternalError", message: err.Error()}
	}
	id := w.requestID()
	rw.Header().Set("X-Amzn-Requestid", id)
	var body []byte
	switch req.service {
	case serviceSSM:
		rw.Header().Set("Content-Type", "application/x-amz-json-1.1")
		body, _ = json.Marshal(map[string]string{"__type": refusal.code, "message": refusal.message})
	case serviceCloudWatch:
		body = cborError(rw.Header(), refusal)
	case serviceSTS:
		rw.Header().Set("Content-Type", "text/xml")
		body = fmt.Appendf(nil, "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/%s/\"><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>%s</RequestId></ErrorResponse>",
			stsVersion, escape(refusal.code), escape(refusal.message), id)
	default:
		rw.Header().Set("Content-Type", "text/xml;charset=UTF-8")
		body = fmt.Appendf(nil, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>%s</RequestID></Response>",
			escape(refusal.code), escape(refusal.message), id)
	}
	rw.WriteHeader(refusal.status)
	_, _ = rw.Write(body)
}

func (w *World) requestID() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return fmt.Sprintf("%08x-%04x-4000-8000-%012x", w.random.Uint32(), w.random.Uint32()&0xffff, w.random.Uint64()&0xffffffffffff)
}

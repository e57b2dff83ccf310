package awsfake

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"

	"github.com/aws/smithy-go/encoding/cbor"
)

// onEC2 is an operation of EC2 in terms of the SDK's own types.
func onEC2[I, O any](handle func(*World, *I) (*O, error)) operation {
	return queryOperation(ec2Codec(), func(w *World, _ *request, in *I) (*O, error) { return handle(w, in) })
}

// onEC2Request is onEC2 for what is done once per client token: it compares the request.
func onEC2Request[I, O any](handle func(*World, *request, *I) (*O, error)) operation {
	return queryOperation(ec2Codec(), handle)
}

// onSTS is an operation of STS; it may need to know who calls.
func onSTS[I, O any](handle func(*World, *request, *I) (*O, error)) operation {
	return queryOperation(queryCodec(), handle)
}

func queryOperation[I, O any](names codec, handle func(*World, *request, *I) (*O, error)) operation {
	return operation{handle: func(w *World, req *request) ([]byte, error) {
		in := new(I)
		if err := req.form.into(names, in); err != nil {
			return nil, err
		}
		out, err := handle(w, req, in)
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		err = encodeXML(&b, names, out)
		return b.Bytes(), err
	}}
}

// onSSM is an operation of SSM, whose JSON has the names of the SDK's fields.
func onSSM[I any](handle func(*World, *I) (any, error)) operation {
	return operation{handle: func(w *World, req *request) ([]byte, error) {
		in := new(I)
		decoder := json.NewDecoder(bytes.NewReader(req.body))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(in); err != nil {
			return nil, fault(400, "SerializationException", "%v", err)
		}
		out, err := handle(w, in)
		if err != nil {
			return nil, err
		}
		return json.Marshal(out)
	}}
}

// cborError returns an error as the Smithy RPC v2 protocol has it.
func cborError(header http.Header, refusal *apiError) []byte {
	header.Set("Content-Type", "application/cbor")
	header.Set("Smithy-Protocol", "rpc-v2-cbor")
	side := "Sender"
	if refusal.status >= http.StatusInternalServerError {
		side = "Receiver"
	}
	header.Set("X-Amzn-Query-Error", refusal.code+";"+side)
	return cbor.Encode(cbor.Map{
		"__type":  cbor.String(refusal.code),
		"message": cbor.String(refusal.message),
	})
}

func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text))
	return b.String()
}

package channel

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
)

// maxUnpacked bounds what is unpacked: it is as large as the largest document that the
// package boot reads.
const maxUnpacked = 32 << 20

// compress returns the content as gzip, always in the same way.
func compress(content []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		// The level exists, and a buffer takes everything.
		panic(fmt.Sprintf("compressing %d bytes: %v", len(content), err))
	}
	return b.Bytes()
}

func expand(compressed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(r, maxUnpacked+1))
	if err != nil {
		return nil, err
	}
	if len(content) > maxUnpacked {
		return nil, errors.New("it is too large")
	}
	return content, nil
}

// pack returns the content as base64 of gzip, as the shell does.
func pack(content []byte) string { return encode(compress(content)) }

func encode(content []byte) string { return base64.StdEncoding.EncodeToString(content) }

func unpack(text string) ([]byte, error) {
	compressed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	return expand(compressed)
}

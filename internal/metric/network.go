package metric

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
)

// NetworkCause says why a request over HTTP has failed, in words that are the same
// each time and hold no address: the errors of package net name both ends, down to the
// local port, and those of TLS the time of day. It is empty for an error that tells
// nothing.
func NetworkCause(err error) string {
	var (
		dns     *net.DNSError
		record  tls.RecordHeaderError
		errno   syscall.Errno
		network net.Error
		op      *net.OpError
	)
	switch {
	case errors.Is(err, context.Canceled):
		return "the request was cancelled"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return "no answer in time"
	case errors.As(err, &dns) && dns.IsNotFound:
		return "no such host"
	case errors.As(err, &dns):
		return "the host's name can't be resolved"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "it doesn't speak TLS"
	case errors.As(err, &op) && op.Op == "remote error": // So crypto/tls calls an alert.
		return "it ends the TLS handshake; it may want another client certificate"
	case errors.As(err, &errno):
		return errno.Error()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed too early"
	}
	return certificateCause(err)
}

func certificateCause(err error) string {
	var (
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &unknown):
		return "its certificate is signed by an unknown authority"
	case errors.As(err, &host):
		return "its certificate is for another host"
	case errors.As(err, &invalid):
		return "its certificate is not valid or has expired"
	}
	return ""
}

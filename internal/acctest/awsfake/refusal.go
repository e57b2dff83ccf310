package awsfake

import "net/http"

// refusal is why a request isn't let in. Each service says it in its own way.
type refusal int

const (
	accepted refusal = iota
	missingSignature
	incompleteSignature
	unknownKey
	badSignature
	expiredToken
	skewedClock
	wrongService
	wrongRegion
)

// refusedAs returns the error by which the service refuses.
func refusedAs(service string, kind refusal) error {
	message := kind.message()
	switch service {
	case serviceEC2:
		return refusedByEC2(kind, message)
	case serviceSSM, serviceCloudWatch:
		return refusedByJSON(kind, message)
	default:
		return refusedByQuery(kind, message)
	}
}

func (r refusal) message() string {
	switch r {
	case missingSignature:
		return "Request is missing Authentication Token"
	case incompleteSignature:
		return "Authorization header requires Credential, SignedHeaders and Signature, and a X-Amz-Date."
	case unknownKey:
		return "The security token included in the request is invalid."
	case expiredToken:
		return "The security token included in the request is expired"
	case skewedClock:
		return "Signature expired, or not yet current: the clock of the client is off."
	case wrongService:
		return "Credential should be scoped to correct service."
	case wrongRegion:
		return "Credential should be scoped to a valid region."
	default:
		return "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method."
	}
}

func refusedByEC2(kind refusal, message string) error {
	switch kind {
	case missingSignature:
		return fault(http.StatusForbidden, "MissingAuthenticationToken", "%s", message)
	case expiredToken, skewedClock:
		return fault(http.StatusBadRequest, "RequestExpired", "Request has expired.")
	default:
		return fault(http.StatusUnauthorized, "AuthFailure", "AWS was not able to validate the provided access credentials")
	}
}

func refusedByJSON(kind refusal, message string) error {
	code := "InvalidSignatureException"
	switch kind {
	case missingSignature:
		code = "MissingAuthenticationTokenException"
	case incompleteSignature:
		code = "IncompleteSignatureException"
	case unknownKey:
		code = "UnrecognizedClientException"
	case expiredToken:
		code = "ExpiredTokenException"
	default:
	}
	return fault(http.StatusBadRequest, code, "%s", message)
}

func refusedByQuery(kind refusal, message string) error {
	code := "SignatureDoesNotMatch"
	switch kind {
	case missingSignature:
		code = "MissingAuthenticationToken"
	case incompleteSignature:
		code = "IncompleteSignature"
	case unknownKey:
		code = "InvalidClientTokenId"
	case expiredToken:
		code = "ExpiredToken"
	default:
	}
	return fault(http.StatusForbidden, code, "%s", message)
}

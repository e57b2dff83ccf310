package awsfake

import "fmt"

// apiError is an answer that refuses. Its wire form depends on the protocol.
type apiError struct {
	status        int
	code, message string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

// fault returns an error as an API gives it.
func fault(status int, code, format string, arguments ...any) error {
	return &apiError{status: status, code: code, message: fmt.Sprintf(format, arguments...)}
}

func invalidValue(format string, arguments ...any) error {
	return fault(400, "InvalidParameterValue", format, arguments...)
}

func invalidCombination(message string) error {
	return fault(400, "InvalidParameterCombination", "%s", message)
}

func missingParameter(name string) error {
	return fault(400, "MissingParameter", "The request must contain the parameter %s", name)
}

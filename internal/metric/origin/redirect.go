package origin

import (
	"errors"
	"fmt"
	"net/http"
)

// maxRedirects is how many redirects of one request are followed.
const maxRedirects = 3

var errRedirect = errors.New("redirect refused")

// checkRedirect follows a redirect only within the origin, and only with all that was
// sent: a client that is sent elsewhere with a POST may well arrive with an empty GET.
func (o Origin) checkRedirect(req *http.Request, via []*http.Request) error {
	switch {
	case len(via) > maxRedirects:
		return fmt.Errorf("%w: more than %d redirects", errRedirect, maxRedirects)
	case !o.same(req.URL):
		return fmt.Errorf("%w: it leads to another scheme, host or port", errRedirect)
	case req.Method != via[0].Method:
		return fmt.Errorf("%w: what was asked would get lost; use the URL to which it leads", errRedirect)
	}
	return nil
}

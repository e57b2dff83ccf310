package ec2

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// A client token names a run of slots of one launch at one place:
//
//	<mark>-<attempt>-<base>-<count>-<place>
//
// The mark is that of the incarnation. The place makes the token another one in
// another subnet, because EC2 keeps client tokens per zone. Nothing of it is random: a
// run that is sent again after a crash has the same token, and EC2 answers with what
// it has launched before.
const (
	markLength  = 16 // 80 bits
	placeLength = 8
)

var tokenPattern = regexp.MustCompile(
	`^([a-z2-7]{16})-([0-9]{1,9})-([0-9]{1,9})-([0-9]{1,3})-[a-z2-7]{8}$`)

// launchToken is what a client token says.
type launchToken struct {
	mark                 string
	attempt, base, count int
}

// incarnationMark returns what the client tokens of an incarnation begin with. Names
// and incarnations hold no NUL, so that no two of them have the same text.
func incarnationMark(namespace string, ref hosting.GroupRef) string {
	return shortHash(markLength, namespace, ref.Name, ref.Incarnation)
}

// placeMark is what differs between the tokens of one run at several places, and at one
// place after it was found to have no room.
func placeMark(sent send) string {
	return shortHash(placeLength, sent.InstanceType, sent.Subnet, strconv.Itoa(sent.Try))
}

func shortHash(length int, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:length]
}

// clientToken returns the token with which the run is sent, at most 64 characters.
func (s *Service) clientToken(ref hosting.GroupRef, sent send) string {
	place := placeMark
	if s.memory.placeMark != nil {
		place = s.memory.placeMark
	}
	return fmt.Sprintf("%s-%d-%d-%d-%s",
		incarnationMark(s.options.Namespace, ref), sent.Attempt, sent.Base, sent.Count, place(sent))
}

// parseToken reads a client token; ok is false where it is not one of this package's.
func parseToken(text string) (token launchToken, ok bool) {
	fields := tokenPattern.FindStringSubmatch(text)
	if fields == nil {
		return launchToken{}, false
	}
	token.mark = fields[1]
	// The pattern admits only digits, and few enough.
	token.attempt, _ = strconv.Atoi(fields[2])
	token.base, _ = strconv.Atoi(fields[3])
	token.count, _ = strconv.Atoi(fields[4])
	return token, true
}

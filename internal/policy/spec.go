package policy

import "time"

// Spec is a scaling policy as its user writes it. Its JSON names are the names of
// the arguments.
type Spec struct {
	// Min and Max bound the number of servers, both included.
	Min int `json:"min_servers"`
	Max int `json:"max_servers"`
	// Mode says whether the number is acted upon. The zero value is [ModeOn].
	Mode Mode `json:"mode"`
	// Signals, Rules and Schedules are keyed by name. A policy without rules holds
	// the number of servers within its bounds.
	Signals   map[string]Signal   `json:"signals"`
	Rules     map[string]Rule     `json:"rules"`
	Schedules map[string]Schedule `json:"schedules"`
	// Behavior limits how fast the number follows the rules.
	Behavior Behavior `json:"behavior"`
}

// Mode says what becomes of a decision.
type Mode string

// The modes.
const (
	// ModeOn, the default, acts on every decision.
	ModeOn Mode = "on"
	// ModeScaleOutOnly never removes a server (Google's ONLY_SCALE_OUT).
	ModeScaleOutOnly Mode = "scale_out_only"
	// ModeRecommend changes nothing and says what it would do (Google's OFF, a dry
	// run).
	ModeRecommend Mode = "recommend"
)

// Modes lists every Mode, for validators and documentation.
func Modes() []string {
	return []string{string(ModeOn), string(ModeScaleOutOnly), string(ModeRecommend)}
}

// Schedule sets bounds, or makes rules active, at certain times. It says what
// should be in force at an instant, so that nothing is lost if nobody looks when it
// begins.
type Schedule struct {
	// Start is a cron expression of five fields: when the schedule comes into force.
	Start string `json:"start"`
	// Duration, the time that passes from each start, or End, a cron expression like
	// Start, says when it ends. With neither it is in force until any other schedule
	// of the policy starts.
	Duration *time.Duration `json:"duration"`
	End      string         `json:"end"`
	// TimeZone is an IANA name; empty: UTC.
	TimeZone string `json:"time_zone"`
	// Min and Max take the place of the policy's own bounds while the schedule is in
	// force. Of several schedules the greatest Min and the smallest Max count; a Max
	// is never below the Min. Exact is both bounds at once; of several, that of the
	// schedule that started last.
	Min   *int `json:"min"`
	Max   *int `json:"max"`
	Exact *int `json:"exact"`
}

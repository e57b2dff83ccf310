package awsfake

import "time"

// Faults are the ways in which a world is as hard as the real one. The zero Faults are
// a friendly AWS: everything is visible at once, and nothing is scarce. What an API
// always does is no fault and can't be switched off: burnt and zonal client tokens,
// CreateTags that tags all or nothing, limits.
//
// Lags are upper bounds: each thing gets its own, seeded, between half of that and all
// of it, so that things done together don't become visible together.
type Faults struct {
	// DescribeLag is how long a new instance is unknown to everything but the tokens,
	// TagLag how long to CreateTags; it should be the longer one.
	DescribeLag, TagLag time.Duration
	// AddressLag is how long a new instance shows no addresses.
	AddressLag time.Duration
	// TagReadLag is how long DescribeInstances shows tags as they were before
	// CreateTags; TerminatedTagLag, if it isn't negative, how long a terminated
	// instance keeps its tags. Both count what is seen from outside; an instance's own
	// metadata service has MetadataTagLag, for each key its own.
	TagReadLag, MetadataTagLag time.Duration
	// TagsVanish lets a terminated instance show without its tags.
	TagsVanish bool
	// Boot is how long an instance is pending, Shutdown how long it is shutting down
	// or stopping.
	Boot, Shutdown time.Duration
	// Shuffle gives lists in an order that means nothing, SplitPages pages that are
	// shorter than asked for, some of them empty.
	Shuffle, SplitPages bool

	// Mismatch is what a known client token with other arguments does.
	Mismatch Mismatch
	// Burnt is when a client token is of no use any more.
	Burnt Burnt
	// FailedTokens keeps the arguments of a launch that failed for want of capacity:
	// its token can't be used with other arguments although nothing runs. Seen with
	// ubicloud/ubicloud#5898.
	FailedTokens bool

	// Throttle has the request rates and the resource rates of a new account.
	Throttle bool
	// ThrottleHalf throttles half of the calls, whatever their rate.
	ThrottleHalf bool
	// Lost is which answers are lost.
	Lost Lost
	// Refuse are calls that are refused, whatever they ask for.
	Refuse []Refusal

	// Capacity is how many instances can run in a place at a time. The first rule
	// that fits counts; no rule: no end.
	Capacity []Capacity
	// CapacityStatus is the HTTP status of InsufficientInstanceCapacity: 500, 400, or
	// 0 for one or the other.
	CapacityStatus int
	// VCPUs is the account's quota of vCPUs; 0: no end.
	VCPUs int
	// Addresses are the free addresses of each subnet; a subnet that isn't listed
	// has no end.
	Addresses map[string]int

	// ConsoleLag is how long a new instance has no console output at all.
	ConsoleLag time.Duration
	// TemplateLag is how long a new launch template, or a new version of one, is
	// unknown to those who read or launch.
	TemplateLag time.Duration

	// ParameterLag is how long reads of an SSM parameter may see what was there
	// before a put, now and then.
	ParameterLag time.Duration
	// RecreateDelay is how long the name of a deleted SSM parameter can't be used.
	RecreateDelay time.Duration
}

// Capacity is how many instances of a type can run in a subnet.
type Capacity struct {
	// InstanceType and SubnetID match everything where they are empty.
	InstanceType, SubnetID string
	Instances              int
	// Unsupported says that the subnet's zone has no such type at all.
	Unsupported bool
}

// Mismatch is what a known client token with other arguments does. AWS documents both.
type Mismatch int

// The outcomes of a mismatch.
const (
	// MismatchFails is IdempotentParameterMismatch.
	MismatchFails Mismatch = iota
	// MismatchReplays answers with the instances of the first call.
	MismatchReplays
	// MismatchEither is one or the other.
	MismatchEither
)

// Burnt is when a client token answers IdempotentInstanceTerminated.
type Burnt int

// When a token is burnt.
const (
	// BurntByAny is as soon as one of its instances has been terminated.
	BurntByAny Burnt = iota
	// BurntByAll is once all of them have been; before that the answer shows them as
	// they are.
	BurntByAll
	// BurntEither is one or the other.
	BurntEither
)

// Refusal lets calls fail without effect.
type Refusal struct {
	Operation string
	Status    int
	Code      string
	Message   string
	// Calls are the numbers of the calls that it refuses, counted from 1 since the
	// faults were set; none: all.
	Calls []int
}

// Lost is which answers are lost: the call takes effect, and then the connection is
// closed. The rules add up.
type Lost struct {
	// Calls are the numbers of calls, counted from 1 since the faults were set. Only
	// calls that have succeeded are counted.
	Calls []int
	// Every loses the answer of every n-th call.
	Every int
	// Share is the probability with which an answer is lost, 0 to 1.
	Share float64
	// Operations, if there are any, are the only ones whose answers are lost. Then
	// only they are counted.
	Operations []string
	// InternalErrors says that half of them aren't lost: the answer is InternalError,
	// with status 500, though the call has taken effect.
	InternalErrors bool
}

// Hostile returns all faults at once, but for those that make a launch impossible: the
// scarcity of capacity, vCPUs and addresses is for each test to say.
func Hostile() Faults {
	return Faults{
		DescribeLag: 5 * time.Second, TagLag: 12 * time.Second, AddressLag: 8 * time.Second,
		TagReadLag: 2 * time.Second, MetadataTagLag: 2 * time.Second, TagsVanish: true,
		Boot: 4 * time.Second, Shutdown: 6 * time.Second,
		Shuffle: true, SplitPages: true,
		Mismatch: MismatchEither, Burnt: BurntEither, FailedTokens: true,
		Throttle: true, ThrottleHalf: true,
		Lost:       Lost{Share: 0.1, InternalErrors: true},
		ConsoleLag: 5 * time.Second, TemplateLag: 3 * time.Second,
		ParameterLag: 3 * time.Second, RecreateDelay: 30 * time.Second,
	}
}

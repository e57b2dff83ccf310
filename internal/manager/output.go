package manager

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// MemberOutput is an output of one member.
type MemberOutput struct {
	// Member is the member's key.
	Member string
	// Value may be a secret.
	Value string
}

// UnknownMemberError says that a group has no member of that key, or none at all.
type UnknownMemberError struct {
	Group hosting.Group
	// Key is empty where any member would have done.
	Key string
}

// Error names the members that there are.
func (e *UnknownMemberError) Error() string {
	if e.Group.Size == 0 {
		return fmt.Sprintf("server group %q has no members", e.Group.Name)
	}
	last := hosting.MemberKey(e.Group.Name, e.Group.Size-1)
	if e.Group.Size > 1 {
		last = hosting.MemberKey(e.Group.Name, 0) + " to " + last
	}
	return fmt.Sprintf("server group %q has no member %q; there are: %s", e.Group.Name, e.Key, last)
}

// MissingOutputError says that a member that runs doesn't have an output.
type MissingOutputError struct {
	// Member is the member's key.
	Member, Output string
	// Fact: the output is a fact that this server doesn't have, and never will.
	Fact bool
	// Report is what the member has last said.
	Report boot.Report
}

// Error says what is missing and how far the member has come.
func (e *MissingOutputError) Error() string {
	if e.Fact {
		return fmt.Sprintf("%s has no %s", e.Member, e.Output)
	}
	status := e.Report.Status.String()
	if len(e.Report.Waiting) > 0 {
		status += " for " + strings.Join(e.Report.Waiting, ", ")
	}
	return fmt.Sprintf("%s has not published its output %q; its status is: %s", e.Member, e.Output, status)
}

// PublishedOutput returns an output of the member of that key or, with an empty key, of
// the one in the lowest slot: a fact, or what its scripts have published. It doesn't wait.
// What is known without asking the server is taken; otherwise, as for most secrets, it is
// asked once.
//
// It returns [hosting.ErrNotFound] for a group that isn't there, an [UnknownMemberError], a
// [MemberError] for a member that doesn't run or has failed, whose facts can be had all the
// same, and a [MissingOutputError].
func (m *Manager) PublishedOutput(ctx context.Context, ref hosting.GroupRef, key, name string) (MemberOutput, error) {
	look, err := m.Observe(ctx, ref)
	if err != nil {
		return MemberOutput{}, err
	}
	member, err := look.memberOf(key)
	if err != nil {
		return MemberOutput{}, err
	}
	found := MemberOutput{Member: member.Key()}
	if slices.Contains(hosting.FactNames(), name) {
		var ok bool
		if found.Value, ok = member.Fact(name); !ok {
			return MemberOutput{}, &MissingOutputError{Member: member.Key(), Output: name, Fact: true}
		}
		return found, nil
	}
	text, ok := member.Report.Outputs[name]
	if !ok || member.Failed() {
		reports, err := m.service.Reports(ctx, []hosting.Server{member.Server})
		if err != nil {
			return MemberOutput{}, err
		}
		member.Report = reports[member.ID]
		text, ok = member.Report.Outputs[name]
	}
	switch {
	case member.Failed():
		return MemberOutput{}, look.failure(member)
	case !ok:
		return MemberOutput{}, &MissingOutputError{Member: member.Key(), Output: name, Report: member.Report}
	}
	found.Value = text
	return found, nil
}

// memberOf returns the member of that key, or the one in the lowest slot that runs.
func (o Observation) memberOf(key string) (Member, error) {
	if key == "" && len(o.Members) > 0 && o.Members[0].Slot < o.Group.Size {
		return o.Members[0], nil
	}
	for slot := range o.Group.Size {
		if key != "" && key != hosting.MemberKey(o.Group.Name, slot) {
			continue
		}
		if member, running := o.Member(slot); running {
			return member, nil
		}
		return Member{}, o.lost(slot)
	}
	return Member{}, &UnknownMemberError{Group: o.Group, Key: key}
}

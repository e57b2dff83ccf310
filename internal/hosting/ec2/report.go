package ec2

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2/channel"
)

// Reports implements [hosting.Servers]. It reads the consoles, or the SSM parameters, of
// those servers that have not dealt with what they were asked yet: what the others have
// said last is in their tags.
func (s *Service) Reports(ctx context.Context, servers []hosting.Server) (map[string]boot.Report, error) {
	reports := make(map[string]boot.Report)
	for ref, ids := range byGroup(servers) {
		err := s.readReports(ctx, ref, ids)
		if err == nil {
			err = s.collectReports(ctx, ref, ids, reports)
		}
		if err != nil {
			return nil, fmt.Errorf("reading the reports of group %q: %w", ref.Name, err)
		}
	}
	return reports, nil
}

// LastReports implements [hosting.Servers]: what the list of servers says, and what this
// process has read before. It makes no call for servers that were listed before.
func (s *Service) LastReports(ctx context.Context, servers []hosting.Server) (map[string]boot.Report, error) {
	reports := make(map[string]boot.Report)
	for ref, ids := range byGroup(servers) {
		if err := s.collectReports(ctx, ref, ids, reports); err != nil {
			return nil, fmt.Errorf("reading the reports of group %q: %w", ref.Name, err)
		}
	}
	return reports, nil
}

// collectReports adds what is known of the servers' reports.
func (s *Service) collectReports(ctx context.Context, ref hosting.GroupRef, ids []string, reports map[string]boot.Report) error {
	all, err := s.recollectAll(ctx, ref, ids)
	for _, k := range all {
		if report, said := k.lastReport(); said {
			reports[k.id] = report
		}
	}
	return err
}

// recollectAll returns what is known of those servers of the group that exist. It lists the
// group where one of them was never seen.
func (s *Service) recollectAll(ctx context.Context, ref hosting.GroupRef, ids []string) ([]known, error) {
	all, complete := s.recollectKnown(ref, ids)
	if complete {
		return all, nil
	}
	if _, err := s.members(ctx, ref); err != nil {
		return nil, err
	}
	all, _ = s.recollectKnown(ref, ids)
	return all, nil
}

func (s *Service) recollectKnown(ref hosting.GroupRef, ids []string) (all []known, complete bool) {
	complete = true
	for _, id := range ids {
		k, found := s.recollect(id)
		complete = complete && found
		if found && !k.gone && k.ref == ref {
			all = append(all, k)
		}
	}
	return all, complete
}

// lastReport returns the newest report of the member's newest boot.
func (k *known) lastReport() (boot.Report, bool) {
	if k.report != nil && !k.isFormer(*k.report) {
		return *k.report, true
	}
	stored, found := channel.ReportOfTags(k.tags)
	if !found || k.isFormer(stored) {
		return boot.Report{}, false
	}
	return stored, true
}

// isFormer reports whether the report is of a boot before the newest restart.
func (k *known) isFormer(report boot.Report) bool {
	former, restarted := k.tags[channel.FormerTag]
	return restarted && former == report.Boot
}

// isFinal reports whether the server has dealt with all that it was asked, or has failed,
// so that it will say nothing else.
func (k *known) isFinal(report boot.Report) bool {
	if isLeaving(k.member) && report.Decommission != boot.DecommissionNone {
		return report.Decommission.Ended()
	}
	delivered := channel.DeliveredRevision(k.tags)
	switch report.Status {
	case boot.StatusReady:
		return report.Applied >= delivered
	case boot.StatusFailed:
		// A newer revision gives a failed update script another try.
		return report.Received >= delivered
	default:
		return false
	}
}

// readReports asks those of the servers that may have something new to say.
func (s *Service) readReports(ctx context.Context, ref hosting.GroupRef, ids []string) error {
	all, err := s.recollectAll(ctx, ref, ids)
	if err != nil {
		return err
	}
	outputs := s.declaredOutputs(ctx, ref)
	return s.ask(ctx, ref, slices.DeleteFunc(all, func(k known) bool { return !k.runs() || !k.mustBeAsked(outputs) }))
}

// declaredOutputs returns the outputs that the group's present configuration declares; nil
// where it isn't known.
func (s *Service) declaredOutputs(ctx context.Context, ref hosting.GroupRef) map[string]boot.Output {
	group, err := s.knownRecord(ref)
	if err != nil {
		return nil
	}
	configuration, err := s.Configuration(ctx, group.Configuration)
	if err != nil {
		return nil
	}
	return configuration.Outputs
}

// ask takes note of what the members say now.
func (s *Service) ask(ctx context.Context, ref hosting.GroupRef, members []known) error {
	var consoles, parameters []known
	for _, k := range members {
		if usesSSM(k.member) {
			parameters = append(parameters, k)
		} else {
			consoles = append(consoles, k)
		}
	}
	if err := errors.Join(s.readConsoles(ctx, consoles), s.readParameters(ctx, ref, parameters)); err != nil {
		return err
	}
	return s.awaitShown(ctx, ref, s.reported(members))
}

// reported returns those of the members whose final report this process has put into their tags,
// and EC2 doesn't show it yet.
func (s *Service) reported(members []known) []string {
	var ids []string
	for _, k := range members {
		s.note(k.id, func(k *known) {
			if k.written[channel.ReportTag] != "" {
				ids = append(ids, k.id)
			}
		})
	}
	return ids
}

// mustBeAsked reports whether what is known of the server's report isn't all. What is in its
// tags lacks sensitive outputs, and all outputs where they were too long: where one is missing,
// the server is asked once.
func (k *known) mustBeAsked(outputs map[string]boot.Output) bool {
	report, said := k.lastReport()
	if !said || !k.isFinal(report) {
		return true
	}
	if k.report != nil {
		return false
	}
	for name := range outputs {
		if _, published := report.Outputs[name]; !published {
			return true
		}
	}
	return false
}

// openingKey returns the key that opens the group's sensitive outputs; nil where its servers
// have none. That there is none is remembered until this process launches such servers.
func (s *Service) openingKey(ctx context.Context, ref hosting.GroupRef) (*rsa.PrivateKey, error) {
	s.mu.Lock()
	without := s.memory.withoutKey[ref]
	s.mu.Unlock()
	if without {
		return nil, nil
	}
	key, err := s.knownOutputKey(ctx, ref)
	if err == nil && key == nil {
		s.noteOutputKey(ref, false)
	}
	return key, err
}

func (s *Service) noteOutputKey(ref hosting.GroupRef, there bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.memory.withoutKey == nil {
		s.memory.withoutKey = make(map[hosting.GroupRef]bool)
	}
	s.memory.withoutKey[ref] = !there
}

// usesSSM reports whether the member reports, and gets secrets, by SSM parameters.
func usesSSM(m member) bool { return boot.Channel(m.tags[channelTag]) == boot.ChannelSSM }

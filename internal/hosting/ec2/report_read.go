package ec2

import (
	"context"
	"encoding/base64"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2/channel"
)

// silentFor is how long a server that reports by SSM may take to do so before its console is
// read.
const silentFor = time.Minute

// readConsoles reads the consoles of the members, several at the same time.
func (s *Service) readConsoles(ctx context.Context, members []known) error {
	return s.eachKnown(ctx, members, s.readConsole)
}

// eachKnown does something with each of the members, with several at the same time. Errors
// name the member.
func (s *Service) eachKnown(ctx context.Context, members []known, do func(context.Context, known) error) error {
	var mu sync.Mutex
	var errs []error
	inParallel(members, func(_ int, k known) {
		err := context.Cause(ctx)
		if err == nil {
			err = do(ctx, k)
		}
		if err != nil {
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, fmt.Errorf("%s (%s): %w", hosting.MemberKey(k.ref.Name, k.slot), k.id, err))
		}
	})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return joinDistinct(errs...)
}

// readConsole takes note of what the member's console says.
func (s *Service) readConsole(ctx context.Context, k known) error {
	output, err := s.options.EC2.GetConsoleOutput(ctx, &ec2.GetConsoleOutputInput{
		InstanceId: aws.String(k.id), Latest: aws.Bool(true),
	})
	switch {
	case isNotFound(err):
		// It is not to be seen yet, or no more.
		return nil
	case err != nil:
		return explain(ctx, err)
	}
	text, err := base64.StdEncoding.DecodeString(aws.ToString(output.Output))
	if err != nil {
		return fmt.Errorf("decoding the console output: %w", err)
	}
	key, err := s.openingKey(ctx, k.ref)
	if err != nil {
		return err
	}
	return s.digest(ctx, k, channel.ParseConsole(text, k.tags[channel.TokenTag], key))
}

// readParameters takes note of what the members have put into SSM.
func (s *Service) readParameters(ctx context.Context, ref hosting.GroupRef, members []known) error {
	if len(members) == 0 {
		return nil
	}
	values, err := s.reportParameters(ctx, ref)
	if err != nil {
		return err
	}
	key, err := s.openingKey(ctx, ref)
	if err != nil {
		return err
	}
	return s.eachKnown(ctx, members, func(ctx context.Context, k known) error {
		value, said := values[fmt.Sprintf("%d-%d", k.attempt, k.slot)]
		switch {
		case said:
		case s.options.Now().Sub(k.launchedAt) > silentFor:
			// What keeps a server from reaching SSM it says on its console.
			return s.readConsole(ctx, k)
		default:
			return nil
		}
		report, err := channel.ParseReportParameter(value, key)
		if err != nil {
			return err
		}
		return s.digest(ctx, k, channel.Sighting{Report: &report})
	})
}

// digest takes note of what a member has said. What whoever looks later must know goes into
// the member's tags: the token, which keeps everybody else from speaking for it, and
// its final report.
func (s *Service) digest(ctx context.Context, k known, seen channel.Sighting) error {
	s.note(k.id, func(k *known) {
		if seen.ServerKey != nil {
			k.key = seen.ServerKey
		}
		if seen.Report != nil {
			k.report = seen.Report
		}
	})
	tags := make(map[string]string)
	if k.tags[channel.TokenTag] == "" && seen.Token != "" {
		tags[channel.TokenTag] = seen.Token
	}
	if seen.Report != nil && k.mustStore(*seen.Report) {
		tags = merge(tags, channel.ReportTags(*seen.Report, reportTags))
	}
	if len(tags) == 0 {
		return nil
	}
	return s.writeTags(ctx, []string{k.id}, tags)
}

// mustStore reports whether the report is final and the member's tags don't have it.
func (k *known) mustStore(report boot.Report) bool {
	if k.isFormer(report) || !k.isFinal(report) {
		return false
	}
	stored, found := channel.ReportOfTags(k.tags)
	return !found || stored.Boot != report.Boot || stored.Applied != report.Applied || stored.Received != report.Received ||
		stored.Status != report.Status || stored.Decommission != report.Decommission
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

const planFile = "demo.tfplan"

// story is the demo on its way.
type story struct {
	*stage
	*terminal

	clock   func() time.Time
	queue   *queue
	service hosting.Service
	// latest is what the hosting service knew after the last apply.
	latest sight
}

// tell tells the story from the build to the end.
func tell(ctx context.Context, s *stage, t *terminal, clock func() time.Time) error {
	version, err := s.cli.version(ctx)
	if err != nil {
		return err
	}
	if err := adopt(); err != nil {
		return fmt.Errorf("preparing to find every process: %w", err)
	}
	if s.leftovers() {
		t.linef("An earlier demo was cut short; it is cleaned up first.")
		if err := s.cleanUp(ctx, t); err != nil {
			return err
		}
	}
	t.linef("Building the provider and the example's program ...")
	if err := s.build(ctx); err != nil {
		return err
	}
	began := clock()
	st := &story{stage: s, terminal: t, clock: clock}
	if st.queue, err = openQueue(ctx); err != nil {
		return err
	}
	defer st.queue.close()
	if st.service, err = s.service(); err != nil {
		return err
	}
	st.title(version)
	if err := s.init(ctx); err != nil {
		return err
	}
	for _, part := range []func(context.Context) error{st.mutual, st.rise, st.riseAgain, st.still, st.end} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	t.space()
	t.linef("That was examples/quickstart, in %.0f s. It is built: cd there, and it is yours.", clock().Sub(began).Seconds())
	return nil
}

func (s *story) title(version string) {
	s.space()
	s.linef("%s", s.style(bold, "Muster: Terraform as a virtual server manager"))
	s.linef("%s", s.style(dim, fmt.Sprintf("%s %s, examples/quickstart, servers on this machine", s.cli.name(), version)))
}

// apply runs an apply and looks at the servers. It returns the uptime at which the
// apply began.
func (s *story) apply(ctx context.Context, arguments ...string) (began int64, err error) {
	if began, err = uptime(); err != nil {
		return 0, err
	}
	at := s.clock()
	arguments = append([]string{"apply", "-auto-approve", "-input=false", "-no-color"}, arguments...)
	if _, err := s.cli.must(ctx, arguments...); err != nil {
		return 0, err
	}
	if s.latest, err = look(ctx, s.service); err != nil {
		return 0, err
	}
	s.linef("%s", s.style(dim, fmt.Sprintf("  complete in %.1f s", s.clock().Sub(at).Seconds())))
	return began, s.latest.checkReady()
}

func (s *story) signal() string { return "-var=queue_url=" + s.queue.url }

// plan makes a plan and shows what the policy has decided, and what that launches.
func (s *story) plan(ctx context.Context, decision string, launches ...string) error {
	s.command(s.cli.name() + " plan")
	if _, err := s.cli.must(ctx, "plan", "-input=false", "-no-color", "-out="+planFile, s.signal()); err != nil {
		return err
	}
	shown, err := s.cli.must(ctx, "show", "-json", planFile)
	if err != nil {
		return err
	}
	p, err := parsePlan(shown)
	if err != nil {
		return err
	}
	s.linef("    decision  %s", s.style(bold, p.decision))
	s.linef("    launches  %s", strings.Join(p.launches, ", "))
	if !strings.HasPrefix(p.decision, decision) || !slices.Equal(p.launches, launches) || p.deletes > 0 {
		return fmt.Errorf("the plan should decide %q, launch %v and destroy nothing; it destroys %d", decision, launches, p.deletes)
	}
	return nil
}

// applyPlan carries out the plan and checks that it has touched nothing else.
func (s *story) applyPlan(ctx context.Context) (began int64, err error) {
	before := s.latest
	s.command(s.cli.name() + " apply")
	if began, err = s.apply(ctx, planFile); err != nil {
		return 0, err
	}
	return began, errors.Join(s.latest.checkUntouched(before), os.Remove(s.path(planFile)))
}

// still shows that nothing is left to be done.
func (s *story) still(ctx context.Context) error {
	s.chapter(4, "The signal stands still, and so does Terraform")
	s.command(s.cli.name() + " plan -detailed-exitcode")
	output, code, err := s.cli.run(ctx, "plan", "-input=false", "-no-color", "-detailed-exitcode", s.signal())
	if err != nil {
		return err
	}
	if code != 0 {
		return fmt.Errorf("the plan should be empty, exit code 0; it ended with %d:\n\n%s", code, output)
	}
	s.proven("exit code 0: nothing to change")
	return s.checkSecrets()
}

// checkSecrets checks that no token is in Terraform's state. The servers' reports
// have them.
func (s *story) checkSecrets() error {
	state, err := os.ReadFile(s.path("terraform.tfstate"))
	if err != nil {
		return err
	}
	tokens := 0
	for _, server := range s.latest.of("store") {
		for name, token := range server.report.Outputs {
			tokens++
			if strings.Contains(string(state), token) {
				return fmt.Errorf("the sensitive output %s is in the state of Terraform", name)
			}
		}
	}
	if tokens == 0 {
		return errors.New("the store has published no token")
	}
	s.proven("%d tokens have reached their servers, and none of them is in Terraform's state", tokens)
	return nil
}

// end destroys everything and proves that nothing is left.
func (s *story) end(ctx context.Context) error {
	s.chapter(5, "The end")
	s.command(s.cli.name() + " destroy")
	if _, err := s.cli.must(ctx, "destroy", "-auto-approve", "-input=false", "-no-color", s.signal()); err != nil {
		return err
	}
	if err := s.checkProcesses(); err != nil {
		return err
	}
	s.proven("no process is left of %d servers, nor any other that this demo has caused", len(s.latest.servers))
	if err := s.checkListeners(); err != nil {
		return err
	}
	s.proven("nobody listens at their addresses")
	return s.removeState()
}

// checkProcesses looks below this process, which has adopted everybody that has lost
// its parent, and for the servers' environment.
func (s *story) checkProcesses() error {
	left, err := descendants()
	if err != nil {
		return err
	}
	if left = append(left, runningIn(s.stateDirectory())...); len(left) > 0 {
		return fmt.Errorf("processes are left: %v", left)
	}
	return nil
}

func (s *story) checkListeners() error {
	listening, err := listeners()
	if err != nil {
		return err
	}
	for _, at := range listening {
		for _, server := range s.latest.servers {
			if at.Addr().String() == server.Facts.PrivateIP {
				return fmt.Errorf("something still listens at %s, the address of %s", at, server.Key())
			}
		}
	}
	return nil
}

// removeState removes the empty state, so that no trace of this run is left.
func (s *story) removeState() error {
	var errs []error
	for _, name := range []string{".muster", "terraform.tfstate", "terraform.tfstate.backup"} {
		errs = append(errs, os.RemoveAll(s.path(name)))
	}
	return errors.Join(errs...)
}

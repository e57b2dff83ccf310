package awsfake

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
)

var (
	roleARN     = regexp.MustCompile(`^arn:aws:iam::([0-9]{12}):role/[\w+=,.@/-]+$`)
	sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
)

// Session is a role that somebody has assumed.
type Session struct {
	RoleARN, Name, ExternalID, SourceIdentity, Policy string

	Duration          time.Duration
	Tags              map[string]string
	TransitiveTagKeys []string
	PolicyARNs        []string
	// By is the ARN of who has assumed it; empty with a web identity token.
	By string
}

// assumed is the output of both ways to assume a role.
type assumed struct {
	AssumedRoleUser *ststypes.AssumedRoleUser
	Credentials     *ststypes.Credentials
}

func callerIdentity(_ *World, req *request, _ *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
	return &sts.GetCallerIdentityOutput{
		Account: &req.caller.account, Arn: &req.caller.arn, UserId: &req.caller.userID,
	}, nil
}

func assumeRole(w *World, req *request, in *sts.AssumeRoleInput) (*assumed, error) {
	role, err := w.role(aws.ToString(in.RoleArn), aws.ToString(in.RoleSessionName))
	if err != nil {
		return nil, err
	}
	if role.ExternalID != "" && role.ExternalID != aws.ToString(in.ExternalId) {
		return nil, denied(req.caller.arn, role.ARN)
	}
	session := Session{
		RoleARN: role.ARN, Name: *in.RoleSessionName, ExternalID: aws.ToString(in.ExternalId),
		SourceIdentity: aws.ToString(in.SourceIdentity), Policy: aws.ToString(in.Policy),
		Duration: seconds(in.DurationSeconds), Tags: map[string]string{},
		TransitiveTagKeys: in.TransitiveTagKeys, PolicyARNs: policyARNs(in.PolicyArns), By: req.caller.arn,
	}
	for _, tag := range in.Tags {
		session.Tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	// A role that was assumed with another role lasts an hour at most.
	if req.caller.token != "" && session.Duration > time.Hour {
		return nil, validation("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	}
	return w.assume(session)
}

func assumeRoleWithWebIdentity(w *World, _ *request, in *sts.AssumeRoleWithWebIdentityInput) (*assumed, error) {
	role, err := w.role(aws.ToString(in.RoleArn), aws.ToString(in.RoleSessionName))
	if err != nil {
		return nil, err
	}
	token := aws.ToString(in.WebIdentityToken)
	if token == "" || w.options.Roles != nil && !slices.Contains(role.WebIdentityTokens, token) {
		return nil, fault(http.StatusBadRequest, "InvalidIdentityToken", "The web identity token that was passed could not be validated")
	}
	return w.assume(Session{
		RoleARN: role.ARN, Name: *in.RoleSessionName, Policy: aws.ToString(in.Policy),
		Duration: seconds(in.DurationSeconds), PolicyARNs: policyARNs(in.PolicyArns),
	})
}

// role returns the role that is to be assumed.
func (w *World) role(arn, session string) (Role, error) {
	if !roleARN.MatchString(arn) {
		return Role{}, validation("%s is invalid", arn)
	}
	if !sessionName.MatchString(session) {
		return Role{}, validation("The session name %q is invalid", session)
	}
	if w.options.Roles == nil {
		return Role{ARN: arn}, nil
	}
	for _, role := range w.options.Roles {
		if role.ARN == arn {
			return role, nil
		}
	}
	return Role{}, denied("the caller", arn)
}

func (w *World) assume(session Session) (*assumed, error) {
	if session.Duration < 15*time.Minute || session.Duration > 12*time.Hour {
		return nil, validation("DurationSeconds must be between 900 and 43200")
	}
	w.sessions = append(w.sessions, session)
	account := roleARN.FindStringSubmatch(session.RoleARN)[1]
	who := w.addSession(principal{
		account: account, userID: "AROAMUSTERFAKE000000:" + session.Name,
		arn: fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/%s", account, roleName(session.RoleARN), session.Name),
	}, session.Duration)
	return &assumed{
		AssumedRoleUser: &ststypes.AssumedRoleUser{Arn: &who.arn, AssumedRoleId: &who.userID},
		Credentials: &ststypes.Credentials{
			AccessKeyId: &who.accessKey, SecretAccessKey: &who.secretKey,
			SessionToken: &who.token, Expiration: &who.until,
		},
	}, nil
}

func seconds(n *int32) time.Duration {
	if n == nil {
		return time.Hour
	}
	return time.Duration(*n) * time.Second
}

func policyARNs(list []ststypes.PolicyDescriptorType) []string {
	var arns []string
	for _, policy := range list {
		arns = append(arns, aws.ToString(policy.Arn))
	}
	return arns
}

func denied(who, arn string) error {
	return fault(http.StatusForbidden, "AccessDenied", "User: %s is not authorized to perform: sts:AssumeRole on resource: %s", who, arn)
}

func validation(format string, arguments ...any) error {
	return fault(http.StatusBadRequest, "ValidationError", format, arguments...)
}

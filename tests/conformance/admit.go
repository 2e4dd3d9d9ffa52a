package main

import (
	"context"

	v1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/resource"
	"k8s.io/kubernetes/pkg/apis/core"
	coredefaults "k8s.io/kubernetes/pkg/apis/core/v1"
	"k8s.io/kubernetes/pkg/apis/core/v1/helper/qos"
	"k8s.io/kubernetes/pkg/apis/core/validation"
	quotas "k8s.io/kubernetes/pkg/quota/v1/evaluator/core"
	"k8s.io/kubernetes/plugin/pkg/admission/limitranger"
	"k8s.io/utils/clock"
)

// admitted is what becomes of a pod at its creation: why it is refused, or what it then asks for.
type admitted struct {
	Pod      string             `json:"pod"`
	Errors   []string           `json:"errors"`
	Requests map[string]int64   `json:"requests"`
	Limits   map[string]int64   `json:"limits"`
	QOS      string             `json:"qos"`
	Quotas   map[string]charged `json:"quotas"`
}

// charged is what a quota that is about the pod makes of it.
type charged struct {
	Missing string           `json:"missing"`
	Usage   map[string]int64 `json:"usage"`
}

// admit creates each pod of a snapshot as the API server would: its LimitRanger, its validation and its
// quota evaluator, with the LimitRanges and ResourceQuotas of the same snapshot.
func admit(_ context.Context, _ *options, asked *request, out emit) error {
	objects, err := decode(asked.objects())
	if err != nil {
		return err
	}
	var pods []*v1.Pod
	var ranges []*v1.LimitRange
	var limited []*v1.ResourceQuota
	for _, object := range objects {
		switch typed := object.(type) {
		case *v1.Pod:
			pods = append(pods, typed)
		case *v1.LimitRange:
			coredefaults.SetObjectDefaults_LimitRange(typed)
			ranges = append(ranges, typed)
		case *v1.ResourceQuota:
			// Quotas are matched by what their status says that they limit.
			typed.Status.Hard = typed.Spec.Hard
			limited = append(limited, typed)
		}
	}
	for _, pod := range pods {
		answer, err := created(pod, ranges, limited)
		if err != nil {
			return err
		}
		out(answer)
	}
	return nil
}

func created(pod *v1.Pod, ranges []*v1.LimitRange, limited []*v1.ResourceQuota) (*admitted, error) {
	answer := &admitted{Pod: key(pod), Quotas: map[string]charged{}}
	var internal core.Pod
	if err := coredefaults.Convert_v1_Pod_To_core_Pod(pod, &internal, nil); err != nil {
		return nil, err
	}
	for _, limits := range ranges {
		if err := limitranger.PodMutateLimitFunc(limits, &internal); err != nil {
			return nil, err
		}
	}
	for _, limits := range ranges {
		if err := limitranger.PodValidateLimitFunc(limits, &internal); err != nil {
			answer.Errors = append(answer.Errors, err.Error())
		}
	}
	allowed := validation.PodValidationOptions{PodLevelResourcesEnabled: true, AllowSidecarResizePolicy: true}
	for _, err := range validation.ValidatePodCreate(&internal, allowed) {
		answer.Errors = append(answer.Errors, err.Error())
	}
	var stored v1.Pod
	if err := coredefaults.Convert_core_Pod_To_v1_Pod(&internal, &stored, nil); err != nil {
		return nil, err
	}
	answer.Requests = whole(resource.PodRequests(&stored, resource.PodResourcesOptions{}))
	answer.Limits = whole(resource.PodLimits(&stored, resource.PodResourcesOptions{}))
	answer.QOS = string(qos.ComputePodQOS(&stored))
	evaluator := quotas.NewPodEvaluator(nil, clock.RealClock{})
	for _, quota := range limited {
		if matches, err := evaluator.Matches(quota, &stored); err != nil {
			return nil, err
		} else if !matches {
			continue
		}
		usage, err := evaluator.Usage(&stored)
		if err != nil {
			return nil, err
		}
		found := charged{Usage: whole(usage)}
		names := make([]v1.ResourceName, 0, len(quota.Spec.Hard))
		for name := range quota.Spec.Hard {
			names = append(names, name)
		}
		if err := evaluator.Constraints(names, &stored); err != nil {
			found.Missing = err.Error()
		}
		answer.Quotas[quota.Name] = found
	}
	return answer, nil
}

// whole has amounts as integers, cpu in milli.
func whole(amounts v1.ResourceList) map[string]int64 {
	found := map[string]int64{}
	for name, quantity := range amounts {
		switch name {
		case v1.ResourceCPU, v1.ResourceRequestsCPU, v1.ResourceLimitsCPU:
			found[string(name)] = quantity.MilliValue()
		default:
			found[string(name)] = quantity.Value()
		}
	}
	return found
}

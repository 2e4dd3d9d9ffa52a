package main

import (
	"context"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/apis/core"
	coreconversion "k8s.io/kubernetes/pkg/apis/core/v1"
	"k8s.io/kubernetes/pkg/apis/core/validation"
)

// invalid is an object that the API server would not have stored.
type invalid struct {
	Kind  string `json:"kind"`
	Name  string `json:"name"`
	Error string `json:"error"`
}

// check holds a snapshot against the API's validation, so that what the other modes are asked about is
// what could exist.
func check(_ context.Context, _ *options, asked *request, out emit) error {
	objects, err := decode(asked.objects())
	if err != nil {
		return err
	}
	for _, object := range objects {
		var errs field.ErrorList
		kind := ""
		switch typed := object.(type) {
		case *v1.Pod:
			kind = "Pod"
			var pod core.Pod
			if err := coreconversion.Convert_v1_Pod_To_core_Pod(typed, &pod, nil); err != nil {
				return err
			}
			errs = validation.ValidatePodCreate(&pod, validation.PodValidationOptions{
				AllowInvalidPodDeletionCost:           false,
				PodLevelResourcesEnabled:              true,
				AllowSidecarResizePolicy:              true,
				AllowOnlyRecursiveSELinuxChangePolicy: false,
			})
		case *v1.Node:
			kind = "Node"
			var node core.Node
			if err := coreconversion.Convert_v1_Node_To_core_Node(typed, &node, nil); err != nil {
				return err
			}
			errs = validation.ValidateNode(&node)
		case *v1.PersistentVolume:
			kind = "PersistentVolume"
			var pv core.PersistentVolume
			if err := coreconversion.Convert_v1_PersistentVolume_To_core_PersistentVolume(typed, &pv, nil); err != nil {
				return err
			}
			errs = validation.ValidatePersistentVolume(&pv, validation.PersistentVolumeSpecValidationOptions{})
		case *v1.PersistentVolumeClaim:
			kind = "PersistentVolumeClaim"
			var pvc core.PersistentVolumeClaim
			if err := coreconversion.Convert_v1_PersistentVolumeClaim_To_core_PersistentVolumeClaim(typed, &pvc, nil); err != nil {
				return err
			}
			errs = validation.ValidatePersistentVolumeClaim(&pvc, validation.PersistentVolumeClaimSpecValidationOptions{})
		}
		for _, refusal := range errs {
			out(invalid{kind, nameOf(object), refusal.Error()})
		}
	}
	return nil
}

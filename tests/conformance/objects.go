package main

import (
	"encoding/json"
	"fmt"
	"strings"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
	coredefaults "k8s.io/kubernetes/pkg/apis/core/v1"
	storagedefaults "k8s.io/kubernetes/pkg/apis/storage/v1"
)

// decode reads every object of a snapshot that the scheduler has a type for, with the API's defaults.
// Kinds that it does not know (custom resources) are left out, as the scheduler would never see them.
func decode(objects *list) ([]runtime.Object, error) {
	decoder := scheme.Codecs.UniversalDeserializer()
	var found []runtime.Object
	for i, raw := range objects.Items {
		raw, err := named(raw, objects)
		if err != nil {
			return nil, fmt.Errorf("items[%d]: %w", i, err)
		}
		object, _, err := decoder.Decode(raw, nil, nil)
		if runtime.IsNotRegisteredError(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("items[%d]: %w", i, err)
		}
		if err := complete(object); err != nil {
			return nil, fmt.Errorf("items[%d]: %w", i, err)
		}
		stored, err := stored(object)
		if err != nil {
			return nil, fmt.Errorf("items[%d]: %w", i, err)
		}
		found = append(found, stored)
	}
	return found, nil
}

// stored is an object as it is read back from the API server: written out and parsed anew. Quantities are
// then in their canonical form; "0.5Gi" as somebody wrote it is kept in a form that adding to it changes in
// place, for everybody who holds a copy.
func stored(object runtime.Object) (runtime.Object, error) {
	kinds, _, err := scheme.Scheme.ObjectKinds(object)
	if err != nil {
		return nil, err
	}
	object.GetObjectKind().SetGroupVersionKind(kinds[0])
	written, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	read, _, err := scheme.Codecs.UniversalDeserializer().Decode(written, nil, nil)
	return read, err
}

// named gives an item of a typed list (PodList) the kind that it leaves out.
func named(raw json.RawMessage, objects *list) (json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, err
	}
	if fields["kind"] != nil && string(fields["kind"]) != `""` {
		return raw, nil
	}
	kind, _ := json.Marshal(strings.TrimSuffix(objects.Kind, "List"))
	version, _ := json.Marshal(objects.APIVersion)
	fields["kind"], fields["apiVersion"] = kind, version
	return json.Marshal(fields)
}

// complete does what storing the object would: defaults, a namespace, and the uid that everything goes by.
func complete(object runtime.Object) error {
	switch typed := object.(type) {
	case *v1.Pod:
		coredefaults.SetObjectDefaults_Pod(typed)
		namespaced(&typed.Namespace)
	case *v1.Node:
		coredefaults.SetObjectDefaults_Node(typed)
	case *v1.PersistentVolume:
		coredefaults.SetObjectDefaults_PersistentVolume(typed)
	case *v1.PersistentVolumeClaim:
		coredefaults.SetObjectDefaults_PersistentVolumeClaim(typed)
		namespaced(&typed.Namespace)
	case *v1.Service:
		coredefaults.SetObjectDefaults_Service(typed)
		namespaced(&typed.Namespace)
	case *storagev1.StorageClass:
		storagedefaults.SetObjectDefaults_StorageClass(typed)
	case *storagev1.CSIDriver:
		storagedefaults.SetObjectDefaults_CSIDriver(typed)
	}
	accessor, err := meta.Accessor(object)
	if err != nil {
		return err
	}
	if accessor.GetUID() == "" {
		accessor.SetUID(types.UID(fmt.Sprintf("%T/%s/%s", object, accessor.GetNamespace(), accessor.GetName())))
	}
	return nil
}

func namespaced(namespace *string) {
	if *namespace == "" {
		*namespace = "default"
	}
}

// key is namespace/name.
func key(pod *v1.Pod) string {
	return pod.Namespace + "/" + pod.Name
}

// terminal pods are gone for the scheduler: its watch asks the API server to leave them out.
func terminal(pod *v1.Pod) bool {
	return pod.Status.Phase == v1.PodSucceeded || pod.Status.Phase == v1.PodFailed
}
